"""Of two files it's noticed if they differ in a sample, in a tag or in a picture."""

from __future__ import annotations

import io
from pathlib import Path
from typing import cast

from listenlink.media.sandbox.formats import FLAC, MP3, WAV, AudioFormat
from listenlink.media.sandbox.lockdown import Deadline
from listenlink.media.sandbox.same_sound import Listening
from media.make_audio import add_cover, make, make_picture


class Unhurried:
    """No deadline, for it would end the test with the process."""

    def extend(self, audio_seconds: object) -> None:
        """There is none."""

    def begin_again(self, audio_seconds: object) -> None:
        """There is none."""


def is_same(one: bytes, other: bytes, audio_format: AudioFormat) -> bool:
    listening = Listening(cast(Deadline, Unhurried()))
    return listening.is_same(io.BytesIO(one), io.BytesIO(other), audio_format)


def test_a_sample_is_noticed(tmp_path: Path) -> None:
    content = make("wav16", tmp_path / "x").read_bytes()
    assert is_same(content, content, WAV)
    changed = bytearray(content)
    changed[100_001] ^= 1
    assert not is_same(content, bytes(changed), WAV)
    assert not is_same(content, content[:-4], WAV)


def test_a_tag_is_noticed(tmp_path: Path) -> None:
    bare = make("flac", tmp_path / "x").read_bytes()
    tagged = make("flac", tmp_path / "y", tags={"title": "Night train"}).read_bytes()
    assert is_same(tagged, tagged, FLAC)
    assert not is_same(tagged, bare, FLAC)


def test_a_picture_is_noticed(tmp_path: Path) -> None:
    bare = make("mp3_cbr", tmp_path / "x")
    content = bare.read_bytes()
    covered = add_cover(bare).read_bytes()
    assert not is_same(covered, content, MP3)
    (tmp_path / "z").write_bytes(content)
    other = add_cover(tmp_path / "z", make_picture(width=32)).read_bytes()
    assert not is_same(covered, other, MP3)
    assert is_same(covered, covered, MP3)
