"""What `listenlink audit`, `find-client` and `erase-client` do, even beside a running server."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from listenlink.actions.erase_client import erase_client, erase_prefix
from listenlink.actions.find_client import FoundClient, count_found, find_client, find_day_keys
from listenlink.cli.naming import read_link
from listenlink.cli.opened import opened_database
from listenlink.clock import DAY_US, Clock
from listenlink.errors import RefusesToStart
from listenlink.model import ids
from listenlink.model.audit import AuditEntry
from listenlink.model.moment import iso_day, iso_seconds, parse_day, parse_moment
from listenlink.model.share_token import digest
from listenlink.secret_keys import DAILY_KEYS_KEPT_DAYS
from listenlink.settings import load_settings
from listenlink.store.audit.audit_log import read_audit
from listenlink.store.database.database import Database
from listenlink.store.shares import find_by_token


def audit(
    data: Path | None, share: str | None, since: str | None, address: str | None, day: str | None
) -> None:
    """Print the audit as JSON lines: all of it, of one link, since a moment, or of an address as far as days
    have keys. Raises RefusesToStart."""
    named = (None, None) if share is None else read_link(share, "--share")
    since_us, days = _since(since), _days(day)
    if day is not None and address is None:
        raise RefusesToStart("--day: goes with --address")
    settings = load_settings(data=data)
    with opened_database(settings) as database:
        number, numbers = _find_link(database, *named), None
        if address is not None:
            found = find_client(database, address, find_day_keys(settings, days))
            numbers = found.numbers
            print(f"{address}: {_told(found)}", file=sys.stderr)
        for entry in read_audit(database, number, since_us, numbers):
            print(json.dumps(_line(entry)))


def find(data: Path | None, address: str, day: str | None, as_json: bool) -> None:
    """Print an address's pseudonyms and how much the audit has of each, as far as days have keys. Raises
    RefusesToStart."""
    days, settings = _days(day), load_settings(data=data)
    with opened_database(settings) as database:
        found = find_client(database, address, find_day_keys(settings, days))
        counted = count_found(database, found)
    if as_json:
        rows = [
            {
                "day": iso_day(client.day),
                "client": client.pseudonym.hex(),
                "lines": client.lines,
                "limited": client.limited,
            }
            for client in counted
        ]
        linkable = [iso_day(day) for day in found.days]
        print(json.dumps({"address": address, "linkable_days": linkable, "clients": rows}))
        return
    print(f"{address}: {_told(found)}")
    for client in counted:
        told = f"{client.lines} lines, {client.limited} requests above a limit"
        print(f"{iso_day(client.day)}  {client.pseudonym.hex()}  {told}")


def erase(data: Path | None, address: str, day: str | None, as_json: bool) -> None:
    """Erase an address from the audit, as far as days have keys, or a prefix from all of it, and print what
    was found. Raises RefusesToStart."""
    days, settings = _days(day), load_settings(data=data)
    if "/" in address:
        with opened_database(settings) as database:
            erased = erase_prefix(database, address, [] if day is None else days)
        print(
            json.dumps({"prefix": address, "erased": erased})
            if as_json
            else f"{address}: erased, {erased} clients. The lines stay, and lead to nobody any more."
        )
        return
    with opened_database(settings) as database:
        found = erase_client(database, address, find_day_keys(settings, days))
    if as_json:
        told = {"address": address, "erased": len(found.numbers)}
        print(json.dumps(told | {"days": [iso_day(day) for day in found.days]}))
        return
    print(f"{address}: {_told(found)}")
    if found.numbers:
        print("Erased. The lines stay, and nobody can tell any more that they were this address's.")


def _days(day: str | None) -> list[int]:
    today = Clock().now_us() // DAY_US
    if day is None:
        # A server prepares tomorrow's key, and a clock may be ahead.
        return list(range(today - DAILY_KEYS_KEPT_DAYS, today + 2))
    asked = parse_day(day)
    if asked is None:
        raise RefusesToStart("--day: must be a date, in UTC, like 2026-06-28")
    return [asked]


def _find_link(database: Database, named: str | None, token: str | None) -> int | None:
    """The number of the link with this id or token; None if neither is given."""
    if token is None:
        return None if named is None else ids.parse_id(ids.SHARE, named)
    number = database.read_now(lambda connection: find_by_token(connection, digest(token)))
    if number is None:
        raise RefusesToStart(
            "--share: no link has this address now; its id, mslink_…, stays the same"
        )
    return number


def _since(since: str | None) -> int:
    since_us = 0 if since is None else parse_moment(since, Clock().now_us())
    if since_us is None:
        raise RefusesToStart("--since: must be like 2026-06-28, 2026-06-28T10:30Z, 90m, 24h or 7d")
    return since_us


def _told(found: FoundClient) -> str:
    times = {0: "nothing is in the audit", 1: "it's in the audit on 1 day"}
    told = times.get(len(found.numbers), f"it's in the audit on {len(found.numbers)} days")
    first, last = iso_day(found.days[0]), iso_day(found.days[-1])
    return f"{told}, of those that can still be told, {first} to {last}."


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
