"""What the child that draws is asked for: known to both sides, so it loads nothing of the server's own."""

from __future__ import annotations

import msgspec


class Drawing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to draw. Hues are in degrees; circles are (x, y, radius, hue) in hundredths of the art's side,
    drawn if there is no `cover`, a JPEG; `peaks` is levels of one byte each."""

    title: str
    artist: str | None
    hue: int
    second_hue: int
    circles: list[tuple[int, int, int, int]]
    cover: bytes | None
    peaks: bytes | None
