"""A composed file is, at each place, what its recipe says: an object with little put into it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.model.recipe import (
    MOST_BYTES,
    Piece,
    Range,
    Recipe,
    read_recipe,
    write_recipe,
)

RANGES = st.builds(Range, st.integers(0, 50), st.integers(0, 20))
PIECES = st.lists(st.one_of(st.binary(max_size=12), RANGES), max_size=8)
OBJECT = bytes(range(100))


def composed(pieces: list[Piece]) -> bytes:
    """What it is, in full."""
    return b"".join(
        piece if isinstance(piece, bytes) else OBJECT[piece.start : sum(piece)] for piece in pieces
    )


@given(PIECES)
def test_each_place_is_what_stands_there_in_the_whole(pieces: list[Piece]) -> None:
    recipe, whole = Recipe(pieces), composed(pieces)
    assert recipe.size_bytes == len(whole)
    for offset in range(len(whole)):
        text, start, length = recipe.stretch(offset)
        found = (OBJECT if text is None else text)[start : start + length]
        assert len(found) == length > 0
        assert found == whole[offset : offset + length]


@given(PIECES)
def test_it_is_written_in_one_way_and_read_as_it_was(pieces: list[Piece]) -> None:
    written = write_recipe(Recipe(pieces))
    again = read_recipe(written)
    assert composed(list(again.pieces)) == composed(pieces)
    assert write_recipe(again) == written
    for one, other in zip(again.pieces, again.pieces[1:], strict=False):
        # What could be one piece is.
        assert not (isinstance(one, bytes) and isinstance(other, bytes))
        assert not (isinstance(one, Range) and isinstance(other, Range) and sum(one) == other.start)
    assert all(len(piece) if isinstance(piece, bytes) else piece.length for piece in again.pieces)


@pytest.mark.parametrize(
    "stored", [b"", b"\xc0", b"\x91\x01", b"\x91\x93\0\0\0", b"\x91\x92\xff\xc0", b"\x91"]
)
def test_what_is_no_recipe_is_refused(stored: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        read_recipe(stored)


@pytest.mark.parametrize(
    "pieces",
    [
        [Range(0, 100)],
        [b"in front", Range(0, 100)],
        [Range(0, 40), b"in between", Range(40, 60)],
        [Range(0, 40), b"in place of ten", Range(50, 50)],
        [Range(0, 90)],
        [b"x" * MOST_BYTES, Range(0, 100)],
    ],
)
def test_an_object_with_little_put_into_it_is_one(pieces: list[Piece]) -> None:
    assert Recipe(pieces).is_of(100)


@pytest.mark.parametrize(
    ("pieces", "size_bytes"),
    [
        ([Range(50, 50), Range(0, 50)], 100),
        ([Range(0, 100), Range(0, 100)], 100),
        ([Range(0, 60), b"x", Range(50, 50)], 100),
        ([Range(0, 101)], 100),
        ([Range(0, -1), Range(0, 100)], 100),
        ([Range(-5, 5), Range(0, 100)], 100),
        ([Range(0, 100)], 100 + MOST_BYTES + 1),
        ([b"x" * (MOST_BYTES + 1), Range(0, 100)], 100),
    ],
)
def test_anything_else_is_not(pieces: list[Piece], size_bytes: int) -> None:
    assert not Recipe(pieces).is_of(size_bytes)
