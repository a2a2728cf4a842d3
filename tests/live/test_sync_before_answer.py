"""Power may go at any moment: an open is on the disk before the first byte of its answer is sent.

Traced for each answer: a sync of the database's log that began after the request was read, and returned
before the answer was written. 100 answers in the ordinary suite, 1,000 with `LISTENLINK_TEST_FULL=1`.
"""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_right
from pathlib import Path

import pytest

from engines import of_sqlite
from live.load import SHARED, Request, connected, get, make_links, press, serving
from live.traced import Call, needs_strace, read_calls, tracing
from trust.figures import FULL, figure

pytestmark = [of_sqlite, needs_strace]

ANSWERS = 500 if FULL else 50
_CALLS = "trace=fdatasync,fsync,read,recvfrom,recvmsg,readv,write,writev,sendto,sendmsg"
_READS = {"read", "recvfrom", "recvmsg", "readv"}
_SYNCS = {"fdatasync", "fsync"}
_SOCKET = re.compile(r"^\((\d+<[^>]*socket:\[\d+\]>|\d+<TCP[^>]*>)")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("at_once", [1, 8])
def test_an_open_is_synced_before_its_answer_is_sent(tmp_path: Path, at_once: int) -> None:
    with serving(tmp_path) as server:
        (link,) = make_links(server, tmp_path, {"max_opens": 10**6})
        server.wait_until_derived()
        request = get(SHARED + str(link["token"]), "203.0.113.1")
        told = tmp_path / "calls"
        with tracing(server, told, "-e", _CALLS):
            statuses = asyncio.run(open_often(server.port, request, at_once))
        opened = server.query("SELECT count(*) FROM audit WHERE outcome = 1")
    assert statuses == [200] * ANSWERS
    assert opened == [(ANSWERS,)]
    calls = read_calls(told)
    answers = find_answers(calls)
    syncs = [call for call in calls if call.name in _SYNCS and "-wal>" in call.arguments]
    late = [answer for answer in answers if not was_synced(answer, syncs)]
    print(f"{at_once} at once: {len(answers)} answers, {len(syncs)} syncs, {len(late)} too late")
    figure("answers that were traced", len(answers))
    figure("answers sent before their sync", len(late), of=len(answers))
    assert len(answers) == ANSWERS
    assert late == []


async def open_often(port: int, request: Request, at_once: int) -> list[int]:
    left, statuses = iter(range(ANSWERS)), list[int]()
    async with connected(port, at_once) as connections:
        await press(
            connections,
            lambda: request if next(left, None) is not None else None,
            lambda reply: statuses.append(reply.status),
        )
    return statuses


def find_answers(calls: list[Call]) -> list[tuple[float, float]]:
    """For each answer when its request had been read, and when it began to be written."""
    asked: dict[str, float] = {}
    answers = []
    for call in calls:
        found = _SOCKET.match(call.arguments)
        if found is None or call.returned <= 0:
            continue
        if call.name in _READS and "GET /v1/music/shared/" in call.arguments:
            asked[found.group(1)] = call.ended_at
        elif "HTTP/1.1 200" in call.arguments and found.group(1) in asked:
            answers.append((asked.pop(found.group(1)), call.began_at))
    return answers


def was_synced(answer: tuple[float, float], syncs: list[Call]) -> bool:
    """Whether one that began after the request was read had returned before the answer was written."""
    asked_at, answered_at = answer
    until = bisect_right(syncs, answered_at, key=lambda call: call.ended_at)
    return any(call.began_at >= asked_at and call.returned == 0 for call in reversed(syncs[:until]))


def test_a_sync_that_comes_late_or_fails_is_noticed() -> None:
    def sync(began_at: float, ended_at: float, returned: int = 0) -> Call:
        return Call("fdatasync", "(4</x/listenlink.db-wal>", began_at, ended_at, returned)

    assert was_synced((1.0, 2.0), [sync(1.1, 1.9)])
    assert not was_synced((1.0, 2.0), [sync(0.9, 1.9)])
    assert not was_synced((1.0, 2.0), [sync(1.1, 2.1)])
    assert not was_synced((1.0, 2.0), [sync(1.1, 1.9, -1)])
