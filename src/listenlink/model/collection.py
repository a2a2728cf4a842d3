"""A collection: an ordered, named set of tracks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from listenlink.errors import invalid
from listenlink.model.one_line import bounded, one_line, some_lines
from listenlink.wire.bodies import COVER_URL_LENGTH, DESCRIPTION_LENGTH, NAME_LENGTH


@dataclass(frozen=True, slots=True)
class Collection:
    """An ordered, named set of tracks. `track_count` is None where they weren't counted."""

    id: int
    organization_id: int
    owner_id: int
    name: str
    description: str | None
    cover_track_id: int | None
    cover_image_url: str | None
    created_at: int
    updated_at: int
    track_count: int | None = None


class CollectionFacts(TypedDict, total=False):
    """What is said of a collection, or is to change of it. `cover_image_url` is never fetched."""

    name: str
    description: str | None
    cover_track_id: int | None
    cover_image_url: str | None


def read_collection(said: CollectionFacts) -> dict[str, object]:
    """What is said as it's stored. Raises a 422 Problem that names the wrong field."""
    read: dict[str, object] = dict(said)
    if "name" in said:
        read["name"] = one_line(bounded("name", said["name"], NAME_LENGTH))
        if not read["name"]:
            raise invalid("name", "The name is empty.")
    if (text := said.get("description")) is not None:
        read["description"] = some_lines(bounded("description", text, DESCRIPTION_LENGTH))
    if (text := said.get("cover_image_url")) is not None:
        read["cover_image_url"] = one_line(bounded("cover_image_url", text, COVER_URL_LENGTH))
    return read
