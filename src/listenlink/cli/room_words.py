"""What a terminal is told where too little is free."""

from __future__ import annotations

from collections.abc import Iterator

from listenlink.media.disk.places import list_places
from listenlink.media.disk.room import Room
from listenlink.model.quota import write_bytes
from listenlink.settings import PREFIX, Settings

_SETTING = f"{PREFIX}KEEP_FREE_BYTES"


def room_line(place: str) -> str:
    """Why nothing more is stored in this place."""
    return f"{place}: too little would stay free on its disk ({_SETTING})"


def low_lines(settings: Settings) -> Iterator[str]:
    """A line for each file system that is too full for uploads."""
    places = list_places(settings.data, has_objects=settings.storage_url is None)
    room, told = Room(places, settings.keep_free_bytes), set()
    for place in room.find_low():
        name = room.name_of(place)
        if name in told:
            continue
        told.add(name)
        free_bytes, floor = room.space(place)
        yield (
            f"no upload is taken in: {room.path_of(place)} has {write_bytes(free_bytes)} free, and "
            f"{write_bytes(floor)} have to stay free ({_SETTING}); links open"
        )
