"""A slice of a list: how it's asked for, and where it's gone on. How it's answered is `wire.Page`."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request
from litestar.params import QueryParameter
from msgspec import UNSET, UnsetType

from listenlink.errors import invalid
from listenlink.model.cursor import MOST_CHARACTERS
from listenlink.model.listing import Found, Slice
from listenlink.running.owning import Owning

Limit = Annotated[int, QueryParameter(ge=1, le=100, description="The most items.")]
Offset = Annotated[
    int,
    QueryParameter(ge=0, le=2**53, description="How many to leave out before. None with `cursor`."),
]
Cursor = Annotated[
    str | None,
    QueryParameter(
        pattern="^[A-Za-z0-9_-]+$",
        max_length=MOST_CHARACTERS,
        description="The `next_cursor` of the slice before: this one follows it.",
    ),
]


def asked_slice(
    request: Request[Any, Any, Any],
    owning: Owning,
    limit: int,
    offset: int,
    cursor: str | None,
) -> Slice:
    """What is asked for. Raises a 422 Problem for a cursor that isn't of this list, or with an offset."""
    if cursor is None:
        return Slice(limit, offset)
    if offset:
        raise invalid("offset", "With a cursor nothing is left out.")
    place = owning.cursors.read(cursor, request.scope["path"])
    if place is None:
        raise invalid("cursor", "This is no cursor of this list.")
    return Slice(limit, after=place)


def next_cursor(
    request: Request[Any, Any, Any], owning: Owning, found: Found[Any]
) -> str | UnsetType:
    """The cursor that goes on after these; it's of this list, which its path names, alone."""
    if found.place is None:
        return UNSET
    return owning.cursors.write(found.place, request.scope["path"])
