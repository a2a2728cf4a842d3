"""What is said of a track: what it may be called, and of what it may be said to be made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from listenlink.errors import invalid
from listenlink.model.one_line import one_line
from listenlink.wire.bodies import MODES, TITLE_LENGTH

ENGINE_PATTERN = "[a-z0-9][a-z0-9_.-]{0,63}"
_ENGINE = re.compile(ENGINE_PATTERN)
# What a file's name ends with by its format. Anything else behind a point belongs to the title: "Mr. Smith".
ENDINGS = (
    "wav", "wave", "bwf", "rf64", "flac", "mp3", "mp4", "m4a", "m4b", "m4r", "mov", "aac", "adts", "oga",
    "ogg", "opus", "webm", "weba", "mka", "mkv", "3gp", "mpga", "aif", "aiff", "aifc", "alac",
)  # fmt: skip
_EXTENSION = re.compile(rf"\.({'|'.join(ENDINGS)})$", re.IGNORECASE)
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}


@dataclass(frozen=True, slots=True)
class TrackFacts:
    """What the creator says about a track. `title` None means: from its tags, or the file's name;
    `artist` None means: from its tags."""

    title: str | None
    artist: str | None
    engine: str
    mode: str
    instrumental: bool


class TrackChanges(TypedDict, total=False):
    """What is to change of a track; what isn't said stays as it is. None takes the artist away."""

    title: str
    artist: str | None
    instrumental: bool


def read_facts(fields: Mapping[str, str]) -> TrackFacts:
    """Read the facts from a form's fields. Raises a 422 Problem that names the wrong field."""
    for name in fields:
        if name not in ("title", "artist", "engine", "mode", "instrumental"):
            raise invalid(name, f"There is no field {name[:64]!r}.")
    engine = fields.get("engine", "").strip()
    if not _ENGINE.fullmatch(engine):
        raise invalid("engine", "An engine key is needed, like 'studio'.")
    mode = fields.get("mode", MODES[0]).strip()
    if mode not in MODES:
        raise invalid("mode", f"The mode is one of: {', '.join(MODES)}.")
    instrumental = _TRUTH.get(fields.get("instrumental", "").strip().lower())
    if instrumental is None:
        raise invalid("instrumental", "Instrumental is true or false.")
    title, artist = (
        _read_name(name, fields[name]) if name in fields else None for name in ("title", "artist")
    )
    return TrackFacts(title, artist, engine, mode, instrumental)


def read_changes(changes: TrackChanges) -> dict[str, object]:
    """The changes as they're stored. Raises a 422 Problem that names the wrong field."""
    read: dict[str, object] = dict(changes)
    if "title" in changes:
        read["title"] = _read_name("title", changes["title"])
    if changes.get("artist") is not None:
        read["artist"] = _read_name("artist", changes["artist"] or "")
    return read


def _read_name(field: str, text: str) -> str:
    name = clean_title(text)
    if name == "":
        raise invalid(field, f"The {field} is empty.")
    if len(name) > TITLE_LENGTH:
        raise invalid(field, f"The {field} is longer than {TITLE_LENGTH} characters.")
    return name


def clean_title(text: str) -> str:
    """Return the title without control characters, what can't be seen, or surrounding spaces."""
    return one_line(text)


def title_of_file(file_name: str) -> str:
    """Return the title that a file's name gives, or an empty text: `"C:\\01. Intro.mp3"` → `"01. Intro"`."""
    name = clean_title(file_name.rpartition("/")[2].rpartition("\\")[2])
    return clean_title(_EXTENSION.sub("", name)) or (name if name.startswith(".") else "")
