"""The demo's instruments: each function sounds one note or one stroke from arithmetic alone.

All share one signature, `Voice`: (pitch as a MIDI number, seconds held, brightness 0..1) to a sound of
shape (2, samples) or (1, samples), float32, 44.1 kHz, peak about 1. A drum takes its pitch as the
number of a take, so that two strokes in a row are not the same noise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 44_100
_SOFT = np.float32(0.75)
Sound: TypeAlias = NDArray[np.float32]
Voice: TypeAlias = Callable[[int, float, float], Sound]


def electric_piano(pitch: int, seconds: float, brightness: float) -> Sound:
    """Two-operator FM with a short bell-like tine; the two sides are a few cents apart."""
    t = _times(seconds + 0.35)
    fall = np.exp(-t / (2.4 * 2 ** ((60 - pitch) / 24)))
    sides = []
    for cents in (-2.5, 2.5):
        turn = _turn(t, pitch + cents / 100)
        depth = (0.5 + 1.5 * brightness) * np.exp(-t / 0.8) + 0.25
        body = np.sin(turn + depth * np.sin(turn)) + 0.18 * np.sin(2 * turn) * np.exp(-t / 0.5)
        tine = 0.3 * brightness * np.sin(7 * turn + 0.4 * np.sin(turn)) * np.exp(-t / 0.14)
        sides.append((body + tine) * fall)
    sway = 0.18 * np.sin(2 * np.pi * 4.3 * t)
    return _held(np.stack([sides[0] * (1 - sway), sides[1] * (1 + sway)]), 0.004, 0.3) * _SOFT


def vibraphone(pitch: int, seconds: float, brightness: float) -> Sound:
    """A soft mallet: the tuned bar's partials at 1, 4 and 10, with a slow tremolo."""
    t = _times(seconds + 0.9)
    turn = _turn(t, pitch)
    bar = np.sin(turn) * np.exp(-t / 1.5) + (0.1 + 0.2 * brightness) * np.sin(4 * turn) * np.exp(
        -t / 0.35
    )
    bar += 0.08 * brightness * np.sin(9.9 * turn) * np.exp(-t / 0.05)
    sway = 0.16 * np.sin(2 * np.pi * 5.1 * t)
    return _held(np.stack([bar * (1 - sway), bar * (1 + sway)]), 0.002, 0.8) * _SOFT


def round_bass(pitch: int, seconds: float, brightness: float) -> Sound:
    """A finger on a flat-wound string: three partials, the upper ones gone soon."""
    t = _times(seconds + 0.08)
    turn = _turn(t, pitch)
    tone = np.sin(turn) * np.exp(-t / 1.6)
    tone += (0.35 + 0.3 * brightness) * np.sin(2 * turn) * np.exp(-t / 0.45)
    tone += 0.2 * brightness * np.sin(3 * turn) * np.exp(-t / 0.2)
    return _held(np.tanh(1.3 * tone)[None], 0.007, 0.07)


