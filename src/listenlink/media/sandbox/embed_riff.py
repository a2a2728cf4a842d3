"""A manifest in a WAV: a chunk of its own behind all others (C2PA 2.2, A.3.4, "Embedding manifests into
RIFF")."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from listenlink.media.sandbox.embedded import Wrapped
from listenlink.model.recipe import Piece, Range, Recipe

_HEADER = struct.Struct("<4sI")
_FORM_BYTES = 12
_NAME = b"C2PA"
_MOST = 0xFFFFFFFF
_MOST_CHUNKS = 10_000


def wrap_riff(file: BinaryIO, manifest: bytes) -> Wrapped | None:
    """The file with the manifest in place of any that it has; None for one that isn't what it says, and for
    RIFX and RF64, of which no reader of manifests knows."""
    size_bytes = file.seek(0, 2)
    file.seek(0)
    form = file.read(_FORM_BYTES)
    if len(form) < _FORM_BYTES or form[:4] != b"RIFF" or form[8:] != b"WAVE":
        return None
    end = 8 + int(_HEADER.unpack_from(form)[1])
    if end > size_bytes:
        return None
    pieces: list[Piece] = []
    for name, start, stop in _chunks(file, end):
        if stop > end + 1:
            return None
        if name != _NAME:
            pieces.append(Range(start, min(stop, end) - start))
            if stop > end:
                pieces.append(b"\0")  # The byte that makes it even was forgotten.
    body = Recipe(pieces)
    start = _FORM_BYTES + body.size_bytes
    chunk = _HEADER.pack(_NAME, len(manifest)) + manifest + bytes(len(manifest) % 2)
    new_size = start + len(chunk) - 8
    if not pieces or new_size > _MOST:
        return None
    head = _HEADER.pack(b"RIFF", new_size) + b"WAVE"
    recipe = Recipe([head, *pieces, chunk, Range(end, size_bytes - end)])
    # The byte that makes it even belongs to no chunk, and so is signed.
    return Wrapped(recipe, start, _HEADER.size + len(manifest))


def _chunks(file: BinaryIO, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk's name, where it starts and where the next one does; one that ends nowhere ends them."""
    offset = _FORM_BYTES
    for _ in range(_MOST_CHUNKS):
        if offset >= end:
            return
        file.seek(offset)
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            break
        name, length = _HEADER.unpack(header)
        stop = offset + _HEADER.size + length + length % 2
        yield name, offset, stop
        offset = stop
    else:
        yield b"", offset, end + 2
    if offset < end:
        yield b"", offset, end + 2
