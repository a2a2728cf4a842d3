"""Previews are drawn by turns of links' owners: one whose pictures are all asked for holds nobody up."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from listenlink.actions import draw_preview
from listenlink.actions.draw_preview import PreviewDrawer
from listenlink.errors import Problem, ProblemKind
from listenlink.media.preview import Drawing
from listenlink.model.page import Preview

ANNA, BERT = 1, 2
OF_ONE = 16


def preview(creator: int, number: int) -> Preview:
    return Preview("mtrack_000000000000", f"{creator} {number}", None, None, None, creator)


async def test_owners_go_round_and_one_has_so_many_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[int] = []
    gate = asyncio.Semaphore(0)

    async def draw(asked: Drawing) -> bytes:
        order.append(int(asked.title[0]))
        await gate.acquire()
        return b"picture"

    monkeypatch.setattr(draw_preview, "draw_preview", draw)
    folder: Any = None  # None of these has a cover to be read.
    drawer = PreviewDrawer(folder, tmp_path)

    async def ask(creator: int, numbers: range) -> list[asyncio.Task[Any]]:
        asked = [asyncio.create_task(drawer.draw(preview(creator, n))) for n in numbers]
        while any(not task.done() for task in asked) and drawer.waiting < waits:
            await asyncio.sleep(0.01)
        return asked

    waits = OF_ONE
    many = await ask(ANNA, range(OF_ONE + 4))
    await asyncio.sleep(0.1)
    waits += 2
    few = await ask(BERT, range(2))
    for _ in range(OF_ONE + 3):
        gate.release()
    told = await asyncio.gather(*many, *few, return_exceptions=True)
    refused = [each for each in told if isinstance(each, Problem)]
    assert [problem.kind for problem in refused] == [ProblemKind.UNAVAILABLE] * 3
    assert len(order) == OF_ONE + 3
    assert order[:5] == [ANNA, BERT, ANNA, BERT, ANNA]


async def test_the_same_link_s_other_look_has_the_same_name(tmp_path: Path) -> None:
    """Whose it is can't be seen in a picture."""
    assert preview(ANNA, 1).digest != preview(BERT, 1).digest, "their titles differ"
    same = [Preview("m", "t", "a", None, b"1", creator).digest for creator in (ANNA, BERT)]
    assert same[0] == same[1]
