"""When a stream is cut off: soon after the leave to hear it ends; and if all places are taken, for whom."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from listenlink.actions.play_track import Playing, TrackPlayer
from listenlink.clock import SECOND_US, Clock
from listenlink.errors import Problem, ProblemKind
from listenlink.media.signed_url import SharedPlayback
from listenlink.model.client_address import client_address, parse_address
from listenlink.model.share import Life
from listenlink.store.opening.playback import Playable
from listenlink.web.public.audio_streams import MOST_OF_A_CLIENT, AudioStreams
from listenlink.web.ranges import Part


def client(text: str) -> Any:
    address = parse_address(text)
    assert address is not None
    return client_address(address)


async def test_who_has_all_that_one_gets_costs_nobody_a_stream() -> None:
    player: Any = None  # Nothing is played here.
    streams = AudioStreams(MOST_OF_A_CLIENT, player, Clock())

    def refused(address: str) -> ProblemKind:
        with pytest.raises(Problem) as problem, streams.place(client(address)):
            pass
        return problem.value.kind

    with contextlib.ExitStack() as stack:
        greedy = client("203.0.113.1")
        held = [stack.enter_context(streams.place(greedy)) for _ in range(MOST_OF_A_CLIENT)]
        held[0].waits_since = asyncio.get_running_loop().time() - 10
        told: list[ProblemKind] = []

        async def stall() -> None:
            async with held[0].patiently():
                for address in ("203.0.113.1", "203.0.113.2"):
                    told.append(refused(address))
                    # Here it ends, if it was cut off for the one who was just refused.
                    await asyncio.sleep(0.05)

        with pytest.raises(TimeoutError):
            await stall()
        assert told == [ProblemKind.LIMITED, ProblemKind.UNAVAILABLE]


MEGABYTE = 1024 * 1024


class Sound:
    """A megabyte, however often it's asked for."""

    async def read(self, length: int, offset: int, following: int = 0) -> bytes:
        return bytes(min(length, MEGABYTE - offset))


class Ticking(Clock):
    """Its tick goes on by as much at each sent chunk."""

    tick = 0

    def tick_us(self) -> int:
        return self.tick


class Leave:
    """Leave to listen, until it's withdrawn; `asked` is how often it was asked for."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_given = True
        self.fault: Problem | None = None

    async def may_go_on(self, playing: Any, now_us: int) -> bool:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        return self.is_given


async def bytes_sent(
    leave: Leave, chunk_takes_us: int, withdraw_after: int, withdraw: Callable[[], None]
) -> int:
    """How much a listener gets whose leave is withdrawn after so many bytes."""
    clock = Ticking()
    streams = AudioStreams(1, cast(Any, leave), clock)
    taken = 0

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        nonlocal taken
        taken += len(message["body"])
        clock.tick += chunk_takes_us
        if taken >= withdraw_after:
            withdraw()

    with streams.place(client("203.0.113.1")) as stream:
        whole = Part(200, 0, MEGABYTE)
        await streams.send(stream, Sound(), cast(Any, None), whole, receive, send)
    return taken


@pytest.mark.parametrize("way", ["withdrawn", "can't be asked"])
@pytest.mark.parametrize("chunk_takes_us", [0, 600_000], ids=["fast", "slow"])
async def test_a_stream_ends_soon_after_the_leave_to_hear_it(way: str, chunk_takes_us: int) -> None:
    """Within 32 KiB and a chunk; and one that is slow within half a second and a chunk."""
    leave = Leave()

    def withdraw() -> None:
        leave.is_given = way != "withdrawn"
        leave.fault = None if way == "withdrawn" else Problem(ProblemKind.UNAVAILABLE)

    got = await bytes_sent(leave, chunk_takes_us, 100_000, withdraw)
    most = 16 * 1024 if chunk_takes_us else 48 * 1024
    assert 100_000 <= got <= 100_000 + most


async def test_a_stream_with_leave_is_whole() -> None:
    leave = Leave()
    assert await bytes_sent(leave, 0, MEGABYTE, lambda: None) == MEGABYTE
    assert leave.asked >= MEGABYTE // (48 * 1024)


async def test_leave_lasts_until_the_sessions_end_and_its_link() -> None:
    life = Life(0, None, None, None, None)
    found = Playable(b"d" * 32, MEGABYTE, "audio/wav", life)
    reader = cast(Any, SimpleNamespace(find_shared=lambda *_: asyncio.sleep(0, found)))
    player = TrackPlayer(cast(Any, None), reader)
    playing = Playing(SharedPlayback(1, 0, 1, expires_at=10, ends_at=20, track_id=1), found)
    assert await player.may_go_on(playing, 20 * SECOND_US - 1)
    assert not await player.may_go_on(playing, 20 * SECOND_US)
    for closed in (
        *(replace(found, life=replace(life, **end))
          for end in ({"revoked_at": 1}, {"expires_at": 1}, {"rotation": 1}, {"suspended_at": 1})),
        None,
    ):  # fmt: skip
        reader.find_shared = lambda *_, closed=closed: asyncio.sleep(0, closed)
        assert not await player.may_go_on(playing, 15 * SECOND_US)
