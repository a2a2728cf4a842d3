"""The clients that a session was renewed from, until it's over: `actions/opening/session_clients.py`."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from listenlink.store import tables
from listenlink.store.database.columns import ended

_CLIENTS = tables.session_clients
_DELETED_PER_STEP = 500


def list_clients(connection: Connection, open_trace: int) -> list[bytes]:
    """Return the pseudonyms of all clients of this open's session."""
    asked = select(_CLIENTS.c.client).where(_CLIENTS.c.open_trace == open_trace)
    return [row[0] for row in connection.execute(asked)]


def add_client(connection: Connection, open_trace: int, client: bytes, ends_at: int) -> None:
    """Add one, which isn't there yet, until the session ends (epoch µs)."""
    connection.execute(
        insert(_CLIENTS).values(open_trace=open_trace, client=client, ends_at=ends_at)
    )


def delete_over(connection: Connection, now_us: int) -> int:
    """Delete some clients of sessions that are over; return how many. Call until it returns 0."""
    over = (
        select(_CLIENTS.c.open_trace)
        .where(ended(_CLIENTS.c.ends_at, now_us))
        .order_by(_CLIENTS.c.ends_at)
        .limit(_DELETED_PER_STEP)
        .scalar_subquery()
    )
    return connection.execute(delete(_CLIENTS).where(_CLIENTS.c.open_trace.in_(over))).rowcount
