"""A link's QR code (ISO/IEC 18004), as an SVG draws it."""

from __future__ import annotations

from itertools import groupby

import msgspec

# Light modules around it, without which it isn't found (ISO/IEC 18004, 5.3.8).
_QUIET = 4


class QrCode(msgspec.Struct, frozen=True):
    """The modules along an edge, with the quiet zone, and the dark ones as an SVG path."""

    size: int
    path: str


def draw_qr_code(url: str) -> QrCode:
    """Draw the code of an address. Takes some milliseconds, more for a longer one."""
    # Imported here: only few pages need it, and it takes a while to load.
    import segno

    rows = segno.make(url, error="m", micro=False).matrix
    drawn = [
        f"M{x} {y}h{length}v1h-{length}z"
        for y, row in enumerate(rows, _QUIET)
        for x, length in _dark(row)
    ]
    return QrCode(len(rows) + 2 * _QUIET, "".join(drawn))


def _dark(row: bytearray) -> list[tuple[int, int]]:
    """Where dark modules in a row begin, and how many they are."""
    found, x = [], _QUIET
    for is_dark, modules in groupby(row):
        length = len(list(modules))
        if is_dark:
            found.append((x, length))
        x += length
    return found
