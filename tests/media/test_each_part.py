"""What is made of a file is made each part for itself: whatever becomes of one, the others are there.

Covers are real ones, of every kind, and far too large ones, in files that need all the rest as well.
"""

from __future__ import annotations

import asyncio
import io
import os
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from listenlink.media import derive as derive_call
from listenlink.media.derive import Answer, derive
from listenlink.media.measure import Measured, Probe
from listenlink.media.sandbox.cover import make_covers
from listenlink.media.sandbox.derive_answer import PARTS
from listenlink.media.sandbox.picture import read_picture_header
from listenlink.media.turns import Turn, Turns
from live.load import FULL
from media.make_audio import make
from media.make_tags import add_chunk, chunk, id3_picture, id3_tag

RATE = 44_100
SAMPLES = RATE // 2
FRONT = 3


def made_of(path: Path) -> tuple[Answer, int]:
    """What is made of the file, and how many bytes the rendition has."""
    with path.open("rb") as file, tempfile.TemporaryFile() as target:
        turn = Turn(Turns(), 1, is_long=False)
        answer = asyncio.run(derive(file.fileno(), SAMPLES, RATE, target.fileno(), turn))
        return answer, os.fstat(target.fileno()).st_size


def check(path: Path, *, cover: int | None = None, without: str = "") -> None:
    """All is made but `without`, and a cover of so many pixels a side, or none."""
    answer, size_bytes = made_of(path)
    assert (answer.peaks is None) == (without == "sound")
    assert (answer.loudness_lufs is None) == (without in ("sound", "loudness"))
    assert answer.has_rendition == (without != "rendition")
    assert size_bytes or not answer.has_rendition
    if answer.peaks is not None:
        assert max(answer.peaks) > 0
    found = read_picture_header(answer.cover) if answer.cover else None
    assert (found.width if found else None) == cover


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make("aiff", tmp_path_factory.mktemp("sound") / "x", sample_count=SAMPLES).read_bytes()


def with_tag(sound: bytes, path: Path, *frames: bytes) -> Path:
    path.write_bytes(add_chunk(sound, chunk(b"ID3 ", id3_tag(*frames), ">"), ">"))
    return path


