"""The demo's studio: notes onto tracks, tracks through effects to a finished sound.

Sound here is (2, samples), float32, 44.1 kHz. Everything that is random has a fixed seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from demo_music.instruments import SAMPLE_RATE, Sound, Voice, band

_KERNEL = 4096


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
        self, chords: Sequence[Chord], *rows: str, force: float, swell: float = 0, ring: float = 0
    ) -> Track:
        """Add what each chord has at a row's semiquavers; the rows take turns.

        A digit is one of the chord's voices, `*` all its notes, `/` all of them spread slowly. A note
        lasts to the next, or `ring` beats; `force` grows by `swell` from first chord to last.
        """
        for index, chord in enumerate(chords):
            row = rows[index % len(rows)][: int(chord.beats * 4)]
            hard = force + swell * index / len(chords)
            for place, sign in enumerate(row):
                if sign == ".":
                    continue
                after = row[place + 1 :]
                beats = ring or (1 + len(after) - len(after.lstrip("."))) / 4
                pitches = chord.notes if sign in "*/" else (chord.voice(int(sign)),)
                stress = 1.0 if place == 0 else 0.9 if place % 4 == 0 else 0.8
                for order, pitch in enumerate(pitches):
                    later = order * (0.14 if sign == "/" else 0.02)
                    self.play(chord.beat + place / 4 + later, pitch, beats, hard * stress)
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


def equalise(sound: Sound, low: float, high: float) -> Sound:
    """The sound between two frequencies in hertz, by a linear-phase filter."""
    click = np.zeros((1, _KERNEL))
    click[0, _KERNEL // 2] = 1
    kernel = band(click, low, high) * np.hanning(_KERNEL)
    return _convolve(sound, kernel.astype(np.float32), 1 << 16, _KERNEL // 2)


def reverberate(sound: Sound, seconds: float, damping: float) -> Sound:
    """A room's answer alone: decaying noise, down 60 dB in `seconds`, dull above `damping` hertz."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(7).standard_normal((2, t.size))
    room = 0.3 * noise * np.exp(-t * 22 / seconds) + band(noise, 150, damping)
    room *= np.exp(-t * 6.9 / seconds)
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


def master(sound: Sound, *, gain: float, fade: float) -> Sound:
    """The finished sound: louder by `gain`, its peaks bent under 0.85, its last seconds faded out."""
    done = equalise(sound, 30, 17_500) * np.float32(gain)
    for start in range(0, done.shape[1], SAMPLE_RATE):
        part = done[:, start : start + SAMPLE_RATE]
        over = np.maximum(np.abs(part) - 0.6, 0)
        part -= np.sign(part) * (over - 0.25 * np.tanh(over / 0.25))
    count = int(fade * SAMPLE_RATE)
    slope = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, count + 1) / count)
    done[:, -count:] *= slope.astype(np.float32)
    return done


def _convolve(sound: Sound, kernel: Sound, size: int, delay: int) -> Sound:
    """Overlap-add in blocks of `size`; the result starts `delay` samples in, as long as the sound."""
    step = size - kernel.shape[1] + 1
    spectrum = np.fft.rfft(kernel, size)
    total = np.zeros((2, sound.shape[1] + size), np.float32)
    for start in range(0, sound.shape[1], step):
        block = np.fft.rfft(sound[:, start : start + step], size)
        total[:, start : start + size] += np.fft.irfft(block * spectrum, size)
    return total[:, delay : delay + sound.shape[1]]
