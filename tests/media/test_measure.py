"""A measured length is what a listener hears; hostile files end, and harm nobody."""

from __future__ import annotations

import asyncio
import os
import struct
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from listenlink.media.measure import REASONS, Measured, Probe, Refused
from listenlink.media.probe import clean
from media.make_audio import FORMATS, make

SECOND = 44_100


def measure(path: Path, max_seconds: int = 7200) -> Measured | Refused:
    descriptor = os.open(path, os.O_RDWR)
    try:
        return asyncio.run(Probe().measure(descriptor, max_seconds=max_seconds))
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


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


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
    content = bytearray(path.read_bytes())
    page = content.rindex(b"OggS")
    struct.pack_into("<qxxxxxxxxI", content, page + 6, 64 * 1000 - 500, 0)
    struct.pack_into("<I", content, page + 22, _ogg_checksum(content[page:]))
    path.write_bytes(content)
    assert measured(path).sample_count == 64 * 1000 - 500


def _ogg_checksum(page: bytes) -> int:
    """RFC 3533 section 6: CRC-32 with polynomial 04c11db7, unreflected, from zero."""
    checksum = 0
    for byte in page:
        checksum ^= byte << 24
        for _ in range(8):
            checksum = (checksum << 1 ^ (0x04C11DB7 if checksum >> 31 else 0)) & 0xFFFFFFFF
    return checksum


@pytest.mark.parametrize(("second_rate", "kind"), [(44_100, "ogg_vorbis"), (48_000, "ogg_opus")])
def test_chained_ogg_is_the_sum(second_rate: int, kind: str, tmp_path: Path) -> None:
    first = make(kind, tmp_path / "1", sample_count=64_000)
    second = make(kind, tmp_path / "2", sample_count=128_000, sample_rate=second_rate)
    # A chain's links have serial numbers of their own.
    both = tmp_path / "both"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    found = measured(both)
    assert found.duration_seconds == pytest.approx(192_000 / second_rate, abs=0.001)


def test_itunes_gapless_comment_without_an_edit_list(tmp_path: Path) -> None:
    path = _make_m4a_without_edits(tmp_path / "x", 66_150)
    content = path.read_bytes()
    padding = 66 * 1024 - 1024 - 66_150
    comment = f" 00000000 00000400 {padding:08X} {66_150:016X}".encode() + b" 00000000" * 8
    item = _box(
        b"----",
        _box(b"mean", bytes(4) + b"com.apple.iTunes")
        + _box(b"name", bytes(4) + b"iTunSMPB")
        + _box(b"data", struct.pack(">II", 1, 0) + comment),
    )
    path.write_bytes(_insert(content, [b"moov", b"udta", b"meta", b"ilst"], item))
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


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def _insert(content: bytes, parents: list[bytes], item: bytes) -> bytes:
    """Append to the innermost box; `moov` stands last, so no offset changes."""
    changed, start = bytearray(content), 0
    for name in parents:
        start = content.index(name, start) - 4
        size_bytes = struct.unpack_from(">I", content, start)[0]
        struct.pack_into(">I", changed, start, size_bytes + len(item))
        end = start + size_bytes
        start += 8
    return bytes(changed[:end] + item + changed[end:])


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


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (b"Only words, and many of them. " * 50, "not_audio"),
        (b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n", "not_audio"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "not_audio"),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=audio 5004 RTP/AVP 0\r\n", "not_audio"),
        (b"<?xml version='1.0'?><MPD><BaseURL>http://127.0.0.1/</BaseURL></MPD>", "not_audio"),
        (b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + b"#EXTM3U\n/etc/passwd\n" * 40, "not_audio"),
        (b"fLaC" + b"#EXTM3U\n/etc/passwd\n" * 40, "broken"),
        (b"RIFF\xff\xff\xff\xffWAVE" + b"#EXTM3U\n/etc/passwd\n" * 40, "broken"),
        (b"\0\0\0\x18ftypM4A " + b"#EXTM3U\n/etc/passwd\n" * 40, "truncated"),
    ],
)
def test_what_is_not_audio_is_refused(content: bytes, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    assert reason(path) == expected
    assert not children()


@pytest.mark.parametrize("kind", ["wav16", "rf64", "wav_float", "flac", "m4a_aac", "aiff"])
def test_a_cut_file_that_declared_its_length_is_refused(kind: str, tmp_path: Path) -> None:
    path = make(kind, tmp_path / "x", sample_count=4 * SECOND)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 9 // 10])
    assert reason(path) == "truncated"


def test_a_cut_m4a_with_its_index_first_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with av.open(str(path), "w", format="ipod", options={"movflags": "faststart"}) as target:
        stream = target.add_stream("aac", rate=SECOND, layout="mono", format="fltp")
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 3 * SECOND), np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate = SECOND
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    assert measured(path).sample_count == 3 * SECOND
    path.write_bytes(path.read_bytes()[:-200])
    assert reason(path) == "truncated"


@pytest.mark.parametrize("kind", ["mp3_cbr", "mp3_xing", "ogg_vorbis", "ogg_opus"])
def test_a_cut_stream_is_what_it_is(kind: str, tmp_path: Path) -> None:
    path = make(kind, tmp_path / "x", sample_count=4 * SECOND)
    whole_seconds = measured(path).duration_seconds
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 0.5 < measured(path).duration_seconds < whole_seconds - 0.5


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