def guitar(pitch: int, seconds: float, brightness: float) -> Sound:
    """A plucked string after Karplus and Strong, each side plucked with a noise of its own."""
    frequency = float(_frequency(pitch))
    blend = 0.5 - 0.22 * brightness
    period = max(2, round(SAMPLE_RATE / frequency - blend))
    length = int((seconds + 0.25) * SAMPLE_RATE * 1.03) // period + 2
    rng = np.random.default_rng(pitch)
    burst = band(rng.standard_normal((2, period)), 0, 1200 + 3800 * brightness)
    # Plucking near the bridge takes out the harmonics that have a node there.
    burst -= 0.8 * np.roll(burst, period // 6, axis=1)
    burst -= burst.mean(axis=1, keepdims=True)
    rows = np.empty((length, 2, period), np.float32)
    rows[0] = burst / np.abs(burst).max()
    loss = 0.5 ** (1 / (frequency * (1.1 if pitch < 62 else 0.8)))
    for row in range(1, length):
        before = rows[row - 1]
        rows[row] = (loss * (1 - blend)) * before
        rows[row, :, 1:] += (loss * blend) * before[:, :-1]
        rows[row, :, 0] += (loss * blend) * rows[row - 2, :, -1] if row > 1 else 0
    string = rows.transpose(1, 0, 2).reshape(2, -1)
    # The loop can only have a whole period; reading it a little slower or faster tunes it.
    at = np.arange(int((seconds + 0.25) * SAMPLE_RATE)) * (
        frequency * (period + blend) / SAMPLE_RATE
    )
    places = np.arange(string.shape[1])
    return _held(np.stack([np.interp(at, places, side) for side in string]), 0.001, 0.22)


def pad(pitch: int, seconds: float, brightness: float) -> Sound:
    """A choir of strings: every harmonic a narrow band of random phases (after Nasca's PADsynth)."""
    t = _times(seconds + 1.4)
    size = 1 << int(np.ceil(np.log2(t.size)))
    frequency = float(_frequency(pitch))
    hertz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    level = np.zeros(hertz.size)
    for harmonic in range(1, min(24, int(9000 / frequency)) + 1):
        centre, width = harmonic * frequency, harmonic * frequency * 0.006
        reach = slice(*np.searchsorted(hertz, (centre - 4 * width, centre + 4 * width)))
        height = harmonic ** -(2.2 - 0.9 * brightness) / width**0.5
        level[reach] += height * np.exp(-0.5 * ((hertz[reach] - centre) / width) ** 2)
    rng = np.random.default_rng(1000 + pitch)
    phases = np.exp(2j * np.pi * rng.random((2, hertz.size)))
    choir = np.fft.irfft((level * phases).astype(np.complex64), size)[:, : t.size]
    choir *= 0.25 / np.sqrt(np.mean(choir**2))
    return _held(choir, min(0.9, seconds / 2), 1.3)


def flute(pitch: int, seconds: float, brightness: float) -> Sound:
    """A breathy lead: few harmonics, a vibrato that sets in late, air around the note."""
    t = _times(seconds + 0.12)
    vibrato = 0.16 * np.clip((t - 0.25) / 0.5, 0, 1) * np.sin(2 * np.pi * 5.2 * t)
    scoop = -0.35 * np.exp(-t / 0.03)
    turn = _turn(t, pitch + vibrato + scoop)
    tone = np.sin(turn)
    for harmonic, height in ((2, 0.34), (3, 0.16), (4, 0.07), (5, 0.03)):
        tone += (0.5 + brightness) * height * np.sin(harmonic * turn + harmonic)
    swell = 0.75 + 0.25 * np.clip(t / 0.4, 0, 1) + vibrato
    frequency = float(_frequency(pitch))
    air = band(np.random.default_rng(pitch).standard_normal((2, t.size)), frequency, 6000)
    return _held((tone + 0.035 * air) * swell, 0.05, 0.12) * _SOFT


def saw_bass(pitch: int, seconds: float, brightness: float) -> Sound:
    """A synthesiser's bass: a saw wave through a filter that closes, over a sine."""
    t = _times(seconds + 0.05)
    turn = _turn(t, pitch)
    cutoff = 140 + (300 + 1500 * brightness) * np.exp(-t / 0.11)
    tone = _saw(turn, _frequency(pitch), cutoff, 32) + 0.5 * np.sin(turn)
    return _held(np.tanh(1.5 * tone)[None], 0.003, 0.05)


def saw_pluck(pitch: int, seconds: float, brightness: float) -> Sound:
    """The arpeggio's note: two saws a few cents apart, one each side, filter and level falling."""
    t = _times(seconds + 0.18)
    cutoff = 250 + (500 + 6500 * brightness) * np.exp(-t / (0.05 + 0.13 * brightness))
    sides = [
        _saw(_turn(t, pitch + cents / 100), _frequency(pitch), cutoff, 24) for cents in (-5.0, 5.0)
    ]
    return _held(np.stack(sides) * np.exp(-t / 0.2), 0.002, 0.15)


def saw_lead(pitch: int, seconds: float, brightness: float) -> Sound:
    """A singing lead: two saws apart, a steady filter, a late vibrato."""
    t = _times(seconds + 0.15)
    vibrato = 0.14 * np.clip((t - 0.2) / 0.4, 0, 1) * np.sin(2 * np.pi * 5.6 * t)
    cutoff = 1100 + 2600 * brightness * (0.6 + 0.4 * np.exp(-t / 0.25))
    sides = [
        _saw(_turn(t, pitch + vibrato + cents / 100), _frequency(pitch), cutoff, 14)
        for cents in (-7.0, 6.0)
    ]
    return _held(np.stack(sides), 0.015, 0.14) * _SOFT


def kick(take: int, seconds: float, brightness: float) -> Sound:
    """A drum skin: a sine that falls to 47 Hz, with a beater's tap when bright."""
    t = _times(0.42)
    turn = 2 * np.pi * (47 * t + (1.6 + 2.2 * brightness) * (1 - np.exp(-t / 0.028)))
    tap = band(_noise(take, t.size), 900, 5000) * np.exp(-t / 0.004) * 0.25 * brightness
    return _held(np.tanh(1.4 * np.sin(turn) * np.exp(-t / 0.13)) + tap, 0.002, 0.1)


def snare(take: int, seconds: float, brightness: float) -> Sound:
    """Skin and wires; dull and slow it is a brush, bright and sudden a stick with a clap's tail."""
    t = _times(0.4)
    wires = band(_noise(take + 20, t.size, 2), 900 + 500 * brightness, 5500 + 5000 * brightness)
    skin = np.sin(2 * np.pi * (178 * t + 1.2 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / 0.07)
    blow = wires * np.exp(-t / (0.075 + 0.02 * brightness)) * 0.33 + 0.5 * brightness * skin
    return _held(blow, 0.012 - 0.011 * brightness, 0.1)


def hat(take: int, seconds: float, brightness: float) -> Sound:
    """A cymbal or a shaker: high noise that lasts as long as the note is held."""
    t = _times(seconds + 0.04)
    hiss = band(_noise(take + 40, t.size, 2), 5200 + 1500 * brightness, 14_500)
    return _held(hiss * np.exp(-t / max(0.02, seconds * 0.45)) * 0.4, 0.003, 0.03)


def wind(take: int, seconds: float, brightness: float) -> Sound:
    """A brush drawn over the skin, or a rush of air: noise that swells and goes from side to side."""
    t = _times(seconds) / np.float32(seconds)
    low = 700 + 900 * brightness
    noise = band(_noise(take + 60, t.size, 2), low, low * (3 + 3 * brightness))
    across = (1.2 * t - 0.6) * (1 if take % 2 else -1)
    swell = np.sin(np.pi * t ** (1 + 3 * brightness)) ** 2 * 0.3
    return _held(noise * swell * np.stack([1 - across, 1 + across]), 0.01, 0.01)


def crackle(take: int, seconds: float, brightness: float) -> Sound:
    """An old record's surface, one turn of it over and over: hiss, and dust that ticks at random."""
    rng = np.random.default_rng(take + 100)
    turn = band(rng.standard_normal((2, 1 << 18)), 60, 2500) * 0.06
    dust = rng.integers(0, turn.shape[1], 50)
    turn[rng.integers(0, 2, 50), dust] += rng.lognormal(0.5, 0.7, 50) * rng.choice((-1, 1), 50)
    samples = int(seconds * SAMPLE_RATE)
    surface = np.tile(band(turn, 30, 4500).astype(np.float32), samples // turn.shape[1] + 1)
    surface = surface[:, :samples]
    return _held(surface, 0.6, 2.0)


def band(sound: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """The sound between two frequencies in hertz, with soft edges."""
    # A transform of a length with a large prime factor takes many times as long.
    size = -(-sound.shape[-1] // 1024) * 1024
    hertz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    passed = 1 / (1 + (hertz / high) ** 6) * (1 - 1 / (1 + (hertz / max(low, 1)) ** 4))
    return np.fft.irfft(np.fft.rfft(sound, size) * passed, size)[..., : sound.shape[-1]]


def _times(seconds: float) -> Sound:
    count = max(64, int(seconds * SAMPLE_RATE))
    return (np.arange(count) / SAMPLE_RATE).astype(np.float32)


def _frequency(pitch: float | NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    return np.asarray(440 * 2 ** ((np.asarray(pitch, np.float64) - 69) / 12), np.float64)


def _turn(t: Sound, pitch: float | NDArray[np.floating[Any]]) -> Sound:
    """The phase in radians, within one turn: float32 would lose it over many turns."""
    cycles = np.cumsum(np.broadcast_to(_frequency(pitch), t.shape)) / SAMPLE_RATE
    return (2 * np.pi * (cycles % 1)).astype(np.float32)


def _saw(turn: Sound, frequency: NDArray[np.float64], cutoff: Sound, most: int) -> Sound:
    """A saw through a two-pole filter whose `cutoff` (hertz) moves; no harmonic above 13 kHz."""
    sound = np.zeros_like(turn)
    ratio = (frequency / cutoff).astype(np.float32) ** 2
    for harmonic in range(1, min(most, int(13_000 / frequency)) + 1):
        passed = 1 / (1 + ratio * np.float32(harmonic**2))
        sound += np.sin(np.float32(harmonic) * turn) * passed * np.float32(0.7 / harmonic)
    return sound


def _noise(seed: int, samples: int, channels: int = 1) -> NDArray[np.float64]:
    return np.random.default_rng(seed).standard_normal((channels, samples))


def _held(sound: NDArray[np.floating[Any]], attack: float, release: float) -> Sound:
    """The sound with a rounded beginning and end (seconds), which is what keeps clicks away."""
    shaped = np.atleast_2d(sound).astype(np.float32)
    for seconds, edge in ((attack, slice(None)), (release, slice(None, None, -1))):
        count = min(shaped.shape[1], max(8, int(seconds * SAMPLE_RATE)))
        ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)
        shaped[:, edge][:, :count] *= ramp.astype(np.float32)
    return shaped
