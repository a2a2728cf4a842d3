"""Commands on an instance's folder: make an instance, read its audit, upgrade its tables."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from listenlink.actions.create_instance import create_instance, is_instance
from listenlink.actions.find_instance import has_own_keys, locate_database
from listenlink.clock import Clock
from listenlink.errors import Problem, RefusesToStart
from listenlink.model import ids
from listenlink.model.audit import AuditEntry
from listenlink.model.moment import iso_seconds
from listenlink.settings import load_settings
from listenlink.store import signing_keys
from listenlink.store.audit.audit_log import read_audit
from listenlink.store.database.location import DatabaseLocation


def init(data: Path | None, organization: str, email: str, as_json: bool) -> None:
    """Make an instance and print its ids and its API key. Raises RefusesToStart."""
    settings = load_settings(data=data)
    folder, now_us = settings.data, Clock().now_us()
    made = create_instance(
        locate_database(settings), organization, email, now_us, makes_keys=has_own_keys(settings)
    )
    if as_json:
        print(json.dumps(asdict(made)))
        return
    print(f"A new instance is in {folder}.")
    print(f"  organisation  {made.organization_id}")
    print(f"  user          {made.user_id}")
    print(f"  API key       {made.api_key}")
    print("The key is shown this once. Keep it:  export LISTENLINK_API_KEY=" + made.api_key)


def audit(data: Path | None, share: str | None) -> None:
    """Print the audit as JSON lines, only of one link if it's named. Raises RefusesToStart."""
    location = locate_database(load_settings(data=data))
    if not is_instance(location):
        raise RefusesToStart(f"{location} isn't an instance")
    number = None
    if share is not None:
        number = ids.parse_id(ids.SHARE, share)
        if number is None:
            raise RefusesToStart(
                f"{share} isn't the id of a link, which is like mslink_0123456789ab"
            )
    database = location.open()
    try:
        for entry in read_audit(database, number):
            print(json.dumps(_line(entry)))
    finally:
        database.close()


def migrate(data: Path | None, forgets_keys: bool) -> None:
    """Upgrade the instance's tables to this release. Raises RefusesToStart."""
    location = locate_database(load_settings(data=data))
    if location.url is None and not is_instance(location):
        raise RefusesToStart(f"{location} isn't an instance")
    try:
        before = location.find_version()
        location.upgrade()
        after = location.find_version()
        if forgets_keys:
            _forget_keys(location)
    except Problem:
        raise RefusesToStart(f"{location} can't be reached now") from None
    print(f"The tables stand at {after}" + (", as before." if before == after else "."))


def _forget_keys(location: DatabaseLocation) -> None:
    database = location.open()
    try:
        database.write_now(signing_keys.forget_keys)
    finally:
        database.close()


def _line(entry: AuditEntry) -> dict[str, object]:
    return {
        "at": iso_seconds(entry.at),
        "at_us": entry.at,
        "outcome": entry.outcome.name.lower(),
        "reason": None if entry.reason is None else entry.reason.name.lower(),
        "share_id": None if entry.share_id is None else ids.public_id(ids.SHARE, entry.share_id),
        "trace_id": ids.trace_id(entry.trace),
        "client": entry.client.hex(),
        "client_prefix": entry.client_prefix,
        "agent": entry.agent.name.lower(),
        "referrer": entry.referrer,
        "count": entry.count,
    }
