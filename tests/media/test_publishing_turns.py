"""Turns to publish: as long as it works everybody waits for theirs; those who wait when it fails fail too."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from listenlink.errors import Problem, ProblemKind
from listenlink.media.disk import publishing_turns as module
from listenlink.media.disk.places import make_folders
from listenlink.media.disk.publishing_turns import PublishingTurns
from listenlink.media.folder.folder import Folder


def test_everybody_gets_a_turn_and_nobody_at_the_same_time(tmp_path: Path) -> None:
    turns = [PublishingTurns(tmp_path / "lock") for _ in range(2)]
    inside: list[int] = []
    most = 0

    def publish(number: int) -> None:
        nonlocal most
        with turns[number % 2].take():
            inside.append(number)
            most = max(most, len(inside))
            time.sleep(0.01)
            inside.remove(number)

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(publish, range(40)))
    assert most == 1


def test_those_who_waited_while_the_database_failed_fail_together(tmp_path: Path) -> None:
    turns, waiting = PublishingTurns(tmp_path / "lock"), threading.Barrier(9)

    def first() -> None:
        with turns.take():
            waiting.wait(5)
            time.sleep(0.5)
            raise Problem(ProblemKind.UNAVAILABLE)

    def other(_: int) -> float:
        waiting.wait(5)
        began = time.monotonic()
        with pytest.raises(Problem) as told, turns.take():
            raise AssertionError("it has a turn")
        assert told.value.kind is ProblemKind.UNAVAILABLE
        return time.monotonic() - began

    with ThreadPoolExecutor(9) as threads:
        failing = threads.submit(first)
        assert max(threads.map(other, range(8))) < 2.0
        with pytest.raises(Problem):
            failing.result()
    with turns.take():  # Who comes later tries anew.
        pass


def test_those_who_waited_while_somebody_s_quota_was_full_have_their_turns(tmp_path: Path) -> None:
    turns, waiting = PublishingTurns(tmp_path / "lock"), threading.Barrier(5)
    done: list[int] = []

    def first() -> None:
        with turns.take():
            waiting.wait(5)
            time.sleep(0.1)
            raise Problem(ProblemKind.QUOTA_EXCEEDED)

    def other(number: int) -> None:
        waiting.wait(5)
        with turns.take():
            done.append(number)

    with ThreadPoolExecutor(5) as threads:
        failing = threads.submit(first)
        list(threads.map(other, range(4)))
        with pytest.raises(Problem):
            failing.result()
    assert sorted(done) == [0, 1, 2, 3]


def test_another_process_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_OTHERS_SECONDS", 0.2)
    ours, theirs = PublishingTurns(tmp_path / "lock"), PublishingTurns(tmp_path / "lock")
    with theirs.take(), pytest.raises(Problem), ours.take():
        raise AssertionError("it has a turn")
    with ours.take():
        pass


async def test_what_waited_for_a_thread_meanwhile_is_not_begun(tmp_path: Path) -> None:
    folder, failing, others = Folder(tmp_path), threading.Event(), threading.Event()
    begun: list[int] = []
    make_folders(tmp_path)

    def fail() -> None:
        with folder._turns.take():
            failing.wait(5)
            raise Problem(ProblemKind.UNAVAILABLE)

    first = asyncio.create_task(folder.carry_out(fail))
    taken = [asyncio.create_task(folder.carry_out(others.wait)) for _ in range(20)]
    waiting = asyncio.create_task(folder.carry_out(begun.append, 1))
    await asyncio.sleep(0.1)
    failing.set()
    with pytest.raises(Problem):
        await first
    others.set()
    with pytest.raises(Problem):
        await waiting
    assert begun == []
    await asyncio.gather(*taken, return_exceptions=True)
    await folder.carry_out(begun.append, 2)
    assert begun == [2], "who asks after that is not concerned"
