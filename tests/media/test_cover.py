"""Covers: what is taken, what is made of it, and what is never taken."""

from __future__ import annotations

import pytest

from listenlink.media.sandbox.cover import make_covers
from listenlink.media.sandbox.picture import Picture, read_picture_header
from media.make_audio import make_picture

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
