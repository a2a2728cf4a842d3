"""The operator's word on the time: what this machine's clock, the instance and PostgreSQL say it is, and that
this machine's clock is right."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from listenlink.errors import RefusesToStart
from listenlink.store import time_marks
from listenlink.store.database.database import Database

_MOST_APART_US = 60_000_000


class Times(NamedTuple):
    """Times in epoch µs. `reached_at` is the highest at which the instance was served, None if it never was;
    `unseen_us` is how much of that no server saw pass; `database_at` is PostgreSQL's time.
    `later_links` is how many links say that they were made later than `now_us`."""

    now_us: int
    reached_at: int | None
    unseen_us: int
    database_at: int | None
    later_links: int


def find_times(database: Database, now_us: int) -> Times:
    """Return what there is to know before the word is given."""
    return database.read_now(lambda connection: _find(connection, now_us))


def confirm_clock(database: Database, now_us: int) -> Times:
    """Say that it's `now_us`, whatever was reached before: from now on what is old by that is deleted, and a
    mark that a wrong clock left is gone. What is kept for some time and seems to have begun later than now
    begins now. Servers that run follow within seconds.

    Returns how things stood before. Raises RefusesToStart if PostgreSQL's clock says otherwise.
    """

    def confirm(connection: Connection) -> Times:
        before = _find(connection, now_us)
        if before.database_at is not None and abs(before.database_at - now_us) > _MOST_APART_US:
            raise RefusesToStart(
                "this machine's clock and the database's are more than a minute apart; set them right first"
            )
        mark = time_marks.find_mark(connection)
        words = 1 if mark is None else mark.words + 1
        newest = time_marks.find_newest_line(connection)
        time_marks.keep_mark(connection, time_marks.TimeMark(now_us, newest, words=words))
        time_marks.pull_back(connection, now_us)
        return before

    return database.write_now(confirm)


def _find(connection: Connection, now_us: int) -> Times:
    mark = time_marks.find_mark(connection)
    return Times(
        now_us,
        None if mark is None else mark.reached_at,
        0 if mark is None else mark.unseen_us,
        time_marks.find_database_now(connection),
        time_marks.count_later_links(connection, now_us),
    )