def _make_video(path: Path, sound: bool) -> Path:
    with av.open(str(path), "w", format="mp4") as target:
        video = target.add_stream("mpeg4", rate=10, width=64, height=64, pix_fmt="yuv420p")
        audio = target.add_stream("aac", rate=SECOND, layout="mono") if sound else None
        for _ in range(10):
            picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            target.mux(video.encode(picture))
        target.mux(video.encode(None))
        if audio is not None:
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, SECOND), np.float32), format="fltp", layout="mono"
            )
            frame.sample_rate = SECOND
            target.mux(audio.encode(frame))
            target.mux(audio.encode(None))
    return path


@pytest.mark.parametrize("sound", [True, False])
def test_a_video_is_refused(sound: bool, tmp_path: Path) -> None:
    assert reason(_make_video(tmp_path / "x.m4a", sound)) == "video"


@pytest.mark.parametrize("container", ["mp3", "flac", "ipod"])
def test_a_cover_is_no_video(container: str, tmp_path: Path) -> None:
    codec = {"mp3": "libmp3lame", "flac": "flac", "ipod": "alac"}[container]
    path = tmp_path / "x"
    with av.open(str(path), "w", format=container) as target:
        audio = target.add_stream(codec, rate=SECOND, layout="mono")
        picture = target.add_stream("mjpeg", rate=1, width=64, height=64, pix_fmt="yuvj420p")
        picture.disposition = av.stream.Disposition.attached_pic
        image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        target.mux(picture.encode(image))
        target.mux(picture.encode(None))
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, SECOND), np.int16), format="s16p", layout="mono"
        )
        frame.sample_rate = SECOND
        target.mux(audio.encode(frame))
        target.mux(audio.encode(None))
    assert measured(path).sample_count == SECOND


def test_other_codecs_in_a_known_container_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with av.open(str(path), "w", format="wav") as target:
        stream = target.add_stream("adpcm_ms", rate=SECOND, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, SECOND), np.int16), format="s16", layout="mono"
        )
        frame.sample_rate = SECOND
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    assert reason(path) == "not_audio"


def test_too_long(tmp_path: Path) -> None:
    path = make("m4a_aac", tmp_path / "x", sample_count=5 * SECOND)
    assert reason(path, max_seconds=4) == "too_long"
    found = measure(path, max_seconds=5)
    assert isinstance(found, Measured)
    assert found.sample_count == 5 * SECOND


def test_two_hours_and_a_second_are_too_long(tmp_path: Path) -> None:
    """At 8 kHz, to be quick; the limit counts seconds."""
    path = make(
        "flac",
        tmp_path / "x",
        sample_count=7201 * 8000,
        sample_rate=8000,
        channels=1,
        silent=True,
    )
    assert reason(path) == "too_long"
    found = measure(path, max_seconds=7201)
    assert isinstance(found, Measured)
    assert found.duration_seconds == 7201


def test_clean_text() -> None:
    assert clean(None) is None
    assert clean(" \x00\x07\n\u2028 ") is None
    assert clean("a\tb\x9f\u202ec\u2069") == "a bc"
    assert clean("é" * 600) == "é" * 512
    assert clean("می‌خواهم 👩‍🎤") == "می‌خواهم 👩‍🎤"  # noqa: RUF001


SEEDS = ["wav16", "flac", "mp3_xing", "mp3_vbr", "m4a_aac", "m4a_alac", "ogg_vorbis", "aiff"]


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("seeds")
    return [make(kind, folder / kind, sample_count=22_050).read_bytes() for kind in SEEDS]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_mutated_files_end_quickly_with_an_answer(
    data: st.DataObject, seeds: list[bytes], tmp_path: Path
) -> None:
    content = bytearray(data.draw(st.sampled_from(seeds)))
    # Headers, and an MP4's index at the end, are where mutations find something.
    near = st.integers(0, 2000)
    places = st.one_of(near, near.map(lambda place: -1 - place), st.integers(0, len(content) - 1))
    values = st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255)
    for place, value in data.draw(st.lists(st.tuples(places, values), min_size=1, max_size=30)):
        content[place % len(content)] = value
    path = tmp_path / "mutated"
    path.write_bytes(content)
    started_at = time.monotonic()
    found = measure(path)
    assert time.monotonic() - started_at < 20
    assert isinstance(found, Measured) or found.reason in REASONS
    assert not children()


def test_a_length_may_lie_as_it_likes(tmp_path: Path) -> None:
    """4 GiB announced in a small file allocates nothing, and ends."""
    path = make("flac", tmp_path / "x", sample_count=SECOND)
    content = bytearray(path.read_bytes())
    content[5:8] = b"\xff\xff\xff"  # STREAMINFO's length.
    path.write_bytes(content)
    assert reason(path) in ("broken", "truncated", "not_audio", "empty")


def test_the_position_of_the_caller_is_left_alone(tmp_path: Path) -> None:
    path = make("wav16", tmp_path / "x")
    with path.open("rb", buffering=0) as file:
        file.seek(77)
        found = asyncio.run(Probe().measure(file.fileno()))
        assert isinstance(found, Measured)
        assert file.tell() == 77


def test_limits_grow_with_the_audio() -> None:
    from listenlink.media.sandbox import limit_seconds

    assert limit_seconds(Fraction(0)) == 20
    assert limit_seconds(Fraction(240)) == 44
    assert limit_seconds(Fraction(7200)) == 180


