"""Audio files for tests, made with PyAV and numpy: the same bytes each time, no fixtures on disk.

`FORMATS` names a recipe per kind of file; `make(kind, path)` writes one.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from listenlink.media.sandbox.mpeg_frames import mp3_frame_bytes

_BLOCK_SAMPLES = 44100
# What is asked for again isn't encoded again, except large files.
_KEPT_BYTES = 1_000_000
_made: dict[tuple[object, ...], bytes] = {}


@dataclass(frozen=True)
class Recipe:
    """How one kind of file is written. `is_exact`: the file declares its delay and padding."""

    container: str
    codec: str
    sample_format: str
    is_exact: bool = True
    bit_rate: int | None = None
    sample_rate: int = 44_100
    codec_options: Mapping[str, str] = field(default_factory=dict)
    container_options: Mapping[str, str] = field(default_factory=dict)


_NO_XING = {"write_xing": "0"}
_ID3 = {"write_id3v2": "1"}
_VBR = {"flags": "+qscale"}

FORMATS: Mapping[str, Recipe] = {
    "wav16": Recipe("wav", "pcm_s16le", "s16"),
    "wav24": Recipe("wav", "pcm_s24le", "s32"),
    "wav_float": Recipe("wav", "pcm_f32le", "flt"),
    "rf64": Recipe("wav", "pcm_s16le", "s16", container_options={"rf64": "always"}),
    "flac": Recipe("flac", "flac", "s16"),
    "mp3_cbr": Recipe("mp3", "libmp3lame", "fltp", False, 128_000, 44_100, {}, _NO_XING),
    "mp3_vbr": Recipe("mp3", "libmp3lame", "fltp", False, None, 44_100, _VBR, _NO_XING),
    "mp3_xing": Recipe("mp3", "libmp3lame", "fltp", bit_rate=128_000),
    "m4a_aac": Recipe("ipod", "aac", "fltp", bit_rate=128_000),
    "m4a_alac": Recipe("ipod", "alac", "s16p"),
    "ogg_vorbis": Recipe("ogg", "vorbis", "fltp", codec_options={"strict": "-2"}),
    "ogg_opus": Recipe("ogg", "libopus", "flt", bit_rate=96_000, sample_rate=48_000),
    "aiff": Recipe("aiff", "pcm_s16be", "s16"),
    "aac_adts": Recipe("adts", "aac", "fltp", False, 128_000, 44_100, {}, _ID3),
    "ogg_flac": Recipe("ogg", "flac", "s16"),
    "m4a_opus": Recipe("mp4", "libopus", "flt", bit_rate=96_000, sample_rate=48_000),
    "m4a_flac": Recipe("mp4", "flac", "s16"),
    "webm_opus": Recipe("webm", "libopus", "flt", bit_rate=96_000, sample_rate=48_000),
    "webm_vorbis": Recipe("webm", "vorbis", "fltp", False, codec_options={"strict": "-2"}),
    "mka_flac": Recipe("matroska", "flac", "s16"),
}


def make(
    kind: str,
    path: Path,
    *,
    sample_count: int = 66_150,
    sample_rate: int | None = None,
    channels: int = 2,
    tags: Mapping[str, str] | None = None,
    silent: bool = False,
) -> Path:
    """Write `sample_count` samples of the kind (a key of FORMATS) to `path`, and return it."""
    recipe = FORMATS[kind]
    asked = (kind, sample_count, sample_rate, channels, str(tags), silent)
    if asked in _made:
        path.write_bytes(_made[asked])
        return path
    _write(recipe, path, sample_count, sample_rate or recipe.sample_rate, channels, tags, silent)
    if path.stat().st_size < _KEPT_BYTES:
        _made[asked] = path.read_bytes()
    return path


def _write(
    recipe: Recipe,
    path: Path,
    sample_count: int,
    sample_rate: int,
    channels: int,
    tags: Mapping[str, str] | None,
    silent: bool,
) -> None:
    layout = "stereo" if channels == 2 else "mono"
    with av.open(
        str(path), "w", format=recipe.container, container_options=dict(recipe.container_options)
    ) as container:
        container.metadata.update(tags or {})
        stream = container.add_stream(
            recipe.codec,
            rate=sample_rate,
            options=dict(recipe.codec_options),
            layout=layout,
            format=recipe.sample_format,
        )
        assert isinstance(stream, av.AudioStream)
        if recipe.bit_rate:
            stream.bit_rate = recipe.bit_rate
        elif "flags" in recipe.codec_options:
            stream.codec_context.global_quality = 2 * 118  # FF_QP2LAMBDA: LAME's -V2.
        resampler = av.AudioResampler(recipe.sample_format, layout, sample_rate)
        for frame in _frames(sample_count, sample_rate, channels, silent):
            for converted in resampler.resample(frame):
                container.mux(stream.encode(converted))
        container.mux(stream.encode(None))


def cut_by_an_editor(path: Path, part: float = 0.5) -> Path:
    """Leave this part of an MP3's frames, behind the header that counts all, and an ID3v1 tag."""
    content, place = path.read_bytes(), 0
    starts = []
    if content[:3] == b"ID3":
        place = 10 + _syncsafe(content[6:10])
    while (size_bytes := mp3_frame_bytes(content[place : place + 4])) is not None:
        starts.append(place)
        place += size_bytes
    end = starts[int(len(starts) * part)]
    path.write_bytes(content[:end] + b"TAG" + b"Cut".ljust(125, b"\0"))
    return path


