"""Audio and pictures changed by chance, each read by a child of its own: it ends soon, with an answer.

Some dozens in the ordinary suite; with `LISTENLINK_TEST_FULL=1` 5,000 audio files and 600 pictures.
"""

# ruff: noqa: S311

from __future__ import annotations

import asyncio
import random
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import pytest

from listenlink.media import covers
from listenlink.media.covers import CoverMaker
from listenlink.media.measure import REASONS, Probe, Refused
from listenlink.media.turns import Turns
from media.make_audio import make
from media.make_pictures import marked, moving, plain
from media.sandboxed import children
from trust.figures import FULL, figure

pytestmark = pytest.mark.usefixtures("others")

PARTS = 8
AUDIO_FILES, PICTURES = (5000 // PARTS, 600) if FULL else (4, 12)
AT_ONCE = 2
WITHIN_SECONDS = 20.0
KINDS = ["wav16", "flac", "mp3_xing", "mp3_vbr", "m4a_aac", "m4a_alac", "ogg_vorbis", "aiff"]
# What lies about a length: nothing, all there can be, almost all, and a negative one.
_LENGTHS = (
    bytes(4),
    b"\xff" * 4,
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\x80\0\0\0",
    b"\0\0\0\1",
)


def mutate(content: bytes, chance: random.Random) -> bytes:
    """Bytes changed near the beginning, the end, or anywhere; lengths that lie; parts gone or doubled."""
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 5, 30])):
        size = len(changed)
        place = chance.choice(
            [
                chance.randrange(min(size, 2000)),
                size - 1 - chance.randrange(min(size, 2000)),
                chance.randrange(size),
            ]
        )
        how = chance.randrange(8)
        if how < 4:
            changed[place] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        elif how < 6:
            changed[place : place + 4] = chance.choice(_LENGTHS)
        elif how == 6:
            del changed[place : place + chance.choice([1, 4, 100, 5000])]
        else:
            changed[place:place] = changed[place : place + chance.choice([4, 100])]
        if len(changed) < 8:
            return bytes(changed) + bytes(8)
    return bytes(changed)


async def read_all(
    contents: Sequence[bytes], read: Callable[[int], Awaitable[str]]
) -> tuple[Counter[str], float]:
    """What became of each, two at once, and how long the slowest took."""
    told: Counter[str] = Counter()
    slowest = 0.0
    waiting = iter(contents)

    async def work() -> None:
        nonlocal slowest
        for content in waiting:
            with tempfile.TemporaryFile() as file:
                file.write(content)
                file.flush()
                began_at = time.monotonic()
                told[await read(file.fileno())] += 1
                slowest = max(slowest, time.monotonic() - began_at)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return told, slowest


def tell(what: str, told: Counter[str], slowest: float, known: set[str]) -> None:
    """The figures of a run, and what they have to be."""
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{told.total()} {what}, the slowest {slowest:.1f} s, the largest {largest:.0f} MB: {dict(told)}"
    )
    figure(what, told.total())
    figure("slowest, seconds", round(slowest, 1), joined="most")
    figure("largest child, MB", round(largest), joined="most")
    figure("without an answer", sum(count for word, count in told.items() if word not in known))
    assert set(told) <= known
    assert slowest < WITHIN_SECONDS
    assert not children()


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("seeds")
    return [make(kind, folder / kind, sample_count=22_050).read_bytes() for kind in KINDS]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(PARTS if FULL else 1))
def test_audio(seeds: list[bytes], part: int) -> None:
    contents = [
        mutate(random.choice(seeds), random.Random(random.random())) for _ in range(AUDIO_FILES)
    ]
    probe = Probe(Turns(AT_ONCE, 0))

    async def read(descriptor: int) -> str:
        found = await probe.measure(descriptor)
        return found.reason if isinstance(found, Refused) else "measured"

    told, slowest = asyncio.run(read_all(contents, read))
    tell("mutated audio files", told, slowest, {*REASONS, "measured"})


@pytest.mark.timeout(900)
def test_pictures() -> None:
    seeds = [plain(kind=kind, width=300, height=200) for kind in ("JPEG", "PNG", "WEBP")]
    seeds += [marked(6), moving()]
    contents = [
        mutate(random.choice(seeds), random.Random(random.random())) for _ in range(PICTURES)
    ]
    maker = CoverMaker(Turns(AT_ONCE, 2))

    async def read(descriptor: int) -> str:
        return (await maker.make(descriptor, 1)).reason or "made"

    told, slowest = asyncio.run(read_all(contents, read))
    tell("mutated pictures", told, slowest, {*covers.REASONS, "made"})
