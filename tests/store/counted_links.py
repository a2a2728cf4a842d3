"""Some links in a database, opened and added up as the product does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from sqlalchemy import Connection, text

from engines import new_backend
from listenlink.model.audit import Agent, Outcome
from listenlink.model.listing import Slice
from listenlink.model.owner import Owner
from listenlink.model.share import TargetType
from listenlink.store.audit import open_counts, open_days
from listenlink.store.audit.of_link import list_lines
from listenlink.store.audit.of_target import sum_links
from listenlink.store.database.database import is_postgres, raw_of
from listenlink.store.opening import sqlite_adding, sqlite_opens
from listenlink.store.opening.open_rows import AuditLine

LINKS, OWNER = (1, 2, 3), Owner(1, 1)
_OWNERS = """
INSERT INTO organizations VALUES (1, 'o', 0);
INSERT INTO users VALUES (1, 'u@example.org', 0);
INSERT INTO collections (id, organization_id, owner_id, name, created_at, updated_at)
VALUES (1, 1, 1, 'c', 0, 0)
"""


class Links:
    """Some links in a database, opened as the product opens them."""

    def __init__(self, folder: Path) -> None:
        self.database = new_backend(folder).open()
        self.adding = sqlite_adding.Adding(folder / "listenlink.db")
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
            self.adding.add_up_some(raw, 1)

        self.database.write_now(write)

    def ask_many(self, size: int) -> None:
        """A batch of so many, which open all of the links."""
        lines = [
            AuditLine(n, Outcome.OPENED, None, LINKS[n % len(LINKS)], n, 1, Agent.PERSON, None)
            for n in range(size)
        ]

        def write(connection: Connection) -> None:
            sqlite_opens.write_audit(raw_of(connection), lines)
            self.adding.add_up_some(raw_of(connection), size)

        self.database.write_now(write)

    def close(self) -> None:
        self.adding.close()
        self.database.close()

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
        """The sums of all days, and what isn't in them yet."""
        found = self.database.read_now(lambda c: sum_links(c, OWNER, (TargetType.COLLECTION, 1)))
        return {
            link: sum(numbers.by_agent) for link, numbers in found.items() if sum(numbers.by_agent)
        }

    def found(self) -> Counter[int]:
        """How many lines are found by their links."""

        def count(connection: Connection) -> Counter[int]:
            return Counter({n: len(list_lines(connection, n, Slice(1000)).items) for n in LINKS})

        return self.database.read_now(count)

    def summed(self) -> dict[int, int]:
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


def add_up(connection: Connection, most: int) -> int:
    """What housekeeping does in one transaction."""
    counted = open_counts.add_up(connection, most)
    open_days.add_up(connection, most)
    return counted
