"""What the formats in which a manifest is embedded have in common."""

from __future__ import annotations

from typing import NamedTuple

from listenlink.model.recipe import Recipe


class Wrapped(NamedTuple):
    """A file with a manifest in it: composed by `recipe`, in which so many bytes from `start` on, `length`,
    are the manifest's and can't be part of what it signs."""

    recipe: Recipe
    start: int
    length: int
