"""What a migration mends of rows that an older release left."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

import listenlink.store
import servers
from engines import ENGINE, SQLITE, of_sqlite
from listenlink.store.audit import of_link, open_counts, open_days
from listenlink.store.database.database import Database
from listenlink.store.database.location import DatabaseLocation
from listenlink.store.database.migrate import migrate

LAST_US = 253_402_300_799_000_000
LINK, LIMITED = 1, 2
_ROWS = """
INSERT INTO organizations VALUES (1, 'o', 0);
INSERT INTO users VALUES (1, 'u@example.org', 0);
INSERT INTO collections (id, organization_id, owner_id, name, created_at, updated_at)
VALUES (1, 1, 1, 'c', 0, 0)
"""


def old_database(folder: Path) -> Database:
    """As the release before left it, with two links."""
    if ENGINE == SQLITE:
        path = folder / "listenlink.db"
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.close()
    # Of this template it has no tables yet.
    url = None if ENGINE == SQLITE else servers.new_database(template="template0")
    database = DatabaseLocation(folder, url).open()

    def make(connection: Connection) -> None:
        config = Config()
        migrations = Path(listenlink.store.__file__).parent / "database" / "migrations"
        config.set_main_option("script_location", str(migrations))
        config.attributes["connection"] = connection
        command.upgrade(config, "0024")
        for statement in _ROWS.split(";"):
            connection.execute(text(statement))
        for link in (LINK, LIMITED):
            add = (
                "INSERT INTO shares (id, token_digest, organization_id, creator_id, collection_id, "
                "visibility, created_at) VALUES (:id, :d, 1, 1, 1, 'public', 0)"
            )
            connection.execute(text(add), {"id": link, "d": bytes([link]) * 32})

    database.write_now(make)
    return database


def run(database: Database, *statements: str) -> None:
    for statement in statements:
        database.write_now(lambda c, s=statement: c.execute(text(s)))  # type: ignore[misc]


def ask(database: Database, sql: str) -> list[Any]:
    return [tuple(row) for row in database.read_now(lambda c: c.execute(text(sql)).all())]


def line(number: int, share: int) -> str:
    columns = "id, at, outcome, share_id, trace, client_id, agent"
    return f"INSERT INTO audit ({columns}) VALUES ({number}, 0, 1, {share}, 1, 1, 1)"  # noqa: S608


def test_times_that_no_calendar_has_become_the_nearest_that_one_has(tmp_path: Path) -> None:
    database = old_database(tmp_path)
    run(
        database,
        f"UPDATE shares SET starts_at = -62135596800000000, expires_at = {2**62} WHERE id = {LINK}",  # noqa: S608
        f"UPDATE shares SET starts_at = {LAST_US + 1}, expires_at = {LAST_US} WHERE id = {LIMITED}",  # noqa: S608
    )
    database.write_now(migrate)
    times = "SELECT starts_at, expires_at, revoked_at FROM shares ORDER BY id"
    assert ask(database, times) == [(0, LAST_US, None), (LAST_US, LAST_US, None)]
    database.close()


def test_sums_are_told_as_before_and_count_what_comes(tmp_path: Path) -> None:
    """A line that a day's sums held was never told twice, though it was still there."""
    database = old_database(tmp_path)
    run(
        database,
        line(5, LINK),
        "INSERT INTO share_days VALUES (1, 0, 3, 0, 2, 0)",
        "INSERT INTO audit_by_share VALUES (1, 5, 0)",
        "INSERT INTO audit_progress VALUES ('added_up', 5)",
    )
    database.write_now(migrate)
    (day,) = database.read_now(lambda c: of_link.sum_up(c, LINK, 0, 0)).days
    assert (day.opens, day.listeners) == (3, 2)
    run(database, line(6, LINK))
    sums = database.read_now(lambda c: of_link.sum_up(c, LINK, 0, 0))
    (day,) = sums.days
    assert (day.opens, day.listeners) == (4, 2)
    assert (sum(day.by_agent), sums.forgotten) == (1, 3), "what asked wasn't written down"
    database.close()


@of_sqlite
def test_opens_that_were_never_counted_are(tmp_path: Path) -> None:
    """Their lines had numbers that deleted ones had had; no line gets such a number any more."""
    database = old_database(tmp_path)
    run(
        database,
        *(line(number, LINK) for number in (1, 2, 3)),
        line(4, LIMITED),
        f"UPDATE shares SET opens = 7 WHERE id = {LINK}",  # noqa: S608
        f"UPDATE shares SET opens = 1, max_opens = 9 WHERE id = {LIMITED}",  # noqa: S608
        "INSERT INTO audit_by_share VALUES (1, 1, 0)",
        "INSERT INTO audit_progress VALUES ('added_up', 20)",
    )
    database.write_now(migrate)
    links = (LINK, LIMITED)
    assert database.read_now(lambda c: open_counts.find_opens(c, links)) == {LINK: 9, LIMITED: 1}
    by_link = "SELECT share_id, audit_id FROM audit_by_share ORDER BY audit_id"
    assert ask(database, by_link) == [(LINK, 1), (LINK, 2), (LINK, 3), (LIMITED, 4)]
    assert ask(database, "SELECT audit_id FROM audit_progress WHERE name = 'last_line'") == [(20,)]
    database.close()


def test_days_begin_with_what_was_counted(tmp_path: Path) -> None:
    """What wasn't counted yet is added up by whoever serves, and nothing twice."""
    database = old_database(tmp_path)
    run(
        database,
        *(line(number, LINK) for number in (1, 2, 3)),
        "INSERT INTO audit_progress VALUES ('added_up', 2)",
    )
    database.write_now(migrate)
    summed = "SELECT share_id, day, opens FROM open_days"
    assert ask(database, summed) == [(LINK, 0, 2)]
    assert ask(database, "SELECT person_opens, program_opens FROM open_days") == [(2, 0)]
    assert database.read_now(open_days.find_waiting) == 0
    database.write_now(lambda c: open_counts.add_up(c, 10))
    assert database.read_now(open_days.find_waiting) == 1
    database.write_now(lambda c: open_days.add_up(c, 10))
    assert ask(database, summed) == [(LINK, 0, 3)]
    database.close()
