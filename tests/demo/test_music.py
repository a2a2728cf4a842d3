"""The demo's three pieces: whole files of the promised kinds, which sound like music, not like noise."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from listenlink.demo import music

RATE = 44_100
TAIL_SECONDS = 6


@dataclass(frozen=True)
class Heard:
    """A piece as composed, and its file as decoded: (2, samples)."""

    piece: music.Piece
    path: Path
    composed: NDArray[np.float32]
    decoded: NDArray[np.float32]

    @property
    def body(self) -> NDArray[np.float32]:
        """What is heard before the last notes die away."""
        return self.decoded[:, : -TAIL_SECONDS * RATE]


@pytest.fixture(scope="module", params=music.PIECES, ids=lambda piece: piece.slug)
def heard(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Heard:
    piece: music.Piece = request.param
    composed: list[NDArray[np.float32]] = []
    compose = music.compose

    def keep(piece: music.Piece) -> NDArray[np.float32]:
        composed.append(compose(piece))
        return composed[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(music, "compose", keep)
        path = music.render(piece, tmp_path_factory.mktemp("demo"))
    return Heard(piece, path, composed[0], _decode(path))


def _decode(path: Path) -> NDArray[np.float32]:
    resampler = av.AudioResampler("fltp", "stereo", RATE)
    with av.open(str(path)) as container:
        frames = [
            converted.to_ndarray()
            for frame in container.decode(audio=0)
            for converted in resampler.resample(frame)
        ]
    return np.concatenate(frames, axis=1).astype(np.float32)


def test_the_file_is_what_the_piece_says(heard: Heard) -> None:
    assert heard.path.name == heard.piece.file_name
    assert [entry.name for entry in heard.path.parent.iterdir()] == [heard.piece.file_name]
    with av.open(str(heard.path)) as container:
        stream = container.streams.audio[0]
        codec = {"libmp3lame": "mp3"}.get(heard.piece.codec, heard.piece.codec)
        assert stream.codec_context.name.removesuffix("float") == codec
        assert (stream.rate, stream.channels) == (RATE, 2)
        assert container.metadata["title"] == heard.piece.title
        assert container.metadata["artist"] == "Listenlink Demo"
        if heard.piece.bit_rate:
            assert container.bit_rate == pytest.approx(heard.piece.bit_rate, rel=0.1)


def test_the_three_pieces_differ_in_name_and_format() -> None:
    for field in ("slug", "title", "file_name", "container", "codec", "description"):
        assert len({getattr(piece, field) for piece in music.PIECES}) == 3


def test_it_lasts_as_composed(heard: Heard) -> None:
    assert 62 * RATE <= heard.composed.shape[1] <= 90 * RATE
    assert abs(heard.decoded.shape[1] - heard.composed.shape[1]) <= 2304


def test_the_file_holds_the_composition(heard: Heard) -> None:
    count = min(heard.decoded.shape[1], heard.composed.shape[1])
    error = heard.decoded[:, :count] - heard.composed[:, :count]
    tolerance = 1 / 32_768 if heard.piece.codec == "flac" else 0.1
    assert np.sqrt(np.mean(error**2)) < tolerance * np.sqrt(np.mean(heard.composed**2) + 1)


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


def test_a_render_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence = np.zeros((2, RATE), np.float32)
    monkeypatch.setattr(music, "compose", lambda piece: silence)

    def stop(piece: music.Piece, sound: NDArray[np.float32], path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(music, "_encode", stop)
    with pytest.raises(OSError, match="disk full"):
        music.render(music.PIECES[0], tmp_path)
    assert list(tmp_path.iterdir()) == []
