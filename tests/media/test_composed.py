"""A composed file is read like one stored as a whole: in parts of any size, wherever its object is."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from hypothesis import given
from hypothesis import strategies as st

from listenlink.media.composed import ComposedAudio, sum_composed
from listenlink.media.sandbox.composed_file import ComposedFile
from listenlink.model.recipe import Piece, Range, Recipe, write_recipe
from media.test_archive import Held

OBJECT = bytes(range(200))
RANGES = st.builds(Range, st.integers(0, 100), st.integers(0, 100))
PIECES = st.lists(st.one_of(st.binary(max_size=30), RANGES), min_size=1, max_size=6)


def composed(pieces: list[Piece]) -> bytes:
    return b"".join(
        piece if isinstance(piece, bytes) else OBJECT[piece.start : sum(piece)] for piece in pieces
    )


@given(PIECES, st.integers(0, 300), st.integers(1, 300), st.integers(1, 30))
def test_a_part_is_what_stands_there_in_the_whole(
    pieces: list[Piece], start: int, length: int, most: int
) -> None:
    whole, held = composed(pieces), Held(OBJECT, most)
    audio = ComposedAudio(Recipe(pieces), held)
    following = max(0, len(whole) - start - length)
    assert asyncio.run(audio.read(length, start, following)) == whole[start : start + length]
    # Nothing is asked for that isn't in the composed file.
    ranges = [piece for piece in pieces if isinstance(piece, Range)]
    for asked, offset, after in held.asked:
        assert asked > 0
        assert offset + asked + after <= max(map(sum, ranges))


async def test_what_cannot_be_had_cuts() -> None:
    audio = ComposedAudio(Recipe([b"head", Range(0, 100), b"tail"]), Held(OBJECT[:50], 20))
    assert await audio.read(1000, 0) == b"head" + OBJECT[:50]
    assert await audio.read(10, 60) == b""
    assert await audio.read(10, 104) == b"tail"


@given(PIECES, st.lists(st.tuples(st.integers(0, 300), st.integers(-1, 120)), max_size=5))
def test_a_child_reads_it_as_a_file(pieces: list[Piece], reads: list[tuple[int, int]]) -> None:
    whole = composed(pieces)
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(OBJECT)
        opened = ComposedFile(Recipe(pieces), cast(BinaryIO, file))
        assert opened.read() == whole
        assert opened.seek(0, 2) == len(whole)
        for offset, length in reads:
            assert opened.seek(offset) == opened.tell() == offset
            read = opened.read(length)
            assert read == whole[offset:][: length if length >= 0 else None]
            assert opened.tell() == offset + len(read)


def test_it_is_summed_without_being_written(tmp_path: Path) -> None:
    data = os.urandom(2_500_000)
    (tmp_path / "object").write_bytes(data)
    recipe = Recipe([b"head", Range(0, 1_000_001), b"in place of ten", Range(1_000_011, 1_499_989)])
    whole = b"head" + data[:1_000_001] + b"in place of ten" + data[1_000_011:]
    descriptor = os.open(tmp_path / "object", os.O_RDONLY)
    found = sum_composed(descriptor, recipe)
    assert found is not None
    assert found.size_bytes == len(whole)
    assert (found.digest, found.crc32) == (hashlib.sha256(whole).digest(), zlib.crc32(whole))
    assert found.recipe == write_recipe(recipe)
    # What reaches beyond the object, or isn't all of it, isn't believed.
    assert sum_composed(descriptor, Recipe([Range(0, 2_500_001)])) is None
    assert sum_composed(descriptor, Recipe([b"something else"])) is None
    os.close(descriptor)
