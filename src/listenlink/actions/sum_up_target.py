"""Sum up what all of a creator's links to one track, or one collection, come to: each by its label."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.actions.manage_links import ToldLink, tell_links
from listenlink.errors import Problem, ProblemKind
from listenlink.model.link_sums import LinkNumbers, add_numbers
from listenlink.model.listing import Place, Slice
from listenlink.model.share import TargetType
from listenlink.store import collections, listed_links, tracks
from listenlink.store.audit import of_target
from listenlink.store.database.database import Database


@dataclass(frozen=True, slots=True)
class TargetNumbers:
    """What the caller's links to a track or a collection come to: how many there are, in all, and a slice of
    them, newest first, each with its numbers. `place` is where the slice goes on."""

    title: str
    links: int
    sums: LinkNumbers
    items: list[tuple[ToldLink, LinkNumbers]]
    place: Place | None


async def sum_up_target(
    database: Database, caller: Caller, target: tuple[TargetType, int], now_us: int, part: Slice
) -> TargetNumbers:
    """Return the numbers of the caller's own track or collection. Raises Problem(NOT_FOUND), also for what is
    somebody else's or was only saved."""

    def find(connection: Connection) -> TargetNumbers:
        title = _find_title(connection, caller, target)
        if title is None:
            raise Problem(ProblemKind.NOT_FOUND)
        numbers = of_target.sum_links(connection, caller.owner, target)
        own = listed_links.list_own_shares(connection, *caller.owner, target, None, now_us, part)
        # A link that was made in between has none yet.
        items = [
            (told, numbers.get(told.share.id) or add_numbers(()))
            for told in tell_links(connection, own.items)
        ]
        return TargetNumbers(title, len(numbers), add_numbers(numbers.values()), items, own.place)

    return await database.read(find)


def _find_title(
    connection: Connection, caller: Caller, target: tuple[TargetType, int]
) -> str | None:
    kind, number = target
    if kind is TargetType.TRACK:
        track = tracks.find_own_track(connection, *caller.owner, number)
        return None if track is None else track.title
    collection = collections.find_own_collection(connection, *caller.owner, number)
    return None if collection is None else collection.name
