"""How long an MP4 plays by its own index: edit list, sample durations, iTunes' gapless comment.

Libav trims what an edit list omits at the start, but not the encoder's padding at the end.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

_MAX_TABLE_BYTES = 16 * 1024 * 1024
_MAX_TEXT_BYTES = 64 * 1024
_ITUNES_GAPLESS = b"iTunSMPB"
_TEXT_ITEMS = {b"\xa9nam": "title", b"\xa9ART": "artist", b"\xa9alb": "album"}
_UTF8_TEXT = b"\0\0\0\1"


class CutError(Exception):
    """The file ends before a part that its headers announce."""


@dataclass(frozen=True)
class _Box:
    """`start` and `end` of the content, in bytes from the start of the file."""

    name: bytes
    start: int
    end: int
    is_cut: bool


def read_mp4_seconds(file: BinaryIO) -> Fraction | None:
    """How long the first sound track plays, or None if the file doesn't say (fragments).

    Raises CutError if the index or a part of the file is missing. Moves the file's position.
    ISO/IEC 14496-12: 8.6.6 edit list, 8.6.1.2 time to sample, 8.4.2 media header.
    """
    file_bytes = file.seek(0, 2)
    moov: _Box | None = None
    for box in _read_boxes(file, 0, file_bytes):
        if box.name in (b"moov", b"moof", b"mdat") and box.is_cut:
            raise CutError
        if box.name == b"moov" and moov is None:
            moov = box
    if moov is None:
        raise CutError
    movie_header = _find(file, moov, b"mvhd")
    for track in _read_boxes(file, moov.start, moov.end):
        handler = _find(file, track, b"mdia", b"hdlr") if track.name == b"trak" else None
        if handler and movie_header and _read(file, handler)[8:12] == b"soun":
            return _read_track_seconds(file, moov, movie_header, track)
    return None


def _read_track_seconds(
    file: BinaryIO, moov: _Box, movie_header: _Box, track: _Box
) -> Fraction | None:
    media_header = _find(file, track, b"mdia", b"mdhd")
    durations = _find(file, track, b"mdia", b"minf", b"stbl", b"stts")
    if media_header is None or durations is None:
        return None
    media_rate = _read_time_scale(file, media_header)
    movie_rate = _read_time_scale(file, movie_header)
    table = _read(file, durations)[8:]
    media_units = sum(n * d for n, d in struct.iter_unpack(">II", table[: len(table) & ~7]))
    # A fragmented file lists its samples elsewhere and declares no length here.
    if not media_rate or not media_units:
        return None
    edits = _find(file, track, b"edts", b"elst")
    if edits is not None and movie_rate:
        heard = _sum_edits(_read(file, edits), media_units, Fraction(media_rate, movie_rate))
        return heard / media_rate if heard else None
    gapless = _read_itunes_samples(file, moov)
    if gapless and gapless <= media_units:
        media_units = gapless
    return Fraction(media_units, media_rate)


def _sum_edits(table: bytes, media_units: int, units_per_tick: Fraction) -> Fraction:
    """Media units that the edits play. A duration is only as precise as the movie's clock (often
    1 ms), so an edit that ends within one tick of the media's end means that end.
    """
    entry = ">Qqi" if table[:1] == b"\1" else ">Iii"
    size_bytes = struct.calcsize(entry)
    table = table[8:]
    heard = Fraction(0)
    for ticks, start, _ in struct.iter_unpack(
        entry, table[: len(table) // size_bytes * size_bytes]
    ):
        if start < 0 or start >= media_units:
            continue  # An empty edit, which plays nothing.
        length = min(ticks * units_per_tick, Fraction(media_units - start))
        is_to_the_end = ticks == 0 or media_units - start - length < units_per_tick
        heard += media_units - start if is_to_the_end else length
    return heard


def read_item_texts(file: BinaryIO) -> dict[str, list[str | bytes]]:
    """iTunes' `title`, `artist` and `album`, each with all its texts, of which libav gives only the first."""
    boxes = _read_boxes(file, 0, file.seek(0, 2))
    moov = next((box for box in boxes if box.name == b"moov"), None)
    found: dict[str, list[str | bytes]] = {}
    for item in _read_items(file, moov) if moov is not None else ():
        name = _TEXT_ITEMS.get(item.name)
        for data in _read_boxes(file, item.start, item.end) if name else ():
            content = _read(file, data) if data.end - data.start < _MAX_TEXT_BYTES else b""
            if name and data.name == b"data" and content[:4] == _UTF8_TEXT:
                found.setdefault(name, []).append(content[8:])
    return found


def _read_items(file: BinaryIO, moov: _Box) -> Iterator[_Box]:
    comments = _find(file, moov, b"udta", b"meta")
    if comments is None:
        return
    # `meta` is a full box: four bytes of version and flags come before its children.
    items = _find(file, _Box(b"meta", comments.start + 4, comments.end, False), b"ilst")
    if items is not None:
        yield from _read_boxes(file, items.start, items.end)


def _read_itunes_samples(file: BinaryIO, moov: _Box) -> int | None:
    """The sample count of iTunes' gapless comment: ` 00000000 delay padding count …` in hex."""
    for item in _read_items(file, moov):
        if item.name == b"----" and item.end - item.start < 4096:
            fields = _read(file, item).partition(_ITUNES_GAPLESS)[2].partition(b"data")[2]
            words = fields[8:].split()
            if len(words) > 3:
                try:
                    return int(words[3], 16)
                except ValueError:
                    return None
    return None


def _read_boxes(file: BinaryIO, offset: int, end: int) -> Iterator[_Box]:
    while offset + 8 <= end:
        file.seek(offset)
        header = file.read(16)
        if len(header) < 8:
            return
        size_bytes, name = struct.unpack(">I4s", header[:8])
        header_bytes = 8
        if size_bytes == 1 and len(header) == 16:
            size_bytes, header_bytes = int.from_bytes(header[8:], "big"), 16
        elif size_bytes == 0:
            size_bytes = end - offset
        if size_bytes < header_bytes:
            return
        box_end = offset + size_bytes
        yield _Box(name, offset + header_bytes, min(box_end, end), box_end > end)
        offset = box_end


def _find(file: BinaryIO, parent: _Box, *path: bytes) -> _Box | None:
    found: _Box | None = parent
    for name in path:
        if found is None:
            return None
        boxes = _read_boxes(file, found.start, found.end)
        found = next((box for box in boxes if box.name == name), None)
    return found


def _read(file: BinaryIO, box: _Box) -> bytes:
    file.seek(box.start)
    return file.read(min(box.end - box.start, _MAX_TABLE_BYTES))


def _read_time_scale(file: BinaryIO, header: _Box) -> int:
    """Units per second of an mvhd or mdhd box."""
    content = _read(file, header)
    start = 20 if content[:1] == b"\1" else 12
    return int.from_bytes(content[start : start + 4], "big")