def encoded(mode: str, side: int, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture = Image.linear_gradient("L").resize((side, side))
    if mode == "I;16":
        picture = Image.new("I;16", (side, side), 40_000)
    elif mode == "P":
        picture = picture.convert("RGB").quantize(256)
    else:
        picture = picture.convert(mode)
    picture.save(out, kind, **options)
    return out.getvalue()


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: to be turned by a quarter.
    return exif


KINDS: dict[str, tuple[Callable[[], bytes], int | None]] = {
    "baseline": (lambda: encoded("RGB", 700, "JPEG"), 700),
    "progressive": (lambda: encoded("RGB", 700, "JPEG", progressive=True), 700),
    "cmyk": (lambda: encoded("CMYK", 700, "JPEG"), 700),
    "grey": (lambda: encoded("L", 700, "JPEG"), 700),
    "turned": (lambda: encoded("RGB", 700, "JPEG", exif=turned()), 700),
    "of 16 bits": (lambda: encoded("I;16", 700, "PNG"), 700),
    "palette": (lambda: encoded("P", 700, "PNG"), 700),
    "transparent": (lambda: encoded("LA", 700, "PNG"), 700),
    "webp": (lambda: encoded("RGB", 700, "WEBP"), 700),
    "lossless webp": (lambda: encoded("RGBA", 700, "WEBP", lossless=True), 700),
    "gif": (lambda: encoded("P", 700, "GIF"), None),
    "tiff": (lambda: encoded("RGB", 700, "TIFF"), None),
    "cut": (lambda: encoded("RGB", 700, "PNG")[:200], None),
    "4096 progressive": (lambda: encoded("RGB", 4096, "JPEG", progressive=True), 1024),
    "4096 cmyk": (lambda: encoded("CMYK", 4096, "JPEG"), 1024),
    "4096 of 16 bits": (lambda: encoded("I;16", 4096, "PNG"), 1024),
    "4096 transparent": (lambda: encoded("RGBA", 4096, "PNG"), 1024),
    "4096 webp": (lambda: encoded("RGBA", 4096, "WEBP"), 1024),
    "4097": (lambda: encoded("L", 4097, "JPEG"), None),
    "8000": (lambda: encoded("L", 8000, "PNG"), None),
    "no size": (lambda: png_of(0, 0), None),
    "bomb": (lambda: png_of(60_000, 60_000), None),
    "a bomb that says it's small": (lambda: png_of(4096, 4096, 200_000_000), 1024),
    "a giant": (lambda: b"\xff\xd8\xff\xe0" + bytes(100_000_000), None),
}


class CountedParts(tuple[str, ...]):
    """The parts; how often they were asked for: together, and again each alone."""

    times = 0

    def __new__(cls) -> CountedParts:
        return super().__new__(cls, PARTS)

    def __iter__(self) -> Iterator[str]:
        self.times += 1
        return super().__iter__()


def png_of(width: int, height: int, raw_bytes: int = 100_000) -> bytes:
    """A PNG whose header says this, with so many bytes of nothing, packed."""

    def part(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0)
    data = zlib.compress(b"\xff" * raw_bytes, 1)
    parts = part(b"IHDR", header) + part(b"IDAT", data) + part(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


SMALL = [name for name, (_, side) in KINDS.items() if side == 700 or name in ("gif", "tiff", "cut")]
# The dearest; the long form has all.
IN_CHILDREN = ["4096 transparent", "4096 of 16 bits", "a bomb that says it's small", "a giant"]


@pytest.mark.parametrize("kind", SMALL)
def test_covers_of_every_kind_are_made_or_not(kind: str) -> None:
    picture, side = KINDS[kind]
    made = make_covers(picture())
    found = read_picture_header(made.large) if made else None
    assert (found.width if found else None) == side


@pytest.mark.parametrize("kind", KINDS if FULL else IN_CHILDREN)
def test_a_cover_of_any_kind_costs_nothing_but_itself(
    kind: str, sound: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And all is made in one child: no part takes what the others need."""
    monkeypatch.setattr(derive_call, "PARTS", children := CountedParts())
    picture, side = KINDS[kind]
    path = with_tag(sound, tmp_path / "x", id3_picture(FRONT, picture()))
    with path.open("rb") as file:
        measured = asyncio.run(Probe().measure(file.fileno()))
    assert isinstance(measured, Measured)
    assert measured.sample_count == SAMPLES
    check(path, cover=side)
    assert children.times == 1


ROUND = """
import os
import listenlink.media.sandbox.cover
import listenlink.media.sandbox.derive_child as child
import listenlink.media.sandbox.lockdown as lockdown
import listenlink.media.sandbox.loudness as loudness
def broken(*_, **__):
    {how}
{what} = broken
child.main()
"""
HOWS = {
    "memory": "raise MemoryError",
    "other": "raise AttributeError('x')",
    "crash": "os.abort()",
}
BROKEN = {
    "child.make_covers": "cover",
    "child.read_pictures": "cover",
    "child.Rendition": "rendition",
    "child.Rendition.add": "rendition",
    "child.Rendition.close": "rendition",
    "child.LoudnessMeter.add": "sound",
    "loudness._make_graph": "loudness",
}
SIDE = 60


def breaking(what: str, how: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", ROUND.format(what=what, how=how))


WAYS = [(what, how) for what in BROKEN for how in HOWS]
FEW = [("child.make_covers", "memory"), ("child.Rendition.add", "crash"), ("child.Rendition.close", "other"),
       ("child.LoudnessMeter.add", "memory"), ("loudness._make_graph", "other")]  # fmt: skip


@pytest.mark.parametrize(("what", "how"), WAYS if FULL else FEW)
def test_each_part_may_fail_and_the_others_are_made(
    what: str, how: str, sound: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = BROKEN[what]
    if how == "crash" and without == "loudness":
        without = "sound"  # They are made in one go.
    monkeypatch.setattr(derive_call, "_COMMAND", breaking(what, HOWS[how]))
    path = with_tag(sound, tmp_path / "x", id3_picture(FRONT, encoded("L", SIDE, "JPEG")))
    check(path, cover=None if without == "cover" else SIDE, without=without)


def test_a_part_that_never_ends_costs_the_others_nothing(
    sound: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the real limit of CPU time, a second in place of twenty."""
    hang = "lockdown.resource.setrlimit(lockdown.resource.RLIMIT_CPU, (1, 9))\n    while True: pass"
    monkeypatch.setattr(derive_call, "_COMMAND", breaking("child.make_covers", hang))
    path = with_tag(sound, tmp_path / "x", id3_picture(FRONT, encoded("L", SIDE, "JPEG")))
    check(path)


@pytest.mark.parametrize(("what", "how"), [("read_tags", "memory"), ("promises_more", "other")])
def test_tags_that_cannot_be_read_cost_nothing_but_themselves(
    what: str, how: str, sound: bytes, tmp_path: Path
) -> None:
    code = f"""
import listenlink.media.sandbox.probe as probe
def broken(*_, **__):
    {HOWS[how]}
probe.{what} = broken
probe.main()
"""
    probe = Probe(command=(sys.executable, "-I", "-c", code))
    with with_tag(sound, tmp_path / "x").open("rb") as file:
        found = asyncio.run(probe.measure(file.fileno()))
    assert isinstance(found, Measured)
    assert (found.sample_count, found.is_shorter_than_declared) == (SAMPLES, False)