def _syncsafe(size: bytes) -> int:
    return size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3]


def add_cover(path: Path, picture: bytes | None = None, kind: str = "image/jpeg") -> Path:
    """Put an ID3v2.3 tag with a picture (section 4.15) in front of an MP3 file, and return it."""
    frame = b"\0" + kind.encode() + b"\0\x03\0" + (picture or make_picture())
    frame = b"APIC" + len(frame).to_bytes(4) + b"\0\0" + frame
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\x03\0\0" + size + frame + path.read_bytes())
    return path


@functools.cache
def make_picture(codec: str = "mjpeg", width: int = 64, height: int = 48) -> bytes:
    """A picture of slanting colours."""
    across = np.arange(width).astype(np.uint8)[np.newaxis, :]
    down = np.arange(height).astype(np.uint8)[:, np.newaxis]
    colours = np.empty((height, width, 3), np.uint8)
    colours[..., 0], colours[..., 1], colours[..., 2] = across * 3, down * 4, across + down
    pixel_format = {"mjpeg": "yuvj420p", "png": "rgb24", "libwebp": "yuv420p"}[codec]
    frame = av.VideoFrame.from_ndarray(colours, format="rgb24").reformat(format=pixel_format)
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, pixel_format
    context.time_base = Fraction(1, 1)
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


def _frames(
    sample_count: int, sample_rate: int, channels: int, silent: bool
) -> Iterator[av.AudioFrame]:
    for start in range(0, sample_count, _BLOCK_SAMPLES):
        block_samples = min(_BLOCK_SAMPLES, sample_count - start)
        if silent:
            sound = np.zeros((channels, block_samples), np.float32)
        else:
            sound = _sound(start, block_samples, sample_rate, channels)
        frame = av.AudioFrame.from_ndarray(
            sound, format="fltp", layout="stereo" if channels == 2 else "mono"
        )
        frame.sample_rate = sample_rate
        frame.pts = start
        yield frame


def _sound(start: int, block_samples: int, sample_rate: int, channels: int) -> NDArray[np.float32]:
    """A tone that swells under noise that comes and goes, so that a VBR encoder has work."""
    seconds = np.arange(start, start + block_samples) / sample_rate
    noise = np.random.default_rng(start).standard_normal((channels, block_samples))
    tone = 0.3 * np.sin(2 * np.pi * 220 * seconds) * (1 + np.sin(2 * np.pi * 0.5 * seconds))
    loudness = 0.1 * (np.sin(2 * np.pi * 0.2 * seconds) > 0)
    return np.asarray((tone + loudness * noise).clip(-0.9, 0.9), np.float32)
