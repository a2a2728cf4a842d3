"""The format is chosen by magic bytes; what is not known is refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from listenlink.media.sandbox.sniff import sniff
from media.make_audio import FORMATS, make

KEYS = {
    "wav16": "wav",
    "wav24": "wav",
    "wav_float": "wav",
    "rf64": "wav",
    "flac": "flac",
    "mp3_cbr": "mp3",
    "mp3_vbr": "mp3",
    "mp3_xing": "mp3",
    "m4a_aac": "m4a",
    "m4a_alac": "m4a",
    "ogg_vorbis": "ogg",
    "ogg_opus": "opus",
    "aiff": "aiff",
    "aac_adts": "aac",
    "ogg_flac": "ogg_flac",
    "m4a_opus": "m4a",
    "m4a_flac": "m4a",
    "webm_opus": "webm",
    "webm_vorbis": "webm",
    "mka_flac": "matroska",
}
LATIN_TAG = b"ID3\x03\0\0\0\0\x02\x01" + bytes(257)


def key(content: bytes) -> str | None:
    found = sniff(io.BytesIO(content))
    return found.key if found else None


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_is_known_by_its_bytes(kind: str, tmp_path: Path) -> None:
    content = make(kind, tmp_path / "named.txt", sample_count=8820).read_bytes()
    assert key(content) == KEYS[kind]


@pytest.mark.parametrize("kind", FORMATS)
def test_id3_tags_are_skipped_by_their_size(kind: str, tmp_path: Path) -> None:
    content = make(kind, tmp_path / "sound", sample_count=8820).read_bytes()
    footer = b"ID3\x04\0\x10\0\0\0\0" + b"3DI\x04\0\x10\0\0\0\0"
    assert key(LATIN_TAG + footer + content) == KEYS[kind]


def test_mp3_behind_zeros_or_half_a_frame(tmp_path: Path) -> None:
    content = make("mp3_cbr", tmp_path / "sound", sample_count=44_100).read_bytes()
    frames = content[content.index(b"\xff\xfb") :]
    assert key(LATIN_TAG + bytes(3000) + frames) == "mp3"
    assert key(frames[200:]) == "mp3"


def test_adts_behind_half_a_frame(tmp_path: Path) -> None:
    content = make("aac_adts", tmp_path / "sound", sample_count=44_100).read_bytes()
    assert key(content[200:]) == "aac"


def test_mpeg2_and_mpeg25_rates(tmp_path: Path) -> None:
    for rate in (8000, 22_050, 24_000):
        path = make("mp3_cbr", tmp_path / str(rate), sample_count=rate, sample_rate=rate)
        assert key(path.read_bytes()) == "mp3"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100_000,
        b"\xff" * 20_000,
        b"ID3",
        b"ID3\x03\0\0\xff\xff\xff\xff" + bytes(100),
        b"ID3\x03\0\0\x7f\x7f\x7f\x7f",
        b"Only words.",
        b"#EXTM3U\n/etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n",
        b"<?xml version='1.0'?><MPD/>",
        b"RIFF\0\0\0\0AVI LIST",
        b"FORM\0\0\0\x008SVX",
        b"OggS" + bytes(22) + b"\x01\x08\x80theora",
        b"OggS",
        b"\x1aE\xdf\xa3matroska",
        b"\xff\xfb\x90\x64" + b"noise, but no second frame" * 100,
        b"\xff\xf1\x50\x80" * 500,
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_anything_else_is_none(content: bytes) -> None:
    assert key(content) is None


def test_what_it_reads_is_bounded() -> None:
    class Counting(io.BytesIO):
        read_bytes = 0

        def read(self, size: int | None = -1, /) -> bytes:
            found = super().read(size)
            self.read_bytes += len(found)
            return found

    file = Counting(LATIN_TAG + bytes(5_000_000))
    assert sniff(file) is None
    assert file.read_bytes <= 100 * 1024
