"""PostgreSQL connections of the event loop: so many and no more, in turn, each wait within its time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

import servers
from listenlink.errors import Problem, ProblemKind
from listenlink.store.database.postgres import Raw
from listenlink.store.opening.connections import Connections

MOST = 3
BUSY_WITHIN_SECONDS = 2.0


class Place:
    """Connections to a database of their own, which nobody else uses."""

    def __init__(self) -> None:
        self._url = servers.new_database()
        self._name = self._url.rpartition("/")[2]
        self.connections = Connections(self._url, MOST)

    def _ask(self, what: str) -> str:
        asked = f"SELECT {what} FROM pg_stat_activity WHERE datname = '{self._name}'"  # noqa: S608
        return servers.run_sql(servers.postgres(), "postgres", asked)

    async def count(self, state: str = "") -> int:
        """How many PostgreSQL has, or has in this state."""
        which = f"count(*) FILTER (WHERE state = '{state}')" if state else "count(*)"
        return int(await asyncio.to_thread(self._ask, which))

    async def end_all(self) -> None:
        """As PostgreSQL does when it's restarted."""
        await asyncio.to_thread(self._ask, "pg_terminate_backend(pid)")

    async def hear_of_the_end(self) -> None:
        """Until all idle connections have been told, which a busy machine takes a while for."""
        async with asyncio.timeout(5):
            while not all(connection.is_closed() for connection in self.connections._idle):
                await asyncio.sleep(0.01)

    async def run(self, sql: str) -> Raw:
        async with self.connections.use() as connection:
            return await connection.fetchval(sql)

    async def expect_unavailable(self, sql: str) -> float:
        """The seconds it took."""
        began_at = time.monotonic()
        with pytest.raises(Problem) as told:
            await self.run(sql)
        assert told.value.kind is ProblemKind.UNAVAILABLE
        return time.monotonic() - began_at


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    made = Place()
    yield made
    made.connections.close()


async def test_many_at_a_time_take_turns_on_a_few_connections(place: Place) -> None:
    began: list[int] = []

    async def use(number: int) -> None:
        async with place.connections.use() as connection:
            began.append(number)
            await connection.fetchval("SELECT pg_sleep(0.02)")

    using = [asyncio.create_task(use(number)) for number in range(60)]
    counts = []
    while not all(task.done() for task in using):
        counts.append(await place.count())
    await asyncio.gather(*using)
    assert MOST in counts
    assert max(counts) <= MOST
    # But for the first, who had to be connected, they came in as they had asked.
    assert [number for number in began if number >= MOST] == list(range(MOST, 60))


async def test_who_gets_no_turn_is_told_in_time_and_those_before_are_served(place: Place) -> None:
    first = [asyncio.create_task(place.run("SELECT pg_sleep(0.7)")) for _ in range(MOST)]
    await asyncio.sleep(0)
    second = [asyncio.create_task(place.run("SELECT pg_sleep(0.9)")) for _ in range(MOST)]
    await asyncio.sleep(0)
    # Its turn doesn't come: those before it have them until they're told themselves.
    assert 1.0 < await place.expect_unavailable("SELECT 1") < BUSY_WITHIN_SECONDS
    assert await asyncio.gather(*first) == [None] * MOST
    told = await asyncio.gather(*second, return_exceptions=True)
    assert [type(each) for each in told] == [Problem] * MOST
    assert await place.run("SELECT 1") == 1


async def test_what_is_given_up_is_ended_in_postgresql_before_another_takes_its_turn(
    place: Place,
) -> None:
    for _ in range(3):
        slow = [
            asyncio.create_task(place.expect_unavailable("SELECT pg_sleep(5)")) for _ in range(MOST)
        ]
        counts = []
        while not all(task.done() for task in slow):
            counts.append(await place.count())
        assert max(await asyncio.gather(*slow)) < BUSY_WITHIN_SECONDS
        # The next have their turns in time, and PostgreSQL has none of the former ones any more.
        assert await asyncio.gather(*(place.run("SELECT 7") for _ in range(MOST))) == [7] * MOST
        counts += [await place.count(), await place.count("active")]
        assert max(counts) <= MOST
        assert counts[-1] == 0


async def test_connections_that_postgresql_ended_are_not_handed_out_and_cost_no_turn(
    place: Place,
) -> None:
    for _ in range(3):
        assert await asyncio.gather(*(place.run("SELECT 7") for _ in range(MOST))) == [7] * MOST
        await place.end_all()
        await place.hear_of_the_end()
    for _ in range(2 * MOST):
        using = asyncio.create_task(place.run("SELECT pg_sleep(5)"))
        while not await place.count("active"):
            await asyncio.sleep(0.01)
        await place.end_all()
        with pytest.raises(Problem):
            await using
    assert await asyncio.gather(*(place.run("SELECT 7") for _ in range(MOST))) == [7] * MOST


async def test_a_mistake_is_raised_as_itself_and_costs_no_turn(place: Place) -> None:
    for _ in range(2 * MOST):
        with pytest.raises(ZeroDivisionError):
            async with place.connections.use():
                raise ZeroDivisionError
        leaving = asyncio.create_task(place.run("SELECT pg_sleep(1)"))
        await asyncio.sleep(0.01)
        leaving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leaving
    assert await asyncio.wait_for(place.run("SELECT 7"), 1.4) == 7


async def test_a_database_that_is_not_there_costs_no_turn() -> None:
    connections = Connections("postgresql://postgres@127.0.0.1:1/nothing", MOST)
    began_at = time.monotonic()
    for _ in range(2 * MOST):
        with pytest.raises(Problem) as told:
            async with connections.use():
                pass
        assert told.value.kind is ProblemKind.UNAVAILABLE
    assert time.monotonic() - began_at < 1.0
