"""A commit on PostgreSQL whose answer doesn't come: nobody is told that it failed, or that it was done."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, text

import servers
from engines import of_sqlite
from fault_proxy import FaultProxy, fault_proxy
from listenlink.errors import Problem, ProblemKind, is_unknown
from listenlink.store.database.postgres_database import PostgresDatabase

# Once for both sets of back ends: it starts what it needs.
pytestmark = of_sqlite
ANY_WITHIN_SECONDS = 5.0
_REFUSES = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE 'another transaction' USING ERRCODE = '40001'; END $$;
CREATE CONSTRAINT TRIGGER refuses AFTER INSERT ON audit_progress DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.name = 'refused') EXECUTE FUNCTION refuse();
"""
_ENDS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Place:
    """A database, a way to it that breaks, and one that doesn't."""

    def __init__(self, proxy: FaultProxy) -> None:
        self.proxy = proxy
        self.name = servers.new_database().rpartition("/")[2]
        self.database = PostgresDatabase(
            f"postgresql://postgres@127.0.0.1:{proxy.port}/{self.name}"
        )

    def sql(self, sql: str) -> str:
        return servers.run_sql(servers.postgres(), self.name, sql)

    def is_there(self, name: str) -> bool:
        return bool(self.sql(f"SELECT 1 FROM audit_progress WHERE name = '{name}'").strip())  # noqa: S608

    async def write(self, name: str, then: Callable[[], None] = lambda: None) -> None:
        """Write something, and break the way to the database before it's committed."""

        def work(connection: Connection) -> None:
            connection.execute(
                text("INSERT INTO audit_progress (name, audit_id) VALUES (:name, 0)"),
                {"name": name},
            )
            then()

        await self.database.write(work)

    async def fail(self, name: str, then: Callable[[], None] = lambda: None) -> tuple[bool, float]:
        """Whether the outcome is said to be unknown, and the seconds that took."""
        began = time.monotonic()
        with pytest.raises(Problem) as told:
            await self.write(name, then)
        assert told.value.kind is ProblemKind.UNAVAILABLE
        return is_unknown(told.value), time.monotonic() - began


@pytest.fixture
def place() -> Iterator[Place]:
    with fault_proxy(servers.postgres().port) as proxy:
        made = Place(proxy)
        yield made
        proxy.heal()
        made.database.close()


async def test_an_answer_that_is_lost_leaves_it_unknown(place: Place) -> None:
    await place.write("first")
    is_said, _ = await place.fail("lost", lambda: place.proxy.cut_after(0))
    assert is_said
    place.proxy.heal()
    assert place.is_there("lost"), "it was committed, and nobody could know"
    await place.write("next")


async def test_a_connection_that_is_reset_leaves_it_unknown(place: Place) -> None:
    def hang_and_reset() -> None:
        place.proxy.hang()
        threading.Timer(0.3, place.proxy.refuse).start()

    is_said, _ = await place.fail("reset", hang_and_reset)
    assert is_said
    place.proxy.heal()
    await place.write("next")


async def test_a_postgresql_that_hangs_is_not_waited_for_without_end(place: Place) -> None:
    is_said, seconds = await place.fail("hung", place.proxy.hang)
    assert is_said
    assert seconds < ANY_WITHIN_SECONDS
    place.proxy.refuse()
    place.proxy.heal()
    await place.write("next")


async def test_a_refused_commit_is_known_to_have_failed(place: Place) -> None:
    place.sql(_REFUSES)
    is_said, _ = await place.fail("refused")
    assert not is_said
    assert not place.is_there("refused")
    await place.write("next")


async def test_a_write_that_was_given_up_does_not_happen_later(place: Place) -> None:
    holding = threading.Thread(
        target=place.sql, args=("BEGIN; LOCK TABLE audit_progress; SELECT pg_sleep(2.5)",)
    )
    holding.start()
    await asyncio.sleep(0.3)
    is_said, seconds = await place.fail("late")
    assert (is_said, seconds < 2.2) == (False, True)
    holding.join()
    await asyncio.sleep(0.3)
    assert not place.is_there("late")


async def test_connections_and_plans_from_before_cost_one_answer_at_most(place: Place) -> None:
    """After PostgreSQL was away for a moment, and after its tables were changed."""
    read = text("SELECT * FROM audit_progress")
    for change in (
        _ENDS,
        "ALTER TABLE audit_progress ADD COLUMN more integer",
        _ENDS,
    ):
        await place.database.read(lambda connection: connection.execute(read).all())
        await place.write(str(time.monotonic()))
        place.sql(change)
        failed = 0
        for _ in range(4):
            try:
                await place.database.read(lambda connection: connection.execute(read).all())
                await place.write(str(time.monotonic()))
            except Problem:
                failed += 1
        assert failed <= 2, "one for readers' connections, one for writers'"
