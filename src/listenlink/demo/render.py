"""The demo's studio: notes onto tracks, tracks through effects to a master, a master into a file.

Sound here is (2, samples), float32, 44.1 kHz. Everything that is random has a fixed seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from listenlink.demo.instruments import SAMPLE_RATE, Sound, Voice

_KERNEL = 4096
_LIMITER_BLOCK = 64
Response = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord of a harmony: where it begins and how long it lasts in beats, its MIDI pitches."""

    beat: float
    beats: float
    bass: int
    notes: tuple[int, ...]

    def voice(self, digit: int) -> int:
        """0 the bass, 1 to 4 the notes, 5 and 6 the bass's fifth and octave, 7 to 9 notes an octave up."""
        octave_up = tuple(note + 12 for note in self.notes)
        return (self.bass, *self.notes, self.bass + 7, self.bass + 12, *octave_up)[digit]


def harmony(bars: list[str]) -> list[Chord]:
    """Read bars of `bass/note,note,note,note` chords, which share their bar's four beats equally."""
    chords = []
    for bar, text in enumerate(bars):
        written = text.split()
        for place, chord in enumerate(written):
            bass, notes = chord.split("/")
            pitches = tuple(int(note) for note in notes.split(","))
            share = 4 / len(written)
            chords.append(Chord(bar * 4 + place * share, share, int(bass), pitches))
    return chords


class Session:
    """One recording's clock and chance; `swing` is where the off-beat quaver falls in its beat."""

    def __init__(
        self, *, bpm: float, bars: int, tail: float, seed: int, swing: float = 0.5
    ) -> None:
        self._beat_seconds, self._swing = 60 / bpm, swing
        self.samples = int((bars * 4 * self._beat_seconds + tail) * SAMPLE_RATE)
        self.random = np.random.default_rng(seed)

    def seconds(self, beats: float) -> float:
        """How long so many beats last."""
        return beats * self._beat_seconds

    def moment(self, beat: float) -> float:
        """When a beat is played, in seconds from the start, swung."""
        whole, part = divmod(beat, 1)
        late = part * 2 * self._swing if part < 0.5 else 1 - (1 - part) * 2 * (1 - self._swing)
        return 0.05 + self.seconds(whole + late)


class Track:
    """One instrument's notes. `pan` is from -1 (left) to 1; `looseness` is timing's spread, seconds.

    What adds notes returns the track, so that a part can be written in one go.
    """

    def __init__(
        self, session: Session, voice: Voice, *, pan: float = 0.0, looseness: float = 0.006
    ) -> None:
        self._notes: list[tuple[int, Sound, Sound]] = []
        self._session, self._voice, self._looseness = session, voice, looseness
        angle = (1 + pan) * np.pi / 4
        self._sides = np.sqrt(2) * np.array([[np.cos(angle)], [np.sin(angle)]], np.float32)
        self._rendered: dict[tuple[int, float, int], Sound] = {}

    def play(self, beat: float, pitch: int, beats: float, force: float) -> Track:
        """Add a note; force 0..1 is how loud and how bright. A note sounded before is reused."""
        key = (pitch, round(beats, 3), round(force * 4))
        if key not in self._rendered:
            self._rendered[key] = self._voice(pitch, self._session.seconds(beats), key[2] / 4)
        note = self._rendered[key]
        late, harder = self._session.random.standard_normal(2).clip(-2, 2)
        start = max(0, int((self._session.moment(beat) + self._looseness * late) * SAMPLE_RATE))
        level = (force * (1 + 0.07 * harder) * self._sides).astype(np.float32)
        self._notes.append((start, note, level))
        return self

    def strokes(self) -> list[int]:
        """Where its notes start, in samples."""
        return [start for start, _, _ in self._notes]

    def add_to(self, sound: Sound, gain: float) -> None:
        """Sound the notes into `sound`; a track has no sound of its own, which spares memory."""
        for start, note, level in self._notes:
            here = sound[:, start : start + note.shape[1]]
            here += (np.float32(gain) * level) * note[:, : here.shape[1]]

    def tune(self, bar: int, text: str, force: float, shift: int = 0) -> Track:
        """Add a melody written as `pitch:beats`, `-` for a rest; stressed on the strong beats."""
        beat = bar * 4.0
        for pitch, length in (note.split(":") for note in text.replace("|", " ").split()):
            if pitch != "-":
                stress = 1.0 if beat % 2 == 0 else 0.85
                self.play(beat, int(pitch) + shift, float(length), force * stress)
            beat += float(length)
        return self

    def drum(self, bars: Iterable[int], steps: str) -> Track:
        """Add strokes by a bar's row of steps: a digit for how hard (of 9), `.` for none."""
        for bar in bars:
            for place, force in enumerate(steps):
                if force != ".":
                    beat = bar * 4 + place * 4 / len(steps)
                    self.play(beat, (bar + place) % 4, 4 / len(steps), int(force) / 9)
        return self

    def follow(
        self,
        chords: Sequence[Chord],
        *rows: str,
        force: float,
        swell: float = 0.0,
        ring: float = 0.0,
        roll: float = 0.0,
        shift: int = 0,
    ) -> Track:
        """Add what each chord has at a row's semiquavers: a digit its voice, `*` all its notes.

        The rows take turns; a note lasts to the next, or `ring` beats. `roll` parts a chord's notes,
        in beats; `force` grows by `swell` from the first chord to the last.
        """
        for index, chord in enumerate(chords):
            row = rows[index % len(rows)][: int(chord.beats * 4)]
            hard = force + swell * index / len(chords)
            for place, sign in enumerate(row):
                if sign == ".":
                    continue
                after = row[place + 1 :]
                beats = ring or (1 + len(after) - len(after.lstrip("."))) / 4
                pitches = chord.notes if sign == "*" else (chord.voice(int(sign)),)
                stress = 1.0 if place == 0 else 0.9 if place % 4 == 0 else 0.8
                for order, pitch in enumerate(pitches):
                    beat = chord.beat + place / 4 + order * roll
                    self.play(beat, pitch + shift, beats, hard * stress)
        return self


