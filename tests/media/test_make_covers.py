"""A cover made of a picture that somebody sent: upright, a still, nothing of what the file says besides."""

from __future__ import annotations

import asyncio
import tempfile

import pytest

from listenlink.media.covers import MOST_BYTES, REASONS, Answer, CoverMaker
from listenlink.media.sandbox.cover import Covers, try_covers
from listenlink.media.sandbox.picture import read_picture_header
from media.make_pictures import BLUE, RED, SECRET, bomb, colour_at, marked, moving, plain

CORNERS = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))
UPRIGHT = [RED, BLUE, BLUE, BLUE]


def made_in_a_child(picture: bytes) -> Answer:
    with tempfile.TemporaryFile() as file:
        file.write(picture)
        file.flush()
        return asyncio.run(CoverMaker().make(file.fileno(), 1))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_upright_as_the_camera_says(orientation: int, kind: str) -> None:
    made = try_covers(marked(orientation, kind))
    assert isinstance(made, Covers)
    for cover in made:
        assert [colour_at(cover, *corner) for corner in CORNERS] == UPRIGHT


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_a_number_that_means_nothing_turns_nothing(orientation: int) -> None:
    made = try_covers(marked(orientation))
    assert isinstance(made, Covers)
    assert [colour_at(made.large, *corner) for corner in CORNERS] == UPRIGHT


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_that_the_file_says_besides_is_in_it(kind: str) -> None:
    picture = marked(6, kind)
    assert SECRET.encode() in picture
    made = made_in_a_child(picture)
    assert made.reason is None
    assert not [word for word in (SECRET.encode(), b"Exif", b"\xff\xe1") if word in made.large]


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_of_what_moves_the_first_frame_is_taken(kind: str) -> None:
    made = made_in_a_child(moving(kind))
    assert made.reason is None
    assert colour_at(made.large) == colour_at(made.small) == RED


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (b"", "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not_a_picture"),
        (b"GIF89a" + bytes(64), "not_a_picture"),
        (bytes(MOST_BYTES), "not_a_picture"),
        (bomb(20_000, 20_000), "too_many_pixels"),
        (bomb(100_000, 1), "too_many_pixels"),
        (bomb(1, 100_000), "too_many_pixels"),
        (plain()[: len(plain()) // 2][:300], "broken"),
        (plain(kind="PNG")[:60], "broken"),
        (moving()[:80], "broken"),
    ],
)
def test_what_can_not_be_made_is_said_in_a_word(picture: bytes, reason: str) -> None:
    assert reason in REASONS
    assert made_in_a_child(picture).reason == reason


def test_the_largest_that_is_taken_is_made_within_the_childs_memory() -> None:
    made = made_in_a_child(bomb(4096, 4096))
    assert made.reason is None
    header = read_picture_header(made.large)
    assert header is not None
    assert (header.width, header.height) == (1024, 1024)


def test_what_follows_a_picture_is_not_in_its_cover() -> None:
    made = made_in_a_child(plain() + b"<script>alert(1)</script>PK\x03\x04")
    assert made.reason is None
    assert b"script" not in made.large
    assert b"PK\x03\x04" not in made.large + made.small
