"""A manifest in an MP4: a box of its own behind the first one (C2PA 2.2, A.5, "Embedding manifests into
BMFF-based assets"), and the places of what has moved by it written anew."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from listenlink.media.sandbox.embedded import Wrapped
from listenlink.model.recipe import Piece, Range, Recipe

USER_TYPE = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_BEFORE = USER_TYPE + bytes(4) + b"manifest\0" + bytes(8)
_PATH = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
# What names places in the file otherwise: fragments, their indices, items; in the box that says where what
# is, items and auxiliary information.
_UNKNOWN = {b"moof", b"mfra", b"sidx", b"ssix", b"meta"}
_UNKNOWN_INSIDE = (b"iloc", b"saio")
_MOST_MOOV_BYTES = 32 * 1024 * 1024
_MOST_BOXES = 20_000
_MOST_TABLE_BYTES = 256 * 1024
_HEADER_BYTES = 8


class Box(NamedTuple):
    """A box in a file: its kind, and from where to where it and its content reach."""

    kind: bytes
    start: int
    content: int
    end: int


class _UnfitError(Exception):
    """A manifest can't be put in."""


def wrap_mp4(file: BinaryIO, manifest: bytes) -> Wrapped | None:
    """The file with the manifest in place of any that it has; None if something in it names places in the
    file in a way that isn't known here."""
    try:
        return _wrap(file, manifest)
    except (_UnfitError, struct.error, OverflowError):
        return None


def list_boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """The boxes in a part of a file, which they fill. Raises ValueError if they don't."""
    for _ in range(_MOST_BOXES):
        if start == end:
            return
        file.seek(start)
        header = file.read(_HEADER_BYTES * 2)
        if len(header) < _HEADER_BYTES:
            break
        length, kind = struct.unpack_from(">I4s", header)
        content = start + _HEADER_BYTES
        if length == 1 and len(header) == _HEADER_BYTES * 2:
            length = struct.unpack_from(">Q", header, _HEADER_BYTES)[0]
            content += _HEADER_BYTES
        stop = start + length if length else end
        if not content <= stop <= end:
            break
        yield Box(kind, start, content, stop)
        start = stop
    raise ValueError("boxes")


def is_manifest(file: BinaryIO, box: Box) -> bool:
    """Whether a box has a manifest in it, or belongs to one."""
    file.seek(box.content)
    return box.kind == b"uuid" and file.read(len(USER_TYPE)) == USER_TYPE


def _boxes(file: BinaryIO, start: int, end: int) -> list[Box]:
    try:
        return list(list_boxes(file, start, end))
    except ValueError:
        raise _UnfitError from None


def _wrap(file: BinaryIO, manifest: bytes) -> Wrapped:
    size_bytes = file.seek(0, 2)
    top = _boxes(file, 0, size_bytes)
    if not top or top[0].kind != b"ftyp" or any(box.kind in _UNKNOWN for box in top):
        raise _UnfitError
    place = top[0].end
    own = struct.pack(">I4s", len(_BEFORE) + _HEADER_BYTES + len(manifest), b"uuid")
    own += _BEFORE + manifest
    dropped = [box for box in top if is_manifest(file, box)]

    def moved(offset: int) -> int:
        gone = sum(box.end - box.start for box in dropped if box.end <= offset)
        return offset + (len(own) if offset >= place else 0) - gone

    pieces: list[Piece] = [Range(0, place), own]
    for box in top[1:]:
        if box.kind == b"moov":
            pieces += _rewrite(file, box, moved)
        elif box not in dropped:
            pieces.append(Range(box.start, box.end - box.start))
    return Wrapped(Recipe(pieces), place, len(own))


def _rewrite(file: BinaryIO, moov: Box, moved: Callable[[int], int]) -> Iterator[Piece]:
    """The box that says where what is, with the places of chunks as they're now."""
    file.seek(moov.start)
    whole = file.read(min(moov.end - moov.start, _MOST_MOOV_BYTES + 1))
    if len(whole) > _MOST_MOOV_BYTES or any(kind in whole for kind in _UNKNOWN_INSIDE):
        raise _UnfitError
    offset = moov.start
    for table in sorted(_tables(file, moov, _PATH)):
        file.seek(table.content)
        content = file.read(min(table.end - table.content, _MOST_TABLE_BYTES + 1))
        if len(content) > _MOST_TABLE_BYTES:
            raise _UnfitError
        count = struct.unpack_from(">I", content, 4)[0]
        code = "I" if table.kind == b"stco" else "Q"
        places = struct.unpack_from(f">{count}{code}", content, _HEADER_BYTES)
        first = table.content + _HEADER_BYTES
        yield Range(offset, first - offset)
        written = struct.pack(f">{count}{code}", *map(moved, places))
        yield written
        offset = first + len(written)
    yield Range(offset, moov.end - offset)


class _Table(NamedTuple):
    content: int
    end: int
    kind: bytes


def _tables(file: BinaryIO, box: Box, path: tuple[bytes, ...]) -> Iterator[_Table]:
    """The tables of places below a box, which is the first of the path."""
    for inner in _boxes(file, box.content, box.end):
        if len(path) == 1 and inner.kind in (b"stco", b"co64"):
            yield _Table(inner.content, inner.end, inner.kind)
        elif len(path) > 1 and inner.kind == path[1]:
            yield from _tables(file, inner, path[1:])
