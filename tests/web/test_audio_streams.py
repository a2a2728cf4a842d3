"""Whose stream is cut off when all places are taken, and for whom."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from listenlink.clock import Clock
from listenlink.errors import Problem, ProblemKind
from listenlink.model.client_address import client_address, parse_address
from listenlink.web.public.audio_streams import MOST_OF_A_CLIENT, AudioStreams


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
