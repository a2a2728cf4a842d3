"""The songs of a chained Ogg file (RFC 3533 section 4), each as a file of its own.

Libav 8.1 plays a chain as one stream: it counts 1024 samples too many at each Vorbis join, and
drops everything after a change of the sample rate.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, cast

from listenlink.media.sandbox.window import Window

_PAGE = b"OggS"
_HEADER_BYTES = 27
_FIRST_PAGE_FLAG = 2
_SEARCH_BYTES = 64 * 1024


def split_links(file: BinaryIO) -> list[BinaryIO]:
    """One readable file per link of the chain, in order; the file itself if there is only one."""
    starts = [0]
    was_first = True
    for offset, is_first in _read_pages(file):
        if is_first and not was_first:
            starts.append(offset)
        was_first = is_first
    file_bytes = file.seek(0, io.SEEK_END)
    file.seek(0)
    if len(starts) == 1:
        return [file]
    ends = [*starts[1:], file_bytes]
    windows = [Window(file, start, end) for start, end in zip(starts, ends, strict=True)]
    return [cast(BinaryIO, window) for window in windows]


def ends_within_page(file: BinaryIO) -> bool:
    """Whether the file ends before its last page does. Moves the file's position."""
    file_bytes = file.seek(0, io.SEEK_END)
    end = 0
    for offset, _ in _read_pages(file):
        file.seek(offset)
        header = file.read(_HEADER_BYTES + 255)
        table_end = _HEADER_BYTES + header[26]
        end = offset + table_end + sum(header[_HEADER_BYTES:table_end])
    return end > file_bytes


def _read_pages(file: BinaryIO) -> Iterator[tuple[int, bool]]:
    """Yield (offset, whether a stream begins) for each Ogg page; damage between pages is skipped."""
    offset = 0
    while True:
        file.seek(offset)
        header = file.read(_HEADER_BYTES + 255)
        if len(header) < _HEADER_BYTES:
            return
        if header[:4] == _PAGE:
            yield offset, bool(header[5] & _FIRST_PAGE_FLAG)
            table_end = _HEADER_BYTES + header[26]
            offset += table_end + sum(header[_HEADER_BYTES:table_end])
            continue
        file.seek(offset)
        found = file.read(_SEARCH_BYTES).find(_PAGE, 1)
        offset += found if found > 0 else _SEARCH_BYTES - len(_PAGE)
