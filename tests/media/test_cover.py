"""Covers: what is taken, what is made of it, and what is never taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from listenlink.media.sandbox.ape_tag import read_ape_pictures
from listenlink.media.sandbox.cover import make_covers
from listenlink.media.sandbox.decode import read_pictures
from listenlink.media.sandbox.picture import Picture, read_picture_header
from listenlink.media.sandbox.sniff import sniff
from media.make_audio import make, make_picture
from media.make_tags import ape_tag, flac_picture, id3_picture, id3_tag, id3v1

CODECS = {"mjpeg": "mjpeg", "png": "png", "libwebp": "webp"}


@pytest.mark.parametrize(("encoder", "decoder"), CODECS.items())
def test_sizes_are_read_from_the_header(encoder: str, decoder: str) -> None:
    assert read_picture_header(make_picture(encoder, 70, 40)) == Picture(decoder, 70, 40)


@pytest.mark.parametrize("encoder", CODECS)
@pytest.mark.parametrize(("width", "height"), [(2000, 1200), (300, 900), (40, 40)])
def test_two_squares_come_out_and_none_is_enlarged(encoder: str, width: int, height: int) -> None:
    covers = make_covers(make_picture(encoder, width, height))
    assert covers is not None
    for cover, most in ((covers.large, 1024), (covers.small, 256)):
        side = min(width, height, most)
        assert read_picture_header(cover) == Picture("mjpeg", side, side)


def test_nothing_of_the_original_bytes_is_kept() -> None:
    covers = make_covers(make_picture("png") + b"<script>hidden</script>")
    assert covers is not None
    assert b"script" not in covers.large + covers.small


def test_a_header_that_promises_too_much_is_not_decoded() -> None:
    picture = bytearray(make_picture("png", 64, 64))
    picture[16:20] = (60_000).to_bytes(4)
    assert make_covers(bytes(picture)) is None


def test_a_header_that_lies_is_refused() -> None:
    picture = bytearray(make_picture("mjpeg", 64, 64))
    place = picture.index(b"\xff\xc0")
    picture[place + 7 : place + 9] = (32).to_bytes(2)
    covers = make_covers(bytes(picture))
    assert covers is None or read_picture_header(covers.large) == Picture("mjpeg", 32, 32)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xc0\x00",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a" + bytes(64),
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"RIFF\0\0\0\0WEBPVP8X" + bytes(4),
        make_picture("png")[:60],
        b"\xff\xd8" + b"\xff\xe0\x00\x00" * 99,
    ],
)
def test_what_is_no_picture_is_none(data: bytes) -> None:
    assert make_covers(data) is None


def test_a_picture_of_too_many_bytes_is_none() -> None:
    assert make_covers(make_picture("png") + bytes(8 * 1024 * 1024)) is None


ICON, BACK, FRONT = (make_picture("mjpeg", size, size) for size in (32, 90, 60))
ICON_TYPES, BACK_TYPE, FRONT_TYPE = (1, 2), 4, 3


def pictures_of(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        audio_format = sniff(file)
        assert audio_format is not None
        return read_pictures(file, audio_format, 8 * 1024 * 1024)


@pytest.mark.parametrize("icon", ICON_TYPES)
def test_the_front_cover_comes_first_and_icons_last(icon: int, tmp_path: Path) -> None:
    kinds = ((icon, ICON), (BACK_TYPE, BACK), (FRONT_TYPE, FRONT))
    mp3 = make("mp3_cbr", tmp_path / "mp3", sample_count=9000)
    mp3.write_bytes(id3_tag(*(id3_picture(*kind) for kind in kinds)) + mp3.read_bytes())
    assert pictures_of(mp3) == [FRONT, BACK, ICON]
    flac = make("flac", tmp_path / "flac", sample_count=9000)
    content = flac.read_bytes()
    flac.write_bytes(content[:42] + b"".join(flac_picture(*kind) for kind in kinds) + content[42:])
    assert pictures_of(flac) == [FRONT, BACK, ICON]


def test_an_icon_is_better_than_nothing(tmp_path: Path) -> None:
    path = make("mp3_cbr", tmp_path / "mp3", sample_count=9000)
    path.write_bytes(id3_tag(id3_picture(1, ICON)) + path.read_bytes())
    assert pictures_of(path) == [ICON]


def test_pictures_in_an_ape_tag(tmp_path: Path) -> None:
    path = make("mp3_cbr", tmp_path / "mp3", sample_count=9000)
    items = {b"Cover Art (Back)": b"b.jpg\0" + BACK, b"Cover Art (Front)": b"f.jpg\0" + FRONT}
    path.write_bytes(path.read_bytes() + ape_tag(items) + id3v1(b"T", b"A"))
    with path.open("rb") as file:
        assert read_ape_pictures(file) == [FRONT, BACK]