def mix(session: Session, *parts: tuple[Track | Sound, float]) -> Sound:
    """The sum of tracks and sounds, each with its gain."""
    total = np.zeros((2, session.samples), np.float32)
    for part, gain in parts:
        if isinstance(part, Track):
            part.add_to(total, gain)
        else:
            total += np.float32(gain) * part
    return total


def equalise(sound: Sound, response: Response) -> Sound:
    """The sound through a linear-phase filter; `response` gives the gain at frequencies in hertz."""
    gains = response(np.fft.rfftfreq(_KERNEL, 1 / SAMPLE_RATE))
    kernel = np.roll(np.fft.irfft(gains), _KERNEL // 2) * np.hanning(_KERNEL)
    return _convolve(sound, kernel[None].astype(np.float32), 1 << 16, _KERNEL // 2)


def low_pass(hertz: float, order: int = 4) -> Response:
    """A response for `equalise`: down to half at `hertz`, and nothing under 25 Hz."""
    return lambda f: (1 / (1 + (f / hertz) ** order)) * (1 - 1 / (1 + (f / 25) ** 4))


def reverberate(sound: Sound, seconds: float, seed: int, damping: float = 4500.0) -> Sound:
    """A room's answer alone: decaying noise, down 60 dB in `seconds`, dull above `damping` hertz."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(seed).standard_normal((2, t.size))
    spectrum = np.fft.rfft(noise)
    hertz = np.fft.rfftfreq(t.size, 1 / SAMPLE_RATE)
    dull = np.fft.irfft(spectrum / (1 + (hertz / damping) ** 2) * (hertz > 150), t.size)
    room = (0.35 * noise * np.exp(-t * 22 / seconds) + dull) * np.exp(-t * 6.9 / seconds)
    room *= np.clip(t / 0.012, 0, 1)  # A gap before the room answers keeps the note clear.
    room /= np.sqrt((room**2).sum(axis=1, keepdims=True))
    return _convolve(sound, room.astype(np.float32), 1 << 18, 0)


def echo(sound: Sound, seconds: float, feedback: float, repeats: int = 5) -> Sound:
    """Echoes alone, from side to side."""
    step = int(seconds * SAMPLE_RATE)
    total = np.zeros_like(sound)
    middle = sound.mean(axis=0)
    for repeat in range(1, repeats + 1):
        near = repeat % 2
        gain = np.float32(feedback**repeat)
        total[near, step * repeat :] += gain * middle[: -step * repeat]
        total[1 - near, step * repeat :] += np.float32(0.25) * gain * middle[: -step * repeat]
    return total


def wobble(sound: Sound, depth: float) -> Sound:
    """A worn tape: read at a speed that wanders, by at most about `depth` seconds to and fro."""
    read = np.empty_like(sound)
    for start in range(0, sound.shape[1], SAMPLE_RATE):
        places = np.arange(start, min(start + SAMPLE_RATE, sound.shape[1]))
        t = 2 * np.pi * places / SAMPLE_RATE
        sway = 0.6 * np.sin(0.43 * t) + 0.3 * np.sin(0.97 * t + 1) + 0.012 * np.sin(6.3 * t)
        at = (places + depth * SAMPLE_RATE * sway).clip(0, sound.shape[1] - 2)
        before = at.astype(np.intp)
        part = (at - before).astype(np.float32)
        read[:, places] = sound[:, before] * (1 - part) + sound[:, before + 1] * part
    return read


def duck(sound: Sound, strokes: Iterable[int], depth: float, seconds: float) -> Sound:
    """The sound made to give way by `depth` (0..1) after each stroke, back within `seconds`."""
    gain = np.ones(sound.shape[1], np.float32)
    way = np.linspace(0, 1, int(seconds * SAMPLE_RATE))
    dip = 1 - depth * np.minimum(1, way * 30) * (0.5 + 0.5 * np.cos(np.pi * way))
    for start in strokes:
        here = gain[start : start + dip.size]
        np.minimum(here, dip[: here.size].astype(np.float32), out=here)
    return sound * gain


def loudness(sound: Sound) -> float:
    """Loudness in LUFS after BS.1770, near enough: 0.4 s blocks, weighted, gated."""
    size = int(0.4 * SAMPLE_RATE)
    blocks = sound[:, : sound.shape[1] // size * size].reshape(2, -1, size).swapaxes(0, 1)
    hertz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    weight = (
        (hertz / 38) ** 4 / (1 + (hertz / 38) ** 4) * (1 + 1.5 / (1 + (1680 / (hertz + 1)) ** 4))
    )
    window = np.hanning(size).astype(np.float32)
    power = np.array(
        [(np.abs(np.fft.rfft(block * window)) ** 2 @ weight).sum() for block in blocks]
    )
    power *= 2 / (0.375 * size * size)
    heard = power[power > 10 ** ((-70 + 0.691) / 10)]
    heard = heard[heard > heard.mean() / 10]
    return float(10 * np.log10(heard.mean()) - 0.691)


def master(sound: Sound, *, lufs: float, ceiling: float, fade: float) -> Sound:
    """The finished sound: at that loudness, its peaks held under `ceiling`, faded out at the end."""
    done = equalise(sound, lambda f: 1 - 1 / (1 + (f / 28) ** 4))
    done *= np.float32(10 ** ((lufs - loudness(done)) / 20))
    _limit(done, ceiling)
    count = int(fade * SAMPLE_RATE)
    done[:, -count:] *= (0.5 + 0.5 * np.cos(np.pi * np.arange(1, count + 1) / count)).astype(
        np.float32
    )
    return done


def write(
    sound: Sound, path: Path, container: str, codec: str, bit_rate: int | None, tags: dict[str, str]
) -> None:
    """Encode the sound to `path`; `container` and `codec` are FFmpeg's names, `bit_rate` in bit/s."""
    options = {"movflags": "+faststart"} if container == "ipod" else {}
    # The encoders' quicker searches take half the time, with nothing to hear at these bit rates.
    quick = {"libmp3lame": {"compression_level": "7"}, "aac": {"aac_coder": "fast"}}
    with av.open(str(path), "w", format=container, container_options=options) as output:
        output.metadata.update(tags)
        sample_format = "s16" if codec == "flac" else "fltp"
        stream = output.add_stream(
            codec, rate=SAMPLE_RATE, layout="stereo", format=sample_format, options=quick.get(codec)
        )
        if not isinstance(stream, av.AudioStream):
            raise TypeError(f"{codec} is not an audio codec")
        if bit_rate:
            stream.bit_rate = bit_rate
        resampler = av.AudioResampler(sample_format, "stereo", SAMPLE_RATE)
        for start in range(0, sound.shape[1], SAMPLE_RATE):
            block = np.ascontiguousarray(sound[:, start : start + SAMPLE_RATE])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = SAMPLE_RATE, start
            for converted in resampler.resample(frame):
                output.mux(stream.encode(converted))
        output.mux(stream.encode(None))


def _convolve(sound: Sound, kernel: Sound, size: int, delay: int) -> Sound:
    """Overlap-add in blocks of `size`; the result starts `delay` samples in, as long as the sound."""
    step = size - kernel.shape[1] + 1
    spectrum = np.fft.rfft(kernel, size)
    total = np.zeros((2, sound.shape[1] + size), np.float32)
    for start in range(0, sound.shape[1], step):
        block = np.fft.rfft(sound[:, start : start + step], size)
        total[:, start : start + size] += np.fft.irfft(block * spectrum, size)
    return total[:, delay : delay + sound.shape[1]]


def _limit(sound: Sound, ceiling: float) -> None:
    """Bring peaks under the ceiling, in place, by a gain that moves over 35 ms around each."""
    blocks = -(-sound.shape[1] // _LIMITER_BLOCK)
    padded = np.zeros(blocks * _LIMITER_BLOCK, np.float32)
    padded[: sound.shape[1]] = np.maximum(sound.max(axis=0), -sound.min(axis=0))
    needed = np.minimum(1, ceiling / np.maximum(padded.reshape(blocks, -1).max(axis=1), 1e-9))
    reach = 24
    edged = np.pad(needed, reach, constant_values=1)
    lowest = np.lib.stride_tricks.sliding_window_view(edged, 2 * reach + 1).min(axis=1)
    window = np.hanning(2 * reach - 1)
    # Averaged over a window inside the minimum's reach, the gain never exceeds what is needed.
    smooth = np.convolve(np.pad(lowest, reach - 1, mode="edge"), window / window.sum(), "valid")
    # In float64 and all at once, the gain of each sample would be the peak of the memory used.
    for start in range(0, sound.shape[1], SAMPLE_RATE):
        part = sound[:, start : start + SAMPLE_RATE]
        block = (start + np.arange(part.shape[1])) / _LIMITER_BLOCK - 0.5
        part *= np.interp(block, np.arange(blocks), smooth).astype(np.float32)
    np.clip(sound, -ceiling, ceiling, out=sound)
