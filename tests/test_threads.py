"""Threads for what may wait: so many at a time, so many that wait, and one pool never another's trouble."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import listenlink
from listenlink.errors import ProblemKind
from listenlink.threads import DISK, HOUSE, STORAGE, WORK, NoThread, Threads


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """What hangs until it's set."""
    held = threading.Event()
    yield held
    held.set()


async def test_no_more_wait_than_may_and_given_up_work_counts_until_it_is_gone(
    hanging: threading.Event,
) -> None:
    threads = Threads("test", 1, most_waiting=5)
    running = [asyncio.create_task(threads.run(hanging.wait)) for _ in range(6)]
    await asyncio.sleep(0.05)
    for _ in range(3):
        with pytest.raises(NoThread) as told:
            async with asyncio.timeout(2):
                await threads.run(time.time)
        assert told.value.kind is ProblemKind.UNAVAILABLE
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    with pytest.raises(NoThread):
        await threads.run(time.time)
    hanging.set()
    threads.close()
    assert threads.waiting == 0


async def test_who_has_no_patience_is_told_soon_and_then_it_is_not_done(
    hanging: threading.Event,
) -> None:
    threads = Threads("test", 1, patience_seconds=0.1)
    done: list[int] = []
    first = asyncio.create_task(threads.run(hanging.wait))
    await asyncio.sleep(0.02)
    began = time.monotonic()
    with pytest.raises(NoThread):
        await threads.run(done.append, 1)
    assert time.monotonic() - began < 1
    hanging.set()
    assert await first, "what has begun is waited for"
    await threads.run(done.append, 2)
    assert done == [2]
    threads.close()


@pytest.mark.parametrize(
    "threads", [DISK, HOUSE, STORAGE, WORK], ids=["disk", "house", "storage", "work"]
)
async def test_what_hangs_keeps_only_its_own_kind_waiting(
    threads: Threads, hanging: threading.Event
) -> None:
    stuck = [asyncio.create_task(threads.run(hanging.wait)) for _ in range(40)]
    await asyncio.sleep(0.02)
    async with asyncio.timeout(2):
        for other in (DISK, HOUSE, STORAGE, WORK):
            if other is not threads:
                await other.run(time.time)
        # Names are looked up in asyncio's own.
        await asyncio.get_running_loop().getaddrinfo("localhost", 80)
    hanging.set()
    await asyncio.gather(*stuck)


async def test_the_system_shows_what_a_thread_is_for() -> None:
    def look() -> str:
        return Path(f"/proc/self/task/{threading.get_native_id()}/comm").read_text().strip()

    assert await Threads("answers-of-a-test", 1).run(look) == "answers-of-a-te"


def test_nothing_that_serves_uses_the_common_pool() -> None:
    """It's where asyncio looks up names."""
    package = Path(listenlink.__file__).parent
    used = [
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if path.relative_to(package).parts[0] not in ("cli", "client", "demo")
        and re.search(r"to_thread\(|run_in_executor\(\s*None", path.read_text())
    ]
    assert used == []
