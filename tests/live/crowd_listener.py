"""An honest listener beside a crowd: asks for `/healthz` and opens a link, again and again, each time on a
fresh connection.

It's a program of its own, so that no crowd's work delays what it measures, and asks by the clock: an answer
that doesn't come keeps nobody from asking the next time. `Listener` runs it and reads what it found.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ADDRESS = "127.0.2.1"
TURNS_PER_SECOND = 12
# Nothing may take longer. A server that stands still is found by either; the ordinary suite shares its
# processors with others.
MOST_SECONDS = 3.0 if os.environ.get("LISTENLINK_TEST_FULL") == "1" else 5.0
_HEALTH = "/healthz"
_RUNS_WITHIN_SECONDS = 20.0


class Heard(NamedTuple):
    """One answer: who asked for what, when (monotonic seconds), how long it took, and its status or what
    went wrong."""

    turn: int
    path: str
    asked_at: float
    seconds: float
    status: int | str

    @property
    def is_well(self) -> bool:
        """Answered as it should be, soon enough."""
        return self.status == 200 and self.seconds <= MOST_SECONDS


class Hearing(NamedTuple):
    """What was heard in some time."""

    answers: list[Heard]

    @property
    def failed(self) -> list[Heard]:
        """What wasn't answered as it should be, in order."""
        return [heard for heard in self.answers if not heard.is_well]

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(heard.seconds for heard in self.answers)

    @property
    def p99(self) -> float:
        """Seconds; of a hundred answers or fewer it's the slowest one."""
        seconds = sorted(heard.seconds for heard in self.answers)
        return seconds[math.ceil(0.99 * len(seconds)) - 1]

    def __str__(self) -> str:
        return (
            f"{len(self.answers)} answers, {len(self.failed)} failed, median "
            f"{self.median * 1000:.1f} ms, p99 {self.p99 * 1000:.1f} ms"
        )


class Listener:
    """The program, running, and the file that it writes."""

    def __init__(self, written: Path) -> None:
        self._written = written

    def wait_until_it_asks(self) -> None:
        """Until the program runs, and has been answered."""
        deadline = time.monotonic() + _RUNS_WITHIN_SECONDS
        while not self._read()[1]:
            assert time.monotonic() < deadline, "the listener doesn't ask"
            time.sleep(0.02)

    def between(self, began_at: float, ended_at: float) -> Hearing:
        """All that was asked for in that time, once it's answered or given up."""
        deadline = ended_at + MOST_SECONDS + 2
        while True:
            turns, answers = self._read()
            asked = {turn for turn, at in turns.items() if began_at <= at <= ended_at}
            heard = [answer for answer in answers if answer.turn in asked]
            if len(heard) == 2 * len(asked) and max(turns.values(), default=0) > ended_at:
                break
            assert time.monotonic() < deadline, "the listener itself doesn't get its turn"
            time.sleep(0.05)
        assert len(asked) >= 0.5 * TURNS_PER_SECOND * (ended_at - began_at) - 1
        return Hearing(sorted(heard, key=lambda answer: answer.asked_at))

    def hear(self, seconds: float) -> Hearing:
        """What is heard from now on."""
        began_at = time.monotonic()
        time.sleep(seconds)
        return self.between(began_at, time.monotonic())

    def _read(self) -> tuple[dict[int, float], list[Heard]]:
        turns: dict[int, float] = {}
        answers = []
        whole, _, _ = self._written.read_text().rpartition("\n")
        for line in whole.splitlines():
            told = json.loads(line)
            if len(told) == 2:
                turns[told[0]] = told[1]
            else:
                answers.append(Heard(*told))
        return turns, answers


@contextmanager
def listener_at(port: int, path: str, written: Path) -> Iterator[Listener]:
    """Somebody who opens the link at `path` at this port until the block ends."""
    command = [sys.executable, "-P", str(Path(__file__)), str(port), path, str(written)]
    written.touch()
    # It ends with its standard input: also when these tests are killed.
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        try:
            listener = Listener(written)
            listener.wait_until_it_asks()
            yield listener
        finally:
            process.terminate()


async def _ask(port: int, path: str) -> int | str:
    """The status, once the whole answer is here; or what went wrong."""
    writer = None
    try:
        async with asyncio.timeout(MOST_SECONDS):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, local_addr=(ADDRESS, 0)
            )
            head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
            writer.write(head.encode())
            answer = await reader.read()
        return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else "no answer"
    except (OSError, ValueError) as error:
        return type(error).__name__
    finally:
        if writer is not None:
            writer.transport.abort()


async def _listen(port: int, path: str, written: Path) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), stopped.set)
    with written.open("a", buffering=1) as file:

        async def take_turn(turn: int, asked: str) -> None:
            asked_at = time.monotonic()
            status = await _ask(port, asked)
            seconds = time.monotonic() - asked_at
            print(json.dumps([turn, asked, asked_at, seconds, status]), file=file)

        turn, running = 0, set[asyncio.Task[None]]()
        while not stopped.is_set():
            print(json.dumps([turn, time.monotonic()]), file=file)
            for asked in (_HEALTH, path):
                task = loop.create_task(take_turn(turn, asked))
                running.add(task)
                task.add_done_callback(running.discard)
            turn += 1
            await asyncio.sleep(1 / TURNS_PER_SECOND)


if __name__ == "__main__":
    asyncio.run(_listen(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
