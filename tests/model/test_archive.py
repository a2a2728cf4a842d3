"""How an archive is laid out: Python's own reader must agree, also of what no test could write."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.model.archive import ArchivedFile, ArchiveLayout

AT = 1_782_642_601_000_000  # 2026-06-28T10:30:01Z
LONG, SHORT = 0xFFFFFFFF, 0xFFFF


def of_bytes(name: str, data: bytes, at: int = AT) -> ArchivedFile:
    return ArchivedFile(name, bytes(32), len(data), zlib.crc32(data), at)


def write(layout: ArchiveLayout, files: list[bytes]) -> bytes:
    """The whole of it, piece by piece."""
    written, offset = [], 0
    while offset < layout.size_bytes:
        place = layout.place(offset)
        data = files[place.number] if place.text is None else place.text
        written.append(data[place.start : place.start + place.length])
        offset += place.length
    return b"".join(written)


class Sparse(io.RawIOBase):
    """An archive of which only the headers are anywhere; its files read as zeros."""

    def __init__(self, layout: ArchiveLayout) -> None:
        self.layout = layout
        self.at = 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset + (0, self.at, self.layout.size_bytes)[whence]
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int = -1) -> bytes:
        left = self.layout.size_bytes - self.at
        parts, size = [], left if size < 0 else min(size, left)
        while size:
            place = self.layout.place(self.at)
            length = min(place.length, size)
            text = bytes(length) if place.text is None else place.text
            start = 0 if place.text is None else place.start
            parts.append(text[start : start + length])
            self.at += length
            size -= length
        return b"".join(parts)


@given(
    st.lists(
        st.tuples(st.text("ab ü音", min_size=1, max_size=9), st.binary(max_size=300)), max_size=6
    )
)
def test_python_reads_what_was_laid_out(said: list[tuple[str, bytes]]) -> None:
    files = [of_bytes(f"{place} {name}", data) for place, (name, data) in enumerate(said)]
    layout = ArchiveLayout(files)
    whole = write(layout, [data for _, data in said])
    assert len(whole) == layout.size_bytes
    with zipfile.ZipFile(io.BytesIO(whole)) as read:
        assert read.testzip() is None
        assert [(info.filename, read.read(info)) for info in read.infolist()] == [
            (file.name, data) for file, (_, data) in zip(files, said, strict=True)
        ]
        for info in read.infolist():
            assert info.compress_type == zipfile.ZIP_STORED
            # Names in UTF-8, and nothing else: sizes and CRC stand in front of the file.
            assert info.flag_bits == 1 << 11
            assert info.date_time == (2026, 6, 28, 10, 30, 0)
            assert info.external_attr >> 16 == 0o100644
            assert (info.extract_version, info.extra) == (20, b"")


def local_headers(layout: ArchiveLayout) -> Iterator[tuple[int, ...]]:
    offset = 0
    for file in layout.files:
        place = layout.place(offset)
        assert place.text is not None
        yield struct.unpack("<IHHHHHIIIHH", place.text[:30])
        offset += place.length + file.size_bytes


def test_the_local_header_says_size_and_checksum() -> None:
    (told,) = local_headers(ArchiveLayout([of_bytes("a", b"abc")]))
    assert told[:4] == (0x04034B50, 20, 1 << 11, 0)
    assert told[6:] == (zlib.crc32(b"abc"), 3, 3, 1, 0)


@pytest.mark.parametrize("size", [LONG - 1, LONG, LONG + 1, 5 * 1024**3])
def test_a_file_is_told_in_zip64_only_where_its_size_does_not_fit(size: int) -> None:
    layout = ArchiveLayout([ArchivedFile("large", bytes(32), size, 7, AT)])
    (told,) = local_headers(layout)
    is_large = size >= LONG
    assert told[1] == (45 if is_large else 20)
    assert told[7:9] == ((LONG, LONG) if is_large else (size, size))
    assert told[10] == (20 if is_large else 0)
    with zipfile.ZipFile(Sparse(layout)) as read:
        (info,) = read.infolist()
        assert (info.file_size, info.compress_size, info.CRC) == (size, size, 7)
        assert info.extract_version == (45 if is_large else 20)


@pytest.mark.parametrize("first", [LONG - 100, LONG - 31, LONG - 30, LONG])
def test_what_begins_behind_four_gigabytes_is_found(first: int) -> None:
    files = [ArchivedFile("a", bytes(32), first, 0, AT), of_bytes("b", bytes(9))]
    layout = ArchiveLayout(files)
    with zipfile.ZipFile(Sparse(layout)) as read:
        infos = read.infolist()
        assert [info.file_size for info in infos] == [first, 9]
        header = layout.place(infos[1].header_offset).text
        assert header is not None
        assert header.startswith(b"PK\x03\x04")
        assert infos[1].extract_version == (45 if infos[1].header_offset >= LONG else 20)
        assert read.open(infos[1]).read(9) == bytes(9)


@pytest.mark.parametrize("many", [SHORT - 1, SHORT, SHORT + 1])
def test_more_files_than_a_number_has_room_for_are_all_there(many: int) -> None:
    layout = ArchiveLayout([ArchivedFile(f"{place}", bytes(32), 0, 0, AT) for place in range(many)])
    end = Sparse(layout).read()
    assert (b"PK\x06\x06" in end[-200:]) == (many >= SHORT)
    with zipfile.ZipFile(io.BytesIO(end)) as read:
        assert len(read.infolist()) == many


def test_nothing_needs_zip64_in_what_people_make() -> None:
    files = [of_bytes(f"{place:03} a.flac", b"x" * place) for place in range(500)]
    end = write(ArchiveLayout(files), [b"x" * place for place in range(500)])
    assert b"PK\x06\x06" not in end
    assert b"PK\x06\x07" not in end


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (0, (1980, 1, 1, 0, 0, 0)),
        (-1, (1980, 1, 1, 0, 0, 0)),
        (315_532_800_000_000, (1980, 1, 1, 0, 0, 0)),
        (1_709_251_199_999_999, (2024, 2, 29, 23, 59, 58)),
        (4_354_819_198_000_000, (2107, 12, 31, 23, 59, 58)),
        (4_354_819_200_000_000, (1980, 1, 1, 0, 0, 0)),
        (2**62, (1980, 1, 1, 0, 0, 0)),
    ],
)
def test_a_time_is_told_in_utc_where_it_can_be(at: int, told: tuple[int, ...]) -> None:
    whole = write(ArchiveLayout([of_bytes("a", b"", at)]), [b""])
    with zipfile.ZipFile(io.BytesIO(whole)) as read:
        assert read.infolist()[0].date_time == told


def test_the_mark_differs_with_anything_that_differs() -> None:
    one = ArchivedFile("a", bytes(32), 3, 7, AT)
    others = [
        one._replace(name="b"),
        one._replace(digest=b"\1" * 32),
        one._replace(size_bytes=4),
        one._replace(crc32=8),
        one._replace(created_at=AT + 2_000_000),
    ]
    lists = [[], [one], *([other] for other in others), [one, others[0]], [others[0], one]]
    assert len({ArchiveLayout(files).mark for files in lists}) == len(lists)
    assert ArchiveLayout([one]).mark == ArchiveLayout([one]).mark
