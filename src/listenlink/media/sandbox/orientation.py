"""Which way up a picture is meant to be shown, by what a camera wrote into it (Exif 3.0, 4.6.5, tag 0x0112).

Nothing else of Exif is read: place and time stay in the file that is thrown away.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

UPRIGHT = 1
_TAG, _SHORT = 0x0112, 3
_EXIF = b"Exif\0\0"
_MOST_ENTRIES = 256
_MOST_PARTS = 1024


def read_orientation(data: bytes) -> int:
    """1 to 8, as in the standard; 1, upright, if nothing is said."""
    for exif in _find_exif(data):
        found = _read_tag(exif.removeprefix(_EXIF))
        if found is not None:
            return found
    return UPRIGHT


def turn(pixels: Any, orientation: int) -> Any:
    """Turn an array of (height, width, …) upright."""
    if orientation >= 5:  # Its rows are columns.
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels[::-1] if orientation in (3, 4, 7, 8) else pixels


def _find_exif(data: bytes) -> Iterator[bytes]:
    if data.startswith(b"\xff\xd8"):
        yield from _of_jpeg(data)
    elif data.startswith(b"\x89PNG"):
        yield from _of_chunks(data, 8, ">", b"eXIf")
    elif data[:4] == b"RIFF":
        yield from _of_chunks(data, 12, "<", b"EXIF")


def _of_jpeg(data: bytes) -> Iterator[bytes]:
    place = 2
    for _ in range(_MOST_PARTS):
        if place + 4 > len(data) or data[place] != 0xFF or data[place + 1] == 0xDA:
            return
        size = int.from_bytes(data[place + 2 : place + 4])
        if data[place + 1] == 0xE1 and data[place + 4 : place + 10] == _EXIF:
            yield data[place + 4 : place + 2 + size]
        place += 2 + size


def _of_chunks(data: bytes, place: int, order: str, wanted: bytes) -> Iterator[bytes]:
    """Of PNG (length, name, content, sum) or of RIFF (name, length, content, made even)."""
    for _ in range(_MOST_PARTS):
        if place + 8 > len(data):
            return
        if order == ">":
            size, name = struct.unpack_from(">I4s", data, place)
            following = place + 12 + size
        else:
            name, size = struct.unpack_from("<4sI", data, place)
            following = place + 8 + size + size % 2
        if name == wanted:
            yield data[place + 8 : place + 8 + size]
        place = following


def _read_tag(tiff: bytes) -> int | None:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 10:
        return None
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        for number in range(min(count, _MOST_ENTRIES)):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, start + 2 + 12 * number)
            if (tag, kind) == (_TAG, _SHORT):
                return int(value) if 1 <= value <= 8 else None
    except struct.error:  # It ends before what it promises.
        pass
    return None
