"""Opens are counted once each, whenever they're added up and whatever becomes of a link's limit."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from engines import ENGINE, SQLITE, new_backend, of_sqlite
from listenlink.model.audit import Agent, Outcome
from listenlink.store.audit import open_counts, open_days
from listenlink.store.database.database import is_postgres, raw_of
from listenlink.store.opening import sqlite_adding, sqlite_opens
from listenlink.store.opening.open_rows import AuditLine

LINKS = (1, 2, 3)
_OWNERS = """
INSERT INTO organizations VALUES (1, 'o', 0);
INSERT INTO users VALUES (1, 'u@example.org', 0);
INSERT INTO collections (id, organization_id, owner_id, name, created_at, updated_at)
VALUES (1, 1, 1, 'c', 0, 0)
"""
_ACTIONS = st.one_of(
    st.tuples(st.just("open"), st.sampled_from(LINKS)),
    st.tuples(st.just("view"), st.sampled_from(LINKS)),
    st.tuples(st.just("limit"), st.sampled_from(LINKS)),
    st.tuples(st.just("lift"), st.sampled_from(LINKS)),
    st.tuples(st.just("add up"), st.integers(1, 5)),
)


class Links:
    """Some links in a database, opened as the product opens them."""

    def __init__(self, folder: Path) -> None:
        self.database = new_backend(folder).open()
        self.limited: set[int] = set()
        self.database.write_now(self._make)

    def _make(self, connection: Connection) -> None:
        for statement in _OWNERS.split(";"):
            connection.execute(text(statement))
        for link in LINKS:
            connection.execute(
                text(
                    "INSERT INTO shares (id, token_digest, organization_id, creator_id, "
                    "collection_id, visibility, created_at) VALUES (:id, :d, 1, 1, 1, 'public', 0)"
                ),
                {"id": link, "d": bytes([link]) * 32},
            )

    def ask(self, link: int, outcome: Outcome) -> None:
        """One audit line, and for a link with a limit its count, in one transaction."""

        def write(connection: Connection) -> None:
            if is_postgres(connection):
                _write_there(connection, link, outcome, is_limited=link in self.limited)
                return
            raw = raw_of(connection)
            if outcome is Outcome.OPENED and link in self.limited:
                assert sqlite_opens.count_opens(raw, {link: 1})
            sqlite_opens.write_audit(
                raw, [AuditLine(0, outcome, None, link, 1, 1, Agent.PERSON, None)]
            )

        self.database.write_now(write)

    def ask_many(self, size: int) -> None:
        """A batch of so many, which open all of the links."""
        lines = [
            AuditLine(n, Outcome.OPENED, None, LINKS[n % len(LINKS)], n, 1, Agent.PERSON, None)
            for n in range(size)
        ]
        self.database.write_now(lambda c: sqlite_opens.write_audit(raw_of(c), lines))

    def set_limit(self, link: int, most: int | None) -> None:
        """What an owner may do at any time."""

        def change(connection: Connection) -> None:
            open_counts.settle(connection, link)
            connection.execute(
                text("UPDATE shares SET max_opens = :most WHERE id = :id"),
                {"most": most, "id": link},
            )

        self.database.write_now(change)
        self.limited = self.limited | {link} if most else self.limited - {link}

    def counted(self) -> dict[int, int]:
        """What an owner is told."""
        return self.database.read_now(lambda c: open_counts.find_opens(c, LINKS))

    def by_day(self) -> dict[int, int]:
        """The sums of all days."""
        return self._pairs("SELECT share_id, sum(opens) FROM open_days GROUP BY share_id")

    def indexed(self) -> dict[int, int]:
        """The link of each line that is found by its link."""
        return self._pairs("SELECT audit_id, share_id FROM audit_by_share")

    def lines(self) -> dict[int, int]:
        """The link of each line."""
        return self._pairs("SELECT id, share_id FROM audit")

    def _pairs(self, sql: str) -> dict[int, int]:
        rows = self.database.read_now(lambda c: c.execute(text(sql)).all())
        return {int(row[0]): int(row[1]) for row in rows}


def _write_there(connection: Connection, link: int, outcome: Outcome, *, is_limited: bool) -> None:
    """What `keep_opens` does on PostgreSQL."""
    if outcome is Outcome.OPENED and is_limited:
        connection.execute(text(f"UPDATE shares SET opens = opens + 1 WHERE id = {link}"))  # noqa: S608
    connection.execute(
        text(
            "INSERT INTO audit (at, outcome, share_id, trace, client_id, agent) "
            "VALUES (0, :outcome, :link, 1, 1, 0)"
        ),
        {"outcome": int(outcome), "link": link},
    )


@settings(max_examples=60 if ENGINE == SQLITE else 8, deadline=None)
@given(st.lists(_ACTIONS, max_size=40), st.sampled_from([(500_000, 250), (0, 1), (3, 2)]))
def test_every_open_counts_once(actions: list[tuple[str, int]], rush: tuple[int, int]) -> None:
    """Whoever adds them up: housekeeping, or under load those who open."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite_adding, "MOST_WAITING", rush[0])
        patch.setattr(sqlite_adding, "LINES_PER_STEP", rush[1])
        links = Links(Path(folder))
        expected = dict.fromkeys(LINKS, 0)
        for action, number in actions:
            if action == "open":
                links.ask(number, Outcome.OPENED)
                expected[number] += 1
            elif action == "view":
                links.ask(number, Outcome.VIEWED)
            elif action == "add up":
                links.database.write_now(lambda c, n=number: open_counts.add_up(c, n))  # type: ignore[misc]
            else:
                links.set_limit(number, 1000 if action == "limit" else None)
            assert links.counted() == expected
        while links.database.write_now(lambda c: open_counts.add_up(c, 7)):
            pass
        assert links.counted() == expected
        assert links.database.read_now(open_counts.find_waiting) == 0
        while links.database.read_now(open_days.find_waiting):
            links.database.write_now(lambda c: open_days.add_up(c, 7))
        assert links.by_day() == {link: many for link, many in expected.items() if many}
        assert links.indexed() == links.lines()
        links.database.close()


