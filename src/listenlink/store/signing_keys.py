"""Which keys the nodes on one PostgreSQL sign with: their ids, and values that only those keys produce."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from listenlink.store import tables

_KEYS = tables.signing_keys


class RecordedKey(NamedTuple):
    """A key that some node signed with. `used_at` is when one last reported that, in epoch µs."""

    key_id: str
    check_value: bytes
    used_at: int


def list_keys(connection: Connection) -> list[RecordedKey]:
    """List all recorded keys."""
    rows = connection.execute(select(_KEYS).order_by(_KEYS.c.key_id))
    return [RecordedKey(row.key_id, row.check_value, row.used_at) for row in rows]


def note_use(connection: Connection, key_id: str, check_value: bytes, now_us: int) -> None:
    """Record that a node signs with this key."""
    used = connection.execute(update(_KEYS).where(_KEYS.c.key_id == key_id).values(used_at=now_us))
    if not used.rowcount:
        values: Mapping[str, object] = {
            "key_id": key_id,
            "check_value": check_value,
            "used_at": now_us,
        }
        connection.execute(insert(_KEYS).values(**values))


def pull_back(connection: Connection, now_us: int) -> None:
    """Let a key that seems to have been used later than now be used now: the database's clock was ahead."""
    connection.execute(update(_KEYS).where(_KEYS.c.used_at > now_us).values(used_at=now_us))


def forget_keys(connection: Connection) -> None:
    """Delete the records: the keys were replaced on purpose, and what they signed is void."""
    connection.execute(delete(_KEYS))
