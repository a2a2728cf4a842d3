"""Files that are refused, each with its reason; and hostile ones, which end and harm nobody."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listenlink.media.measure import REASONS, Measured, Probe, Refused
from media.make_audio import make
from media.sandboxed import children
from media.silent_flac import make_silent_flac

pytestmark = pytest.mark.usefixtures("others")

SECOND = 44_100


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
        frame.sample_rate, frame.pts = SECOND, 0
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    assert measured(path).sample_count == 3 * SECOND
    path.write_bytes(path.read_bytes()[:-200])
    assert reason(path) == "truncated"


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
            frame.sample_rate, frame.pts = SECOND, 0
            target.mux(audio.encode(frame))
            target.mux(audio.encode(None))
    return path


@pytest.mark.parametrize("sound", [True, False])
def test_a_video_is_refused(sound: bool, tmp_path: Path) -> None:
    assert reason(_make_video(tmp_path / "x.m4a", sound)) == "video"


def test_other_codecs_in_a_known_container_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with av.open(str(path), "w", format="wav") as target:
        stream = target.add_stream("adpcm_ms", rate=SECOND, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, SECOND), np.int16), format="s16", layout="mono"
        )
        frame.sample_rate, frame.pts = SECOND, 0
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    assert reason(path) == "not_audio"


@pytest.mark.parametrize(("rate", "refused"), [(1, True), (39, True), (100, False)])
def test_what_nobody_could_hear_is_refused(rate: int, refused: bool, tmp_path: Path) -> None:
    path = make("wav16", tmp_path / "x", sample_count=2 * SECOND, channels=1)
    content = bytearray(path.read_bytes())
    content[24:28] = rate.to_bytes(4, "little")
    path.write_bytes(content)
    found = measure(path, max_seconds=100_000)
    assert isinstance(found, Refused) == refused
    assert getattr(found, "reason", "not_audio") == "not_audio"


def test_too_long(tmp_path: Path) -> None:
    path = make("m4a_aac", tmp_path / "x", sample_count=5 * SECOND)
    assert reason(path, max_seconds=4) == "too_long"
    found = measure(path, max_seconds=5)
    assert isinstance(found, Measured)
    assert found.sample_count == 5 * SECOND


@pytest.mark.parametrize(
    ("channels", "rate", "refused"),
    [(2, 192_000, False), (8, 48_000, False), (8, 192_000, True), (8, 96_000, True)],
)
def test_more_samples_than_anything_recorded_has_are_refused(
    channels: int, rate: int, refused: bool, tmp_path: Path
) -> None:
    """As many as three seconds of stereo at 192 kHz have, in all channels together; the whole playing time
    allowed is three seconds."""
    found = measure(make_silent_flac(tmp_path / "x", 3, channels, rate), max_seconds=3)
    assert isinstance(found, Refused) == refused
    if refused:
        assert found == Refused("too_many_samples")
        assert "192 kHz" in REASONS["too_many_samples"]
    # Whoever is shorter may have more channels at higher rates.
    assert isinstance(
        measure(make_silent_flac(tmp_path / "y", 0.7, channels, rate), max_seconds=3), Measured
    )


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
