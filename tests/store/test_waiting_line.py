"""Whoever waits in line behind one whom the database didn't answer is refused with them."""

from __future__ import annotations

import asyncio

import pytest

from listenlink.actions.waiting_line import WaitingLine
from listenlink.errors import Problem, ProblemKind
from listenlink.media.turns import Turns

BUSY, OTHER = Problem(ProblemKind.UNAVAILABLE), Problem(ProblemKind.NOT_FOUND)


async def stand(failures: list[Problem | None]) -> tuple[list[str], int]:
    """What becomes of those who come at once, each with what their own turn would end with; and how many
    had a turn."""
    turns, line, had = Turns(1, 0), WaitingLine(), []

    async def come(number: int, failure: Problem | None) -> str:
        try:
            async with line.take(turns.take(number)):
                had.append(number)
                await asyncio.sleep(0.01)
                if failure is not None:
                    raise failure
        except Problem as problem:
            return problem.kind.name
        return "served"

    told = await asyncio.gather(*(come(n, failure) for n, failure in enumerate(failures)))
    # Who comes later waits for the database, and not for what became of others.
    assert await come(99, None) == "served"
    return told, len(had) - 1


@pytest.mark.parametrize(
    ("failures", "told", "had"),
    [
        ([None] * 4, ["served"] * 4, 4),
        ([BUSY] * 4, ["UNAVAILABLE"] * 4, 1),
        ([None, BUSY, None, None], ["served"] + ["UNAVAILABLE"] * 3, 2),
        ([OTHER, None, OTHER, None], ["NOT_FOUND", "served"] * 2, 4),
    ],
)
def test_one_wait_is_enough(failures: list[Problem | None], told: list[str], had: int) -> None:
    assert asyncio.run(stand(failures)) == (told, had)
