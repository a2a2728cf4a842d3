"""What is said of a track: what it may be called, and of what it may be said to be made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from listenlink.errors import invalid
from listenlink.model.declaring import FIELDS, Declaring, read_declaring
from listenlink.model.mark import Ai, read_declared_ai
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
    declaring: Declaring | None = None
    ai: Ai = Ai.NONE


class TrackChanges(TypedDict, total=False):
    """What is to change of a track; what isn't said stays as it is. None takes the artist away."""

    title: str
    artist: str | None
    instrumental: bool
    declared_licence: str
    attribution_text: str | None
    confirmed: bool
    ai: str


def read_facts(fields: Mapping[str, str]) -> TrackFacts:
    """Read the facts from a form's fields. Raises a 422 Problem that names the wrong field."""
    for name in fields:
        if name not in ("title", "artist", "engine", "mode", "instrumental", "ai", *FIELDS):
            raise invalid(name, f"There is no field {name[:64]!r}.")
    engine = read_engine(fields)
    mode = fields.get("mode", MODES[0]).strip()
    if mode not in MODES:
        raise invalid("mode", f"The mode is one of: {', '.join(MODES)}.")
    instrumental = read_truth(fields, "instrumental")
    title, artist = (
        _read_name(name, fields[name]) if name in fields else None for name in ("title", "artist")
    )
    said = {**fields, "confirmed": read_truth(fields, "confirmed")}
    declaring = read_declaring(said)
    ai = read_declared_ai(fields.get("ai", "").strip())
    return TrackFacts(title, artist, engine, mode, instrumental, declaring, ai)


def read_engine(fields: Mapping[str, str]) -> str:
    """Read the key of an engine. Raises a 422 Problem."""
    engine = fields.get("engine", "").strip()
    if not _ENGINE.fullmatch(engine):
        raise invalid("engine", "An engine key is needed, like 'studio'.")
    return engine


def read_truth(fields: Mapping[str, str], name: str) -> bool:
    """Read what is true or false, false if it isn't said. Raises a 422 Problem."""
    truth = _TRUTH.get(fields.get(name, "").strip().lower())
    if truth is None:
        raise invalid(name, f"{name.capitalize()} is true or false.")
    return truth


def read_changes(changes: TrackChanges) -> dict[str, object]:
    """The changes as they're stored, but for what is declared. Raises a 422 Problem that names the wrong
    field."""
    read: dict[str, object] = {
        name: value for name, value in changes.items() if name not in ("ai", *FIELDS)
    }
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
