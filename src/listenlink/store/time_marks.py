"""The highest time at which this instance was served: the row of `time_marks`, and what else tells of it.

Nothing here reads this machine's clock; PostgreSQL's is asked where there is one.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select, text, update

from listenlink.store import tables
from listenlink.store.database.database import is_postgres

_MARKS = tables.time_marks
_NAME = "served"
_NEWEST_LINE = text("SELECT coalesce(max(id), 0) FROM audit")
# Some, not one: nodes' clocks may differ a little, so the last line needn't be the latest.
_LATEST_OF_NEWEST = text("""
SELECT max(at) FROM (SELECT at FROM audit WHERE id > :after ORDER BY id DESC LIMIT 1000) newest
""")
_DATABASE_NOW = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")


class TimeMark(NamedTuple):
    """`reached_at` is the highest time seen; the audit's lines up to `audit_id` have no part in it any more.
    `unseen_us` is how much of that no server saw pass, and isn't believed yet. `words` counts how often the
    operator said that the clock is right."""

    reached_at: int
    audit_id: int
    unseen_us: int = 0
    words: int = 0


def find_mark(connection: Connection) -> TimeMark | None:
    """Return the mark; None if the instance was never served."""
    row = connection.execute(select(_MARKS).where(_MARKS.c.name == _NAME)).one_or_none()
    return None if row is None else TimeMark(row.reached_at, row.audit_id, row.unseen_us, row.words)


def keep_mark(connection: Connection, mark: TimeMark) -> None:
    """Store the mark. Runs in a writing transaction, in which it was found."""
    values = mark._asdict()
    if not connection.execute(update(_MARKS).values(**values)).rowcount:
        connection.execute(insert(_MARKS).values(name=_NAME, **values))


def find_newest_line(connection: Connection) -> int:
    """Return the number of the audit's newest line, 0 if it's empty."""
    return int(connection.execute(_NEWEST_LINE).scalar_one())


def find_latest_line(connection: Connection, after_id: int) -> int | None:
    """Return the latest time among the newest of the audit's lines after this one: who was refused because a
    link had ended was told so after its line was durable."""
    return connection.execute(_LATEST_OF_NEWEST, {"after": after_id}).scalar()


def find_latest_trace(connection: Connection) -> int | None:
    """Return the latest time at which an instance without a mark is known to have been served."""
    times = [
        find_latest_line(connection, -1),
        connection.execute(select(func.max(tables.idempotent_answers.c.created_at))).scalar(),
        connection.execute(select(func.max(tables.resumable_uploads.c.created_at))).scalar(),
    ]
    return max((at for at in times if at is not None), default=None)


def find_database_now(connection: Connection) -> int | None:
    """Return the time by the database's own clock, in epoch µs; None where that is this machine's."""
    if not is_postgres(connection):
        return None
    return int(connection.execute(_DATABASE_NOW).scalar_one())


def pull_back(connection: Connection, now_us: int) -> None:
    """Let what is kept for some time count from now, where it says that it began later than now: otherwise
    it would stay for as long as the clock was ahead."""
    for column in (
        tables.idempotent_answers.c.created_at,
        tables.resumable_uploads.c.created_at,
        tables.audio_objects.c.derivation_began_at,
    ):
        connection.execute(
            update(column.table).where(column > now_us).values({column.name: now_us})
        )


def count_later_links(connection: Connection, now_us: int) -> int:
    """How many links say that they were made later than now."""
    later = select(func.count()).where(tables.shares.c.created_at > now_us)
    return int(connection.execute(later).scalar_one())
