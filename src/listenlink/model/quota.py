"""What an organisation stores, and may store; sizes as people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

LARGEST_BYTES = 2**60
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,3})?) ?([A-Za-z]*)")
_UNITS = {"": 1, "b": 1} | {
    f"{letter}{ending}": base**power
    for power, letter in enumerate("kmgt", 1)
    for ending, base in (("b", 1000), ("", 1000), ("ib", 1024))
}


@dataclass(frozen=True, slots=True)
class Quota:
    """The most that an organisation may store; None means: as much as there is room for."""

    most_bytes: int | None = None
    most_tracks: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What an organisation stores, which begun uploads come on top, and what is allowed it."""

    stored_bytes: int
    tracks: int
    begun_uploads: int
    begun_bytes: int
    quota: Quota

    def is_over(self) -> bool:
        """Whether more is stored than may be, begun uploads left aside."""
        return _is_above(self.stored_bytes, self.quota.most_bytes) or _is_above(
            self.tracks, self.quota.most_tracks
        )

    def has_room_for(self, size_bytes: int) -> bool:
        """Whether one track more of this size may come, if all that has begun comes too."""
        coming = self.stored_bytes + self.begun_bytes + size_bytes
        return not _is_above(coming, self.quota.most_bytes) and not _is_above(
            self.tracks + self.begun_uploads + 1, self.quota.most_tracks
        )


def _is_above(value: int, most: int | None) -> bool:
    return most is not None and value > most


def parse_bytes(text: str) -> int | None:
    """`"10GB"` → 10_000_000_000, `"1.5 GiB"` → 1_610_612_736, `"4096"` → 4096; None if it's no size."""
    match = _SIZE.fullmatch(text.strip())
    unit = None if match is None else _UNITS.get(match[2].lower())
    if match is None or unit is None:
        return None
    whole, _, part = match[1].partition(".")
    size = int(whole) * unit + (int(part) * unit // 10 ** len(part) if part else 0)
    return size if size <= LARGEST_BYTES else None


def write_bytes(size: int) -> str:
    """`1_234_567` → `"1.2 MB"`, for people."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 999.95:
            break
        value, unit = value / 1000, larger
    return f"{size} B" if unit == "B" else f"{value:.1f} {unit}"
