"""The demonstration's music: three short pieces that the project made itself, to have something to share.

They were composed and rendered by `scripts/demo_music`, which isn't installed; here are only its files.
"""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple


class Piece(NamedTuple):
    """One piece, and the name of its file, which is Opus."""

    title: str
    file_name: str
    description: str


PIECES = (
    Piece(
        "Late Night Study",
        "late-night-study.opus",
        "Electric piano, vibraphone and brushes on a worn tape, long after midnight.",
    ),
    Piece(
        "Harbour Lights",
        "harbour-lights.opus",
        "A plucked guitar and a flute look out over the water as the lamps come on.",
    ),
    Piece(
        "Night Train",
        "night-train.opus",
        "Synthesiser bass, drums and a running arpeggio: the last express, all stations passed.",
    ),
)


def read(piece: Piece) -> bytes:
    """The piece's file."""
    return files(__name__).joinpath(piece.file_name).read_bytes()
