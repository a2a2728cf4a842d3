"""A desk with music, for the tests with a browser."""

from __future__ import annotations

from pathlib import Path

import httpx

from cast import upload, wait_for_sound
from media.make_audio import make

NAMES = ("Élan", "Harbour Lights", "Late Night Study")
# Of the one sound that a page has.
IS_SOUNDING = """() => { const sound = document.getElementById("sound");
  return !sound.paused && sound.currentTime > 0.3 }"""


def make_song(folder: Path) -> Path:
    """Of half a minute."""
    return make("wav16", folder / "a.wav", sample_count=44_100 * 30, channels=1)


def put_in(owner: httpx.Client, song: Path) -> dict[str, str]:
    """Paths of the tracks' pages, by title."""
    made = {name: upload(owner, song, title=name, artist="Ana")["id"] for name in NAMES}
    for track in made.values():
        wait_for_sound(owner, track)
    return {name: f"/desk/tracks/{track}" for name, track in made.items()}
