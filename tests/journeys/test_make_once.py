"""Whatever takes work is made once for all who ask meanwhile, and too much of it is refused soon."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from listenlink.actions.make_once import OnceMaker
from listenlink.errors import Problem, ProblemKind
from listenlink.model.shelf import Shelf, Written

ONE = Written(b"one")


def maker(at_once: int = 1, most_waiting: int = 2, kept_bytes: int = 2**20) -> OnceMaker:
    return OnceMaker(Shelf(kept_bytes, kept_bytes), at_once, most_waiting)


class Worker:
    """Work that waits until it may end, and counts how often it was begun."""

    def __init__(self, result: Written | None = ONE, error: Exception | None = None) -> None:
        self.result, self.error = result, error
        self.begun = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> Written | None:
        self.begun += 1
        await self.may_end.wait()
        if self.error:
            raise self.error
        return self.result


async def turns() -> None:
    """Let everybody do what they can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_eight_at_once_are_served_by_one_making() -> None:
    once, work = maker(), Worker()
    asking = [asyncio.create_task(once.make("key", work)) for _ in range(8)]
    await turns()
    assert once.has("key")
    work.may_end.set()
    assert await asyncio.gather(*asking) == [ONE] * 8
    assert await once.make("key", work) is ONE
    assert (work.begun, once.made, once.found) == (1, 1, 8)


async def test_another_key_is_another_thing() -> None:
    once, work = maker(), Worker()
    work.may_end.set()
    for key in ("a", "b", "a"):
        await once.make(key, work)
    assert work.begun == 2


async def test_whoever_asked_first_may_leave() -> None:
    once, work = maker(), Worker()
    first = asyncio.create_task(once.make("key", work))
    await turns()
    second = asyncio.create_task(once.make("key", work))
    await turns()
    first.cancel()
    await turns()
    work.may_end.set()
    assert await second is ONE
    assert work.begun == 1


async def test_a_failure_is_told_to_all_and_not_kept() -> None:
    once, work = maker(), Worker(error=FileNotFoundError())
    asking = [asyncio.create_task(once.make("key", work)) for _ in range(3)]
    await turns()
    work.may_end.set()
    for each in asking:
        with pytest.raises(FileNotFoundError):
            await each
    assert not once.has("key")
    work.error = None
    assert await once.make("key", work) is ONE
    assert work.begun == 2


async def test_nothing_is_not_kept_either() -> None:
    once, work = maker(), Worker(result=None)
    work.may_end.set()
    assert await once.make("key", work) is None
    assert await once.make("key", work) is None
    assert work.begun == 2


async def test_a_few_are_made_at_a_time_and_a_few_wait() -> None:
    once, works = maker(at_once=2, most_waiting=3), [Worker() for _ in range(7)]
    asking = [asyncio.create_task(once.make(number, work)) for number, work in enumerate(works)]
    await turns()
    assert [work.begun for work in works] == [1, 1, 0, 0, 0, 0, 0]
    for each in asking[5:]:
        assert await problem_of(each) is ProblemKind.UNAVAILABLE
    # Whoever asks for what is made already waits for nobody's turn.
    again = asyncio.create_task(once.make(1, works[1]))
    for work in works:
        work.may_end.set()
    assert await asyncio.gather(*asking[:5], again) == [ONE] * 6
    assert [work.begun for work in works] == [1, 1, 1, 1, 1, 0, 0]


async def test_what_is_small_needs_no_turn() -> None:
    once, slow, small = maker(at_once=1, most_waiting=0), Worker(), Worker()
    small.may_end.set()
    first = asyncio.create_task(once.make("slow", slow))
    await turns()
    assert await once.make("small", small, is_small=True) is ONE
    slow.may_end.set()
    assert await first is ONE


async def test_nobody_waits_for_a_turn_for_long() -> None:
    once, slow, other = maker(), Worker(), Worker()
    first = asyncio.create_task(once.make("slow", slow))
    await turns()
    began = time.monotonic()
    assert await problem_of(once.make("other", other)) is ProblemKind.UNAVAILABLE
    assert 0.5 < time.monotonic() - began < 3
    assert other.begun == 0
    slow.may_end.set()
    assert await first is ONE
    other.may_end.set()
    assert await once.make("other", other) is ONE


async def problem_of(asked: Awaitable[Written | None]) -> ProblemKind | None:
    try:
        await asked
    except Problem as problem:
        return problem.kind
    return None


@pytest.mark.parametrize("kept_bytes", [0, 2**20])
async def test_what_there_is_no_room_for_is_made_again(kept_bytes: int) -> None:
    once, work = maker(kept_bytes=kept_bytes), Worker()
    work.may_end.set()
    asked: Callable[[], Awaitable[Written | None]] = lambda: once.make("key", work)  # noqa: E731
    assert [await asked(), await asked()] == [ONE, ONE]
    assert work.begun == (1 if kept_bytes else 2)
