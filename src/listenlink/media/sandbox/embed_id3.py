"""A manifest in an MP3 or a FLAC: in a frame of the ID3v2 tag in front (C2PA 2.2, A.3.3, "ID3"). What else is
in the tag stays as it is, byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from listenlink.media.sandbox.embedded import Wrapped
from listenlink.model.recipe import Piece, Range, Recipe

_HEADER_BYTES = 10
_MEDIA_TYPES = (b"application/c2pa", b"application/x-c2pa-manifest-store")
# An object's encoding of text, media type, file name, description (section 4.15 of ID3v2.4).
_BEFORE = b"\0application/c2pa\0c2pa\0c2pa manifest store\0"
_MOST_TAG, _MOST_OLD_FRAME = 1 << 28, 1 << 24
_FLAG_BYTES = 2


def wrap_id3(file: BinaryIO, manifest: bytes) -> Wrapped | None:
    """The file with the manifest in place of any that it has; None if its tag says something of all that is
    in it, which would no longer hold (a checksum, bytes in between, a footer)."""
    size_bytes = file.seek(0, 2)
    file.seek(0)
    header = file.read(_HEADER_BYTES)
    version, end, kept = 4, 0, list[Piece]()
    if header.startswith(b"ID3"):
        version, length = header[3], _read_syncsafe(header[6:10])
        end = _HEADER_BYTES + length
        if version not in (2, 3, 4) or header[5] & 0xF0 or end > size_bytes:
            return None
        kept = _others(file, version, end)
    frame_header = _frame_header(version, len(_BEFORE) + len(manifest))
    frame = frame_header + _BEFORE + manifest
    content = Recipe([frame, *kept])
    if frame_header == b"" or content.size_bytes >= _MOST_TAG:
        return None
    head = b"ID3" + bytes([version, 0, 0]) + _write_syncsafe(content.size_bytes)
    recipe = Recipe([head, frame, *kept, Range(end, size_bytes - end)])
    return Wrapped(recipe, len(head) + len(frame) - len(manifest), len(manifest))


def _others(file: BinaryIO, version: int, end: int) -> list[Piece]:
    """All of a tag but a manifest in it."""
    pieces, start = list[Piece](), _HEADER_BYTES
    for offset, stop, content in _frames(file, version, end):
        media_type = content[1:].partition(b"\0")[0]
        if media_type in _MEDIA_TYPES:
            pieces.append(Range(start, offset - start))
            start = stop
    return [*pieces, Range(start, end - start)]


def _frames(file: BinaryIO, version: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Where each embedded object starts and ends, and the first bytes in it."""
    name_bytes = 3 if version == 2 else 4
    header_bytes = 6 if version == 2 else _HEADER_BYTES
    offset = _HEADER_BYTES
    while offset + header_bytes < end:
        file.seek(offset)
        header = file.read(header_bytes + 64)
        name, size = header[:name_bytes], header[name_bytes : 2 * name_bytes]
        if not name.isalnum():
            return
        length = _read_syncsafe(size) if version == 4 else int.from_bytes(size)
        stop = offset + header_bytes + length
        if stop > end:
            return
        if name in (b"GEOB", b"GEO"):
            yield offset, stop, header[header_bytes:]
        offset = stop


def _frame_header(version: int, length: int) -> bytes:
    """Empty if so much fits into no frame."""
    if version == 2:
        return b"GEO" + length.to_bytes(3) if length < _MOST_OLD_FRAME else b""
    if length >= _MOST_TAG:
        return b""
    size = _write_syncsafe(length) if version == 4 else struct.pack(">I", length)
    return b"GEOB" + size + bytes(_FLAG_BYTES)


def _read_syncsafe(size: bytes) -> int:
    return size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3]


def _write_syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
