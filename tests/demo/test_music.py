"""The demo's three pieces: whole files, which hold what was composed and sound like music, not like noise."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from demo_music import __main__ as rendering
from demo_music import music
from listenlink import demo

RATE = 44_100
TAIL_SECONDS = 6


@dataclass(frozen=True)
class Heard:
    """A piece as composed, and its file as decoded: (2, samples)."""

    piece: demo.Piece
    composed: NDArray[np.float32]
    decoded: NDArray[np.float32]

    @property
    def body(self) -> NDArray[np.float32]:
        """What is heard before the last notes die away."""
        return self.decoded[:, : -TAIL_SECONDS * RATE]


@pytest.fixture(scope="module", params=demo.PIECES, ids=lambda piece: piece.file_name)
def heard(request: pytest.FixtureRequest) -> Heard:
    piece: demo.Piece = request.param
    return Heard(piece, music.compose(piece), _decode(demo.read(piece)))


def _decode(data: bytes) -> NDArray[np.float32]:
    resampler = av.AudioResampler("fltp", "stereo", RATE)
    with av.open(BytesIO(data), "r") as container:
        frames = [
            converted.to_ndarray()
            for frame in container.decode(audio=0)
            for converted in resampler.resample(frame)
        ]
    frames += [converted.to_ndarray() for converted in resampler.resample(None)]
    return np.concatenate(frames, axis=1).astype(np.float32)


def test_the_file_is_what_the_piece_says(heard: Heard) -> None:
    with av.open(BytesIO(demo.read(heard.piece)), "r") as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.name in ("opus", "libopus")
        assert (stream.rate, stream.channels) == (48_000, 2)
        tags = container.metadata | stream.metadata
        assert (tags["title"], tags["artist"]) == (heard.piece.title, rendering.ARTIST)


def test_what_is_installed_for_the_demo_is_small_and_cannot_compose() -> None:
    assert sum(len(demo.read(piece)) for piece in demo.PIECES) <= 2_000_000
    held = {path.name for path in Path(demo.__file__).parent.iterdir()} - {"__pycache__"}
    assert held == {"__init__.py"} | {piece.file_name for piece in demo.PIECES}


def test_the_three_pieces_differ_in_all_that_is_said_of_them() -> None:
    for field in demo.Piece._fields:
        assert len({getattr(piece, field) for piece in demo.PIECES}) == 3


def test_it_lasts_as_composed(heard: Heard) -> None:
    assert 62 * RATE <= heard.composed.shape[1] <= 90 * RATE
    assert abs(heard.decoded.shape[1] - heard.composed.shape[1]) <= 2304


def test_the_file_holds_the_composition(heard: Heard) -> None:
    count = min(heard.decoded.shape[1], heard.composed.shape[1])
    error = heard.decoded[:, :count] - heard.composed[:, :count]
    assert np.sqrt(np.mean(error**2)) < 0.2 * np.sqrt(np.mean(heard.composed**2))


def test_it_is_neither_clipped_nor_off_centre(heard: Heard) -> None:
    assert np.abs(heard.composed).max() <= 0.86
    assert np.abs(heard.decoded).max() < 0.97
    assert np.abs(heard.decoded.mean(axis=1)).max() < 1e-3


def test_its_loudness_is_like_other_musics_and_it_is_never_silent(heard: Heard) -> None:
    overall = 20 * np.log10(np.sqrt(np.mean(heard.body**2)))
    assert -20 < overall < -13
    size = 5 * RATE
    for start in range(0, heard.body.shape[1] - size, RATE):
        level = 20 * np.log10(np.sqrt(np.mean(heard.body[:, start : start + size] ** 2)))
        assert overall - 15 < level < overall + 5


def test_it_begins_and_ends_without_a_click(heard: Heard) -> None:
    assert np.abs(heard.composed[:, :20]).max() < 0.01
    assert np.abs(heard.composed[:, -RATE // 20 :]).max() < 0.001
    assert np.abs(np.diff(heard.composed)).max() < 0.5


def test_the_two_sides_differ_but_do_not_cancel(heard: Heard) -> None:
    middle, side = heard.body.sum(axis=0) / 2, np.diff(heard.body, axis=0)[0] / 2
    ratio = 10 * np.log10(np.mean(side**2) / np.mean(middle**2))
    assert -15 < ratio < -2
    left, right = np.sqrt(np.mean(heard.body**2, axis=1))
    assert abs(20 * np.log10(left / right)) < 1.5


def test_its_energy_is_spread_over_octaves_and_pitches(heard: Heard) -> None:
    size = 1 << 15
    middle = heard.body.mean(axis=0)
    blocks = middle[: middle.size // size * size].reshape(-1, size)
    power = np.abs(np.fft.rfft(blocks * np.hanning(size))) ** 2
    total = power.sum(axis=0)
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    for low in 60 * 2.0 ** np.arange(7):
        share = total[(hertz >= low) & (hertz < 2 * low)].sum() / total.sum()
        assert 0.001 < share < 0.6, f"{low:.0f} Hz has {share:.4f}"
    tonal = (hertz > 110) & (hertz < 1200)
    classes = np.round(69 + 12 * np.log2(hertz[tonal] / 440)).astype(int) % 12
    chroma = np.array([power[:, tonal][:, classes == pitch].sum(axis=1) for pitch in range(12)])
    assert len(set(chroma.argmax(axis=0))) >= 5, "the harmony moves"
    assert (chroma.sum(axis=1) / chroma.sum() > 0.03).sum() >= 6


def test_it_is_the_same_each_time(heard: Heard) -> None:
    assert music.compose(heard.piece).tobytes() == heard.composed.tobytes()


def test_the_script_makes_the_installed_files(tmp_path: Path) -> None:
    """Of the same PyAV byte for byte; another encoder's file may differ, and lasts as long."""
    piece = demo.PIECES[2]
    path = rendering.render(piece, tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [piece.file_name]
    made, installed = path.read_bytes(), demo.read(piece)
    assert made == installed or _decode(made).shape == _decode(installed).shape


def test_a_render_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence = np.zeros((2, RATE), np.float32)
    monkeypatch.setattr(rendering, "compose", lambda piece: silence)

    def stop(piece: demo.Piece, sound: NDArray[np.float32], path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(rendering, "_encode", stop)
    with pytest.raises(OSError, match="disk full"):
        rendering.render(demo.PIECES[0], tmp_path)
    assert list(tmp_path.iterdir()) == []
