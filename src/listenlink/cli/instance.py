"""Commands on an instance's folder: make one, read its audit."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from listenlink.actions.create_instance import create_instance, is_instance
from listenlink.clock import Clock
from listenlink.errors import RefusesToStart
from listenlink.model import ids
from listenlink.model.audit import AuditEntry
from listenlink.model.moment import iso_seconds
from listenlink.settings import load_settings
from listenlink.store.audit import read_audit
from listenlink.store.sqlite import FILE_NAME


def init(data: Path | None, organization: str, email: str, as_json: bool) -> None:
    """Make an instance and print its ids and key. Raises RefusesToStart."""
    folder = load_settings(data=data).data
    made = create_instance(folder, organization, email, Clock().now_us())
    if as_json:
        print(json.dumps(asdict(made)))
        return
    print(f"A new instance is in {folder}.")
    print(f"  organisation  {made.organization_id}")
    print(f"  user          {made.user_id}")
    print(f"  API key       {made.api_key}")
    print("The key is shown this once. Keep it:  export LISTENLINK_API_KEY=" + made.api_key)


def audit(data: Path | None, share: str | None) -> None:
    """Print the audit as JSON lines, of one link if one is named. Raises RefusesToStart."""
    folder = load_settings(data=data).data
    if not is_instance(folder):
        raise RefusesToStart(f"{folder} isn't an instance")
    number = None
    if share is not None:
        number = ids.parse_id(ids.SHARE, share)
        if number is None:
            raise RefusesToStart(
                f"{share} isn't the id of a link, which is like mslink_0123456789ab"
            )
    for entry in read_audit(folder / FILE_NAME, number):
        print(json.dumps(_line(entry)))


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