@of_sqlite
def test_who_opens_in_a_rush_keeps_pace_in_steps(
    links: Links, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more than so many ever wait, and no batch adds up more than twice what it wrote, or a step."""
    monkeypatch.setattr(sqlite_adding, "MOST_WAITING", 1000)
    waiting, written = 0, 0
    for size in (900, 300, 1, 1, 400, 30, 30, 512, 1, 1, 1, 1):
        links.ask_many(size)
        written += size
        before, waiting = waiting, links.database.read_now(open_counts.find_waiting)
        done = before + size - waiting
        assert done <= max(sqlite_adding.LINES_PER_STEP, 2 * size)
        assert waiting < 1000 + sqlite_adding.LINES_PER_STEP
        assert links.database.read_now(open_days.find_waiting) == 0
        assert sum(links.counted().values()) == written
    assert waiting >= 1000, "what a rush leaves is left to housekeeping"


@pytest.fixture
def links(tmp_path: Path) -> Links:
    return Links(tmp_path)


@of_sqlite
def test_numbers_of_deleted_lines_are_not_given_again(links: Links) -> None:
    """Whoever deletes them: below the mark, opens wouldn't be counted."""
    links.set_limit(2, 10)
    for _ in range(5):
        links.ask(1, Outcome.OPENED)
        links.ask(2, Outcome.OPENED)
    links.set_limit(2, None)
    for which in ("id > 7", "id > 0", "id > 0"):
        links.database.write_now(lambda c: open_counts.add_up(c, 100))
        gone = text(f"DELETE FROM audit WHERE {which}")  # noqa: S608
        links.database.write_now(lambda c, gone=gone: c.execute(gone))  # type: ignore[misc]
        links.ask(1, Outcome.OPENED)
        links.ask(2, Outcome.OPENED)
    assert links.counted() == {1: 8, 2: 8, 3: 0}
    links.database.write_now(lambda c: open_counts.add_up(c, 100))
    assert links.counted() == {1: 8, 2: 8, 3: 0}
    newest = links.database.read_now(
        lambda c: c.execute(text("SELECT max(id) FROM audit")).scalar()
    )
    assert newest == 16


def test_no_more_lines_are_added_up_than_asked(links: Links) -> None:
    for _ in range(10):
        links.ask(1, Outcome.OPENED)
    assert links.database.write_now(lambda c: open_counts.add_up(c, 4)) == 4
    assert links.database.read_now(open_counts.find_waiting) == 6
    assert links.counted()[1] == 10
