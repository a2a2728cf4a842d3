"""Whether a Matroska or WebM file is all there: its segment says how many bytes it has, if it was known."""

from __future__ import annotations

from typing import BinaryIO

from listenlink.media.sandbox.mp4_length import CutError

_SEGMENT = b"\x18\x53\x80\x67"
_LONGEST_SIZE = 8


def check_matroska(file: BinaryIO) -> None:
    """Raise CutError if the segment ends behind the file's end (RFC 8794 section 6, RFC 9559 section 4.4).

    One that was written as a stream doesn't say. Moves the file's position.
    """
    file_bytes = file.seek(0, 2)
    _, header_end = _read_size(file, 4)
    if header_end is None:
        return
    file.seek(header_end)
    if file.read(4) != _SEGMENT:
        return
    _, segment_end = _read_size(file, header_end + 4)
    if segment_end is not None and segment_end > file_bytes:
        raise CutError


def _read_size(file: BinaryIO, place: int) -> tuple[int, int | None]:
    """(start, end) of the content whose size stands at `place`; the end is None where it's unknown."""
    file.seek(place)
    field = file.read(_LONGEST_SIZE)
    length = _LONGEST_SIZE + 1 - field[0].bit_length() if field else 0
    if not 1 <= length <= len(field):
        return place, None
    bits = 7 * length
    size_bytes = int.from_bytes(field[:length]) & (1 << bits) - 1
    start = place + length
    return start, None if size_bytes == (1 << bits) - 1 else start + size_bytes
