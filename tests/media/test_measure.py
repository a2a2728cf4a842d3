"""A measured length is what a listener hears; hostile files end, and harm nobody."""

from __future__ import annotations

import asyncio
import os
import struct
from pathlib import Path

import av
import numpy as np
import pytest

from listenlink.media.measure import Measured, Probe, Refused
from media.make_audio import FORMATS, make
from media.make_boxes import box, insert_box, sign_ogg

SECOND = 44_100
CHAINS = [(44_100, "ogg_vorbis"), (48_000, "ogg_vorbis"), (48_000, "ogg_opus")]


def measure(path: Path, max_seconds: int = 7200) -> Measured | Refused:
    descriptor = os.open(path, os.O_RDWR)
    try:
        return asyncio.run(Probe(max_seconds=max_seconds).measure(descriptor))
    finally:
        os.close(descriptor)


def measured(path: Path) -> Measured:
    found = measure(path)
    assert isinstance(found, Measured), found
    return found


def reason(path: Path, max_seconds: int = 7200) -> str:
    found = measure(path, max_seconds)
    assert isinstance(found, Refused), found
    assert found.detail.endswith(".")
    return found.reason


def count_decoded(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(frame.samples for frame in container.decode(audio=0))


@pytest.mark.parametrize("kind", FORMATS)
def test_length_is_exact_to_the_sample(kind: str, tmp_path: Path) -> None:
    sample_count = 64 * 3407  # FFmpeg's Vorbis encoder writes blocks of 64; no other codec does.
    tags = {"title": "Nachtzug", "artist": "Ré\u202emi", "album": "A\nB"}
    path = make(kind, tmp_path / "x", sample_count=sample_count, tags=tags)
    found = measured(path)
    truth = sample_count if FORMATS[kind].is_exact else count_decoded(path)
    assert found.sample_count == truth
    assert found.sample_rate == FORMATS[kind].sample_rate
    assert abs(found.duration_seconds - truth / found.sample_rate) < 0.001
    assert found.channels == 2
    assert found.content_type.startswith("audio/")
    assert found.title == "Nachtzug"
    assert not found.is_shorter_than_declared
    if kind != "aiff":  # FFmpeg's writer knows only the title.
        assert (found.artist, found.album) == ("Rémi", "A B")


def test_silence_is_music_and_mono_is_too(tmp_path: Path) -> None:
    found = measured(make("flac", tmp_path / "x", sample_count=SECOND, channels=1, silent=True))
    assert (found.sample_count, found.channels, found.title) == (SECOND, 1, None)


def test_vbr_headers_are_not_believed(tmp_path: Path) -> None:
    path = make("mp3_vbr", tmp_path / "x", sample_count=20 * SECOND)
    with av.open(str(path)) as container:
        claimed_seconds = (container.duration or 0) / 1_000_000
    assert abs(claimed_seconds - 20) > 1
    assert abs(measured(path).duration_seconds - 20) < 0.06


def test_vorbis_ends_at_its_last_granule(tmp_path: Path) -> None:
    path = make("ogg_vorbis", tmp_path / "x", sample_count=64 * 1000)
    content = path.read_bytes()
    page = content.rindex(b"OggS")
    granule = struct.pack("<q", 64 * 1000 - 500)
    path.write_bytes(content[:page] + sign_ogg(content[page:], 6, granule))
    assert measured(path).sample_count == 64 * 1000 - 500


@pytest.mark.parametrize(("second_rate", "kind"), CHAINS)
def test_chained_ogg_is_the_sum(second_rate: int, kind: str, tmp_path: Path) -> None:
    """Songs one behind the other, as RFC 3533 section 4 allows: each with a serial of its own."""
    first = make(kind, tmp_path / "1", sample_count=64_000)
    second = make(kind, tmp_path / "2", sample_count=128_000, sample_rate=second_rate)
    pages = second.read_bytes().split(b"OggS")[1:]
    chain = [sign_ogg(b"OggS" + page, 14, struct.pack("<I", 77)) for page in pages]
    both = tmp_path / "both"
    both.write_bytes(first.read_bytes() + b"".join(chain))
    expected_seconds = 64_000 / FORMATS[kind].sample_rate + 128_000 / second_rate
    assert measured(both).duration_seconds == pytest.approx(expected_seconds, abs=0.001)


def test_itunes_gapless_comment_without_an_edit_list(tmp_path: Path) -> None:
    path = _make_m4a_without_edits(tmp_path / "x", 66_150)
    content = path.read_bytes()
    padding = 66 * 1024 - 1024 - 66_150
    comment = f" 00000000 00000400 {padding:08X} {66_150:016X}".encode() + b" 00000000" * 8
    item = box(
        b"----",
        box(b"mean", bytes(4) + b"com.apple.iTunes")
        + box(b"name", bytes(4) + b"iTunSMPB")
        + box(b"data", struct.pack(">II", 1, 0) + comment),
    )
    path.write_bytes(insert_box(content, [b"moov", b"udta", b"meta", b"ilst"], item))
    assert measured(path).sample_count == 66_150


def _make_m4a_without_edits(path: Path, sample_count: int) -> Path:
    with (
        av.open(str(make("m4a_aac", path.with_suffix(".in"), sample_count=sample_count))) as source,
        av.open(str(path), "w", format="ipod", options={"use_editlist": "0"}) as target,
    ):
        target.metadata["title"] = "T"
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return path


def test_fragmented_mp4_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with (
        av.open(str(make("m4a_alac", tmp_path / "in", sample_count=66_150))) as source,
        av.open(
            str(path), "w", format="mp4", options={"movflags": "empty_moov+frag_keyframe"}
        ) as target,
    ):
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    assert measured(path).sample_count == 66_150
    path.write_bytes(path.read_bytes()[:-20_000])
    assert reason(path) == "truncated"


@pytest.mark.parametrize("kind", ["mp3_cbr", "ogg_vorbis", "ogg_opus"])
def test_a_cut_stream_is_what_it_is(kind: str, tmp_path: Path) -> None:
    path = make(kind, tmp_path / "x", sample_count=4 * SECOND)
    whole_seconds = measured(path).duration_seconds
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = measured(path)
    assert 0.5 < found.duration_seconds < whole_seconds - 0.5
    # An Ogg page says how long it is; a frame of an MP3 says nothing of those behind it.
    assert found.is_shorter_than_declared == (kind != "mp3_cbr")


@pytest.mark.parametrize("placeholder", [0, 0xFFFFFFFF, 0x7FFFF000])
def test_a_streamed_wav_declares_nothing(placeholder: int, tmp_path: Path) -> None:
    path = make("wav16", tmp_path / "x", sample_count=SECOND)
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.index(b"data") + 4, placeholder)
    path.write_bytes(content)
    assert measured(path).sample_count == SECOND


