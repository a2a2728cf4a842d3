"""The picture for music without a cover: circles and colours derived from its id, always the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_CIRCLES = 6
_SIDE = 100


@dataclass(frozen=True, slots=True)
class Circle:
    """One circle, in units of a hundredth of the picture's side."""

    x: int
    y: int
    radius: int
    hue: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """Two hues for the background, in degrees, and the circles on it."""

    hue: int
    second_hue: int
    circles: tuple[Circle, ...]


def make_pattern(mark: str) -> Pattern:
    """The pattern for an id."""
    digest = hashlib.sha256(mark.encode()).digest()
    hue = (digest[0] << 8 | digest[1]) % 360
    second = (hue + 40 + digest[2] % 60) % 360
    circles = tuple(
        Circle(
            x=digest[3 + 4 * number] * _SIDE // 255,
            y=digest[4 + 4 * number] * _SIDE // 255,
            radius=10 + digest[5 + 4 * number] % 35,
            hue=(hue + digest[6 + 4 * number] % 90) % 360,
        )
        for number in range(_CIRCLES)
    )
    return Pattern(hue, second, circles)
