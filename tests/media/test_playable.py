"""What browsers play as it is, at its limits; and sound of many channels or kinds as one stereo stream."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import av
import numpy as np
import pytest

from listenlink.media.sandbox.downmix import Downmix
from listenlink.media.sandbox.formats import (
    AAC,
    AIFF,
    FLAC,
    M4A,
    MATROSKA,
    MP3,
    OGG,
    OGG_FLAC,
    OPUS,
    WAV,
    WEBM,
)
from listenlink.media.sandbox.playable import Sound, plays_as_it_is

PLAIN = Sound(WAV, "pcm_s16le", None, 2, 44_100, 1000, is_well_formed=True)
SONG = replace(PLAIN, format=M4A, codec="aac", profile="LC")


@pytest.mark.parametrize(
    ("sound", "changes", "plays"),
    [
        (PLAIN, {}, True),
        (PLAIN, {"codec": "pcm_f32le"}, True),
        (PLAIN, {"codec": "pcm_f64le"}, False),
        (PLAIN, {"codec": "pcm_s16be"}, False),
        (PLAIN, {"codec": "mp3float"}, False),
        (PLAIN, {"channels": 8}, True),
        (PLAIN, {"channels": 9}, False),
        (PLAIN, {"rate": 3_000}, True),
        (PLAIN, {"rate": 2_999}, False),
        (PLAIN, {"rate": 384_000}, True),
        (PLAIN, {"rate": 384_001}, False),
        (PLAIN, {"size_bytes": 20_000_001}, False),
        (PLAIN, {"is_well_formed": False}, False),
        (PLAIN, {"is_steady": False}, False),
        (SONG, {}, True),
        (SONG, {"profile": "HE-AACv2"}, True),
        (SONG, {"profile": "xHE-AAC"}, False),
        (SONG, {"profile": "Main"}, False),
        (SONG, {"codec": "alac", "profile": None}, False),
        (SONG, {"codec": "opus"}, True),
        (SONG, {"codec": "flac"}, True),
        (SONG, {"codec": "mp3float"}, False),
        (SONG, {"format": AAC}, True),
        (SONG, {"format": MATROSKA}, False),
        (PLAIN, {"format": AIFF}, False),
        (PLAIN, {"format": FLAC, "codec": "flac", "size_bytes": 10**9}, True),
        (PLAIN, {"format": OGG_FLAC, "codec": "flac"}, False),
        (PLAIN, {"format": MP3, "codec": "mp3float"}, True),
        (PLAIN, {"format": OGG, "codec": "vorbis"}, True),
        (PLAIN, {"format": OPUS, "codec": "opus"}, True),
        (PLAIN, {"format": WEBM, "codec": "opus"}, True),
    ],
)
def test_what_plays_as_it_is(sound: Sound, changes: dict[str, Any], plays: bool) -> None:
    assert plays_as_it_is(replace(sound, **changes)) is plays


NUMBERS = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "flt": np.float32, "dbl": np.float64}


def _frame(kind: str, layout: str, channels: int, rate: int, level: float) -> av.AudioFrame:
    packed = kind.removesuffix("p")
    sound = np.full((1, channels * rate), level)
    if packed == "u8":
        sound = sound * 127 + 128
    elif packed in ("s16", "s32"):
        sound = sound * (2 ** (15 if packed == "s16" else 31) - 1)
    frame = av.AudioFrame.from_ndarray(sound.astype(NUMBERS[packed]), format=packed, layout=layout)
    frame.sample_rate = rate
    # PyAV itself can't fill so many planes.
    return frame if kind == packed else av.AudioResampler(kind, layout, rate).resample(frame)[0]


@pytest.mark.parametrize("kind", ["u8", "s16", "s32", "fltp", "dbl"])
@pytest.mark.parametrize(("layout", "channels"), [("hexadecagonal", 16), ("22.2", 24)])
def test_many_channels_become_their_mean(kind: str, layout: str, channels: int) -> None:
    mix = Downmix("fltp", "stereo", 48_000)
    frames = [*mix.add(_frame(kind, layout, channels, 48_000, 0.5)), *mix.end()]
    sound = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
    assert sound.shape == (2, 48_000)
    assert np.ptp(sound) < 0.01
    assert 0.3 < sound.mean() < 0.6


def test_changes_on_the_way_make_one_stream() -> None:
    mix = Downmix("fltp", "stereo", 48_000)
    parts = [("s16", "mono", 1, 8_000), ("fltp", "stereo", 2, 44_100), ("s32", "5.1", 6, 96_000)]
    frames = [frame for part in parts for frame in mix.add(_frame(*part, 0.2))]
    frames += mix.end()
    assert {(frame.sample_rate, frame.layout.nb_channels) for frame in frames} == {(48_000, 2)}
    assert sum(frame.samples for frame in frames) == pytest.approx(3 * 48_000, abs=100)
