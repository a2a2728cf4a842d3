"""How long an MP3 says it is, in the Xing, Info or VBRI header that its first frame may hold.

Editors leave such headers behind when they cut a song, and samples for programs are often the first bytes of
one. So a header that declares more than is there proves little by itself: `is_cut` looks for what a transfer
leaves that broke off, and an editor doesn't.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import BinaryIO, NamedTuple

from listenlink.media.sandbox.mpeg_frames import (
    Mp3Frame,
    find_frames,
    mp3_frame_bytes,
    read_mp3_frame,
)
from listenlink.media.sandbox.sniff import skip_id3

_WINDOW_BYTES = 8 * 1024
_CHUNK_BYTES = 64 * 1024
_MAX_PADDING_BYTES = 64 * 1024
_VBRI_PLACE = 36
_TAG_NAMES = (b"TAG", b"APETAGEX", b"LYRICS200", b"LYRICSEND", b"3DI")
_LONGEST_TAIL_BYTES = 32 * 1024
# Of less than a tenth the header is rather that of the song from which somebody took an excerpt.
_LEAST_PART = Fraction(1, 10)
# A song's bit rate may rise and fall where it isn't constant.
_APART_CONSTANT, _APART_VARIABLE = Fraction(1, 10), Fraction(1, 2)


class Mp3Header(NamedTuple):
    """`frames` and `size_bytes` are what the header declares, or 0; `start` is where it stands."""

    start: int
    frames: int
    size_bytes: int
    samples_a_frame: int
    is_constant: bool


def read_mp3_header(file: BinaryIO) -> Mp3Header | None:
    """The header of the first frame, or None. Moves the file's position."""
    start = skip_id3(file)
    file.seek(start)
    padded = file.read(_MAX_PADDING_BYTES)
    start += len(padded) - len(padded.lstrip(b"\0"))
    file.seek(start)
    window = file.read(_WINDOW_BYTES)
    place = find_frames(window, mp3_frame_bytes, len(window) == _WINDOW_BYTES)
    first = None if place is None else read_mp3_frame(window[place:])
    if place is None or first is None:
        return None
    return _read_header(window[place : place + first.size_bytes], first, start + place)


def _read_header(frame: bytes, first: Mp3Frame, start: int) -> Mp3Header | None:
    """Xing's and LAME's "Info" stand behind the side information, Fraunhofer's VBRI at a fixed place."""
    place = 4 + first.side_bytes
    name = frame[place : place + 4]
    if name in (b"Xing", b"Info"):
        flags, *numbers = struct.unpack(">III", frame[place + 4 : place + 16])
        fields = numbers if flags & 1 else [0, *numbers]
        size_bytes = fields[1] if flags & 2 else 0
        return Mp3Header(start, fields[0], size_bytes, first.samples, name == b"Info")
    if frame[_VBRI_PLACE : _VBRI_PLACE + 4] == b"VBRI":
        size_bytes, frames = struct.unpack(">II", frame[_VBRI_PLACE + 10 : _VBRI_PLACE + 18])
        return Mp3Header(start, frames, size_bytes, first.samples, False)
    return None


def is_cut(file: BinaryIO, header: Mp3Header) -> bool:
    """Whether the file surely broke off: in the middle of a frame, without a tag at its end, with the bit
    rate that the header declares, and with too much left for an excerpt."""
    file_bytes = file.seek(0, 2)
    there_bytes = file_bytes - header.start
    if not header.frames or not there_bytes < header.size_bytes * (1 - _LEAST_PART / 10):
        return False
    if there_bytes < header.size_bytes * _LEAST_PART:
        return False
    file.seek(max(file_bytes - _LONGEST_TAIL_BYTES, header.start))
    tail = file.read()
    if any(name in tail for name in _TAG_NAMES):
        return False
    frames = _count_until_cut(file, header.start)
    if not frames:
        return False
    declared_rate = Fraction(header.size_bytes, header.frames)
    apart = abs(Fraction(there_bytes, frames) / declared_rate - 1)
    return apart < (_APART_CONSTANT if header.is_constant else _APART_VARIABLE)


def _count_until_cut(file: BinaryIO, start: int) -> int:
    """How many frames follow each other up to one that the file's end cuts off; 0 if none is."""
    file.seek(start)
    held, count = b"", 0
    while True:
        found = file.read(_CHUNK_BYTES)
        held += found
        place = 0
        while place + 4 <= len(held):
            size_bytes = mp3_frame_bytes(held[place : place + 4])
            if size_bytes is None:
                return 0
            if place + size_bytes > len(held):
                break
            count += 1
            place += size_bytes
        held = held[place:]
        if not found:
            return count if held[:1] == b"\xff" else 0