def test_a_flac_of_unknown_length_is_counted(tmp_path: Path) -> None:
    path = make("flac", tmp_path / "x", sample_count=SECOND)
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    path.write_bytes(content)
    assert measured(path).sample_count == SECOND


def test_id3_before_flac(tmp_path: Path) -> None:
    path = make("flac", tmp_path / "x", sample_count=SECOND)
    path.write_bytes(b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + path.read_bytes())
    assert measured(path).sample_count == SECOND


def test_a_hole_in_an_mp3_is_tolerated(tmp_path: Path) -> None:
    path = make("mp3_cbr", tmp_path / "x", sample_count=10 * SECOND)
    content = bytearray(path.read_bytes())
    content[40_000:44_000] = b"\x55" * 4000
    path.write_bytes(content)
    assert measured(path).duration_seconds == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize("container", ["mp3", "flac", "mp4"])
def test_a_cover_is_no_video(container: str, tmp_path: Path) -> None:
    codec = {"mp3": "libmp3lame", "flac": "flac", "mp4": "alac"}[container]
    path = tmp_path / "x"
    with av.open(str(path), "w", format=container) as target:
        audio = target.add_stream(codec, rate=SECOND, layout="mono")
        assert isinstance(audio, av.AudioStream)
        picture = target.add_stream("mjpeg", rate=1, width=64, height=64, pix_fmt="yuvj420p")
        picture.disposition = av.stream.Disposition.attached_pic
        image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        target.mux(picture.encode(image))
        target.mux(picture.encode(None))
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, SECOND), np.int16), format="s16p", layout="mono"
        )
        frame.sample_rate, frame.pts = SECOND, 0
        target.mux(audio.encode(frame))
        target.mux(audio.encode(None))
    assert measured(path).sample_count == SECOND


def test_the_position_of_the_caller_is_left_alone(tmp_path: Path) -> None:
    path = make("wav16", tmp_path / "x")
    with path.open("rb", buffering=0) as file:
        file.seek(77)
        found = asyncio.run(Probe().measure(file.fileno()))
        assert isinstance(found, Measured)
        assert file.tell() == 77
