"""A header that declares more than there is: refused where the file surely broke off, else told."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from listenlink.media.sandbox.mpeg_frames import mp3_frame_bytes
from media.make_audio import cut_by_an_editor, make
from media.test_measure import measured, reason

SECOND = 44_100


def whole(folder: Path, kind: str = "mp3_xing") -> bytes:
    return make(kind, folder / "whole", sample_count=10 * SECOND).read_bytes()


def put(folder: Path, content: bytes) -> Path:
    path = folder / "x.mp3"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("percent", [15, 33, 50, 90])
def test_what_broke_off_is_refused(percent: int, tmp_path: Path) -> None:
    content = whole(tmp_path)
    assert not measured(put(tmp_path, content)).is_shorter_than_declared
    assert reason(put(tmp_path, content[: len(content) * percent // 100 + 7])) == "truncated"


def test_a_vbr_file_that_broke_off_is_refused(tmp_path: Path) -> None:
    content = whole(tmp_path)
    place = content.index(b"Info")
    content = content[:place] + b"Xing" + content[place + 4 :]
    assert reason(put(tmp_path, content[: len(content) // 2 + 7])) == "truncated"


def test_a_vbri_header_is_compared_too(tmp_path: Path) -> None:
    content = bytearray(whole(tmp_path))
    place = content.index(b"Info")
    frames, size_bytes = struct.unpack_from(">II", content, place + 8)
    start = place - 36
    content[place : place + 160] = bytes(160)
    struct.pack_into(
        ">4sHHHIIHHHH", content, start + 36, b"VBRI", 1, 0, 75, size_bytes, frames, 0, 1, 2, 1
    )
    assert not measured(put(tmp_path, bytes(content))).is_shorter_than_declared
    assert reason(put(tmp_path, bytes(content[: len(content) // 2 + 7]))) == "truncated"


def test_a_little_may_be_missing(tmp_path: Path) -> None:
    content = whole(tmp_path)
    assert not measured(put(tmp_path, content[:-3000])).is_shorter_than_declared


@pytest.mark.parametrize("part", [0.02, 0.3, 0.8])
def test_an_editors_cut_is_taken_and_told(part: float, tmp_path: Path) -> None:
    found = measured(cut_by_an_editor(put(tmp_path, whole(tmp_path)), part))
    assert found.is_shorter_than_declared
    assert found.duration_seconds == pytest.approx(10 * part, abs=0.1)


def test_a_tag_at_the_end_shows_that_the_end_is_there(tmp_path: Path) -> None:
    content = whole(tmp_path)
    half = content[: len(content) // 2 + 7]
    for tag in (b"TAG" + bytes(125), b"APETAGEX" + struct.pack("<IIII8x", 2000, 32, 0, 0)):
        assert measured(put(tmp_path, half + tag)).is_shorter_than_declared


def test_the_first_bytes_of_a_song_are_an_excerpt(tmp_path: Path) -> None:
    content = whole(tmp_path)
    found = measured(put(tmp_path, content[: len(content) // 20 + 7]))
    assert found.is_shorter_than_declared


def test_another_songs_header_proves_nothing(tmp_path: Path) -> None:
    """It declares another bit rate than the frames behind it have."""
    content = bytearray(whole(tmp_path))
    place = content.index(b"Info")
    frames, size_bytes = struct.unpack_from(">II", content, place + 8)
    struct.pack_into(">II", content, place + 8, frames * 4, size_bytes * 8)
    assert measured(put(tmp_path, bytes(content[:-100]))).is_shorter_than_declared


def test_a_hole_is_no_cut(tmp_path: Path) -> None:
    content = bytearray(whole(tmp_path))
    content[50_000:80_000] = b"\x55" * 30_000
    found = measured(put(tmp_path, bytes(content)))
    assert found.is_shorter_than_declared
    assert mp3_frame_bytes(bytes(content[50_000:50_004])) is None
