"""The items of an APEv2 tag at the end of a file, which libav doesn't read in MP3s.

(Monkey's Audio, "APEv2": a footer of 32 bytes; items of size, flags, name, NUL and value.) ID3v1 and
Lyrics3 may follow it.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

_FOOTER_BYTES = 32
_ID3V1_BYTES = 128
_LYRICS_END = b"LYRICS200"
_MAX_TAG_BYTES = 16 * 1024 * 1024
_MAX_ITEMS = 1024


def read_ape_items(file: BinaryIO) -> dict[str, bytes]:
    """The values by lowercase names; empty if there is no such tag. Moves the file's position."""
    end = _end_of_tag(file)
    footer = _read(file, end - _FOOTER_BYTES, _FOOTER_BYTES)
    if footer[:8] != b"APETAGEX":
        return {}
    size_bytes, count = struct.unpack("<II", footer[12:20])
    if not _FOOTER_BYTES <= size_bytes <= min(end, _MAX_TAG_BYTES):
        return {}
    content = _read(file, end - size_bytes, size_bytes - _FOOTER_BYTES)
    items: dict[str, bytes] = {}
    place = 0
    for _ in range(min(count, _MAX_ITEMS)):
        name_end = content.find(b"\0", place + 8, place + 8 + 256)
        if name_end < 0:
            break
        value_bytes = int.from_bytes(content[place : place + 4], "little")
        name = content[place + 8 : name_end].decode("latin-1").lower()
        place = name_end + 1 + value_bytes
        items.setdefault(name, content[name_end + 1 : place])
    return items


def read_ape_pictures(file: BinaryIO) -> list[bytes]:
    """The pictures, still encoded, the front cover first. Each stands behind a file's name and NUL."""
    items = read_ape_items(file)
    names = sorted(name for name in items if name.startswith("cover art"))
    names.sort(key=lambda name: name != "cover art (front)")
    return [items[name].partition(b"\0")[2] for name in names]


def _end_of_tag(file: BinaryIO) -> int:
    end = file.seek(0, 2)
    if _read(file, end - _ID3V1_BYTES, 3) == b"TAG":
        end -= _ID3V1_BYTES
    lyrics_end = _read(file, end - 15, 15)
    if lyrics_end[6:] == _LYRICS_END and lyrics_end[:6].isdigit():
        end -= int(lyrics_end[:6]) + 15
    return end


def _read(file: BinaryIO, place: int, size_bytes: int) -> bytes:
    if place < 0:
        return b""
    file.seek(place)
    return file.read(size_bytes)
