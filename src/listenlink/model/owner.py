"""Whose something is: a person in one organisation."""

from __future__ import annotations

from typing import NamedTuple


class Owner(NamedTuple):
    """A user in one organisation. What they make there is theirs there alone, by whichever of their keys they
    made it, or by none."""

    organization_id: int
    user_id: int
