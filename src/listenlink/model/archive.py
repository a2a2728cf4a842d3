"""How a ZIP of stored files is laid out, down to the byte, without reading any of them: so that its length is
known beforehand and any part of it can be sent by itself.

By APPNOTE.TXT 6.3.10: every file is stored as it is, with its size and CRC-32 in front of it (no data
descriptors), under a name in UTF-8; ZIP64 only where a number doesn't fit otherwise.
"""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from listenlink.model.moment import moment_of

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_END_64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR_64 = struct.Struct("<IIQI")
_LOCAL_SIGN, _CENTRAL_SIGN, _END_SIGN = 0x04034B50, 0x02014B50, 0x06054B50
_END_64_SIGN, _LOCATOR_64_SIGN, _EXTRA_64 = 0x06064B50, 0x07064B50, 0x0001
_IN_UTF_8, _STORED = 1 << 11, 0
_VERSION, _VERSION_64 = 20, 45
# Made on Unix, where a file without permissions couldn't be read once it's unpacked: -rw-r--r--.
_UNIX, _PERMISSIONS = 3 << 8, 0o100644 << 16
_NO_LONG, _NO_SHORT = 0xFFFFFFFF, 0xFFFF
# What a date of MS-DOS can say: two-second steps of these years.
_FIRST_YEAR, _LAST_YEAR = 1980, 2107


class ArchivedFile(NamedTuple):
    """A file in an archive. `name` is fit for one (`model/archive_names.py`), `digest` the SHA-256 of its
    bytes, `created_at` in epoch µs."""

    name: str
    digest: bytes
    size_bytes: int
    crc32: int
    created_at: int


class Place(NamedTuple):
    """What stands at an offset of an archive: from `start` on so many bytes, `length`, of `text`; or, if that
    is None, of the file with this number."""

    number: int
    text: bytes | None
    start: int
    length: int


class ArchiveLayout:
    """An archive of these files, in this order, of `size_bytes` in all. `mark` (32 bytes) differs for any two
    archives of which a single byte differs."""

    def __init__(self, files: Sequence[ArchivedFile]) -> None:
        self.files = tuple(files)
        self._texts: list[bytes] = []
        self._starts: list[int] = []
        central, offset = [], 0
        mark = hashlib.sha256()
        for file in self.files:
            local = _local_header(file)
            self._texts.append(local)
            self._starts += (offset, offset + len(local))
            central.append(_central_header(file, offset))
            offset += len(local) + file.size_bytes
            mark.update(file.digest)
        directory = b"".join(central)
        directory += _end(len(self.files), len(directory), offset)
        self._texts.append(directory)
        self._starts.append(offset)
        self.size_bytes = offset + len(directory)
        mark.update(directory)
        self.mark = mark.digest()

    def place(self, offset: int) -> Place:
        """What stands at this offset, which is below `size_bytes`."""
        at = bisect_right(self._starts, offset) - 1
        start, number = offset - self._starts[at], at // 2
        if at % 2:
            return Place(number, None, start, self.files[number].size_bytes - start)
        text = self._texts[number]
        return Place(number, text, start, len(text) - start)


def _local_header(file: ArchivedFile) -> bytes:
    name, size = file.name.encode(), file.size_bytes
    extra, version = b"", _VERSION
    if size >= _NO_LONG:
        extra, version, size = _extra(size, size), _VERSION_64, _NO_LONG
    time, date = _dos_moment(file.created_at)
    head = _LOCAL.pack(
        _LOCAL_SIGN, version, _IN_UTF_8, _STORED, time, date, file.crc32, size, size,
        len(name), len(extra),
    )  # fmt: skip
    return head + name + extra


def _central_header(file: ArchivedFile, offset: int) -> bytes:
    name, size, large = file.name.encode(), file.size_bytes, []
    if size >= _NO_LONG:
        large, size = [size, size], _NO_LONG
    if offset >= _NO_LONG:
        large, offset = [*large, offset], _NO_LONG
    extra = _extra(*large) if large else b""
    version = _VERSION_64 if large else _VERSION
    time, date = _dos_moment(file.created_at)
    head = _CENTRAL.pack(
        _CENTRAL_SIGN, _UNIX | version, version, _IN_UTF_8, _STORED, time, date, file.crc32, size, size,
        len(name), len(extra), 0, 0, 0, _PERMISSIONS, offset,
    )  # fmt: skip
    return head + name + extra


def _extra(*numbers: int) -> bytes:
    """The ZIP64 field, with those numbers that don't fit where they belong."""
    return struct.pack(f"<HH{len(numbers)}Q", _EXTRA_64, 8 * len(numbers), *numbers)


def _end(count: int, size: int, offset: int) -> bytes:
    """What ends an archive whose directory of so many files, of this size, is at this offset."""
    end_64 = b""
    if count >= _NO_SHORT or size >= _NO_LONG or offset >= _NO_LONG:
        end_64 = _END_64.pack(
            _END_64_SIGN, _END_64.size - 12, _UNIX | _VERSION_64, _VERSION_64, 0, 0,
            count, count, size, offset,
        ) + _LOCATOR_64.pack(_LOCATOR_64_SIGN, 0, offset + size, 1)  # fmt: skip
    told = min(count, _NO_SHORT)
    return end_64 + _END.pack(
        _END_SIGN, 0, 0, told, told, min(size, _NO_LONG), min(offset, _NO_LONG), 0
    )


def _dos_moment(at_us: int) -> tuple[int, int]:
    """A moment as time and date of MS-DOS, in UTC: the same wherever the archive is made."""
    moment = moment_of(at_us)
    year = moment.year
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return 0, 1 << 5 | 1
    time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
    return time, (year - _FIRST_YEAR) << 9 | moment.month << 5 | moment.day
