"""What the instance has still to do, over all nodes: for metrics."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from listenlink.store import derived, promises
from listenlink.store.audit import open_counts
from listenlink.store.database.database import Database

_WITHIN_SECONDS = 1.0


class Backlog(NamedTuple):
    """Audio from which nothing has been derived yet, what begun uploads still promise, and audit lines that
    aren't added up."""

    underived: int
    promised_bytes: int
    lines: int


def read_backlog(database: Database, now_us: int) -> Backlog:
    """Read it, while the calling thread waits for a second at most. Raises Problem(UNAVAILABLE)."""

    def read(connection: Connection) -> Backlog:
        return Backlog(
            derived.count_underived(connection),
            promises.sum_up_all(connection, now_us),
            open_counts.find_waiting(connection),
        )

    return database.read_now(read, within_seconds=_WITHIN_SECONDS)
