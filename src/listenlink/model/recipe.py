"""How a file is composed of a stored object and of bytes beside it, so that it needn't be stored itself.

A recipe names, in order, what the composed file is made of: literal bytes, and ranges of the object.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

# What is kept of a file at most: a manifest has some kilobytes, a table of chunks some dozens.
MOST_BYTES = 256 * 1024


class Range(NamedTuple):
    """So many bytes of the object, from an offset on."""

    start: int
    length: int


Piece = bytes | Range


class Stretch(NamedTuple):
    """What stands at an offset of a composed file: so many bytes, `length`, from `start` on, of `text`; or,
    if that is None, of the object."""

    text: bytes | None
    start: int
    length: int


class Recipe:
    """A composed file of `size_bytes`. Empty pieces are left out and neighbours joined, so that the same file
    is written in one way."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.pieces = tuple(_join(pieces))
        self._starts: list[int] = []
        offset = 0
        for piece in self.pieces:
            self._starts.append(offset)
            offset += _length(piece)
        self.size_bytes = offset

    def stretch(self, offset: int) -> Stretch:
        """What stands at this offset, which is below `size_bytes`, and until where."""
        number = bisect_right(self._starts, offset) - 1
        piece, inside = self.pieces[number], offset - self._starts[number]
        left = _length(piece) - inside
        if isinstance(piece, bytes):
            return Stretch(piece, inside, left)
        return Stretch(None, piece.start + inside, left)

    def is_of(self, object_bytes: int) -> bool:
        """Whether it's an object of this size, all of it and in order, but for little that was put in, left
        out or replaced."""
        end = kept = 0
        for piece in self.pieces:
            if isinstance(piece, Range):
                if piece.start < end or piece.length <= 0:
                    return False
                end, kept = piece.start + piece.length, kept + piece.length
        changed = self.size_bytes - kept
        return end <= object_bytes and max(changed, object_bytes - kept) <= MOST_BYTES


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file with its manifest in it, as it's composed by a recipe (`write_recipe`); `digest` is the SHA-256
    of its bytes."""

    recipe: bytes
    size_bytes: int
    digest: bytes
    crc32: int


def write_recipe(recipe: Recipe) -> bytes:
    """As it's stored."""
    return msgspec.msgpack.encode(recipe.pieces)


def read_recipe(stored: bytes) -> Recipe:
    """What was stored. Raises ValueError for what no recipe is written as."""
    return Recipe(msgspec.msgpack.decode(stored, type=list[bytes | Range]))


def _length(piece: Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece.length


def _join(pieces: Iterable[Piece]) -> Iterator[Piece]:
    last: Piece | None = None
    for piece in pieces:
        if not _length(piece):
            continue
        joined = None if last is None else _joined(last, piece)
        if joined is None and last is not None:
            yield last
        last = joined or piece
    if last is not None:
        yield last


def _joined(one: Piece, other: Piece) -> Piece | None:
    """Two pieces as one, if they are."""
    if isinstance(one, bytes) and isinstance(other, bytes):
        return one + other
    if isinstance(one, Range) and isinstance(other, Range) and sum(one) == other.start:
        return Range(one.start, one.length + other.length)
    return None
