"""Files are read and versions signed for by users' turns."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from listenlink.media.turns import Spending
from listenlink.model.mark import Ai, Mark
from listenlink.store import marks
from store.marked_place import MarkedPlace, registry_of
from store.test_marking import numbered
from store.test_marking import place as place
from store.test_marking import song as song

pytestmark = pytest.mark.usefixtures("forked_children")


def test_versions_of_somebody_who_has_had_much_are_signed_one_after_the_other(
    place: MarkedPlace, song: bytes
) -> None:
    """None waits for the next time that all versions are looked through."""
    numbers, registry = range(1, 5), registry_of(own_recording=Ai.NONE)
    for number in numbers:
        known = Mark(Ai.NONE, "own_recording")
        place.add(number, numbered(song, number), known, made_with="own_recording")
    assert place.mark_all(registry).signed == 0
    for number in numbers:
        place.database.write_now(partial(marks.declare_ai, track_id=number, ai=Ai.GENERATED))
    spending = Spending()
    spending.add(1, 1000)

    async def mark() -> None:
        running = asyncio.create_task(place.marker(registry, spending=spending).run())
        async with asyncio.timeout(40):
            while not all(place.manifest(number) for number in numbers):
                await asyncio.sleep(0.1)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(mark())
