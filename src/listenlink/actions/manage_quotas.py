"""Quotas of organisations, for the operator: how much each may store; and what it stores, for its users."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.errors import RefusesToStart
from listenlink.model import ids
from listenlink.model.quota import Quota, Usage, parse_bytes
from listenlink.store import people, usage
from listenlink.store.database.database import Database

_MOST_TRACKS = 10**9


def change_quota(
    connection: Connection,
    organization_id: int,
    size: str | None,
    tracks: int | None,
    has_none: bool,
    now_us: int,
) -> Usage:
    """Allow an organisation so many bytes, written as in `10GB`, and so many tracks; what is None stays as it
    is, and with `has_none` it's without bound. Returns what it stores and may store now.

    Raises RefusesToStart, having changed nothing.
    """
    if people.find_organization(connection, organization_id) is None:
        name = ids.public_id(ids.ORGANIZATION, organization_id)
        raise RefusesToStart(f"there is no organisation {name}; see: listenlink org list")
    if has_none and size is not None:
        raise RefusesToStart("--bytes and --none contradict each other")
    before = Quota() if has_none else usage.find_quota(connection, organization_id)
    most_bytes = before.most_bytes if size is None else parse_bytes(size)
    if size is not None and most_bytes is None:
        raise RefusesToStart("--bytes: must be a size like 10GB, 500MB or 1.5GiB")
    if tracks is not None and not 0 <= tracks <= _MOST_TRACKS:
        raise RefusesToStart(f"--tracks: must be a whole number from 0 to {_MOST_TRACKS}")
    quota = Quota(most_bytes, before.most_tracks if tracks is None else tracks)
    if has_none or size is not None or tracks is not None:
        usage.set_quota(connection, organization_id, quota)
    return usage.find_usage(connection, organization_id, now_us)


async def tell_usage(database: Database, caller: Caller, now_us: int) -> Usage:
    """Return what the caller's organisation stores and may store."""
    return await database.read(lambda c: usage.find_usage(c, caller.owner.organization_id, now_us))
