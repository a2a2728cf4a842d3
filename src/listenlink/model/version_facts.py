"""What is said of a new version of a track: what it's made with, and whether it's the current one at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from listenlink.errors import invalid
from listenlink.model.track_facts import read_engine, read_truth

FIELDS = ("engine", "current")


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """`engine` None means: made with what the current one was made with. One that isn't `is_current` at once
    can be made so once its length has been looked at."""

    engine: str | None
    is_current: bool


def read_version_facts(fields: Mapping[str, str]) -> VersionFacts:
    """Read the facts from a form's fields. Raises a 422 Problem that names the wrong field."""
    for name in fields:
        if name not in FIELDS:
            raise invalid(name, f"There is no field {name[:64]!r}.")
    engine = read_engine(fields) if "engine" in fields else None
    return VersionFacts(engine, "current" not in fields or read_truth(fields, "current"))
