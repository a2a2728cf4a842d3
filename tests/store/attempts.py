"""All that can be done with somebody's things, as actions: for `test_owners.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from listenlink.actions import (
    manage_collections,
    manage_keys,
    manage_library,
    manage_links,
    manage_versions,
)
from listenlink.actions.arrange_collection import move_track, put_back
from listenlink.actions.authenticate import Caller
from listenlink.actions.give_cover import CoverGiver
from listenlink.actions.keep_address import find_token
from listenlink.actions.make_link import make_link
from listenlink.actions.make_link_for_each import make_link_for_each
from listenlink.actions.manage_tracks import delete_track
from listenlink.actions.revoke_link import find_by_token, revoke_link
from listenlink.actions.show_collections import show_collection
from listenlink.model.collection_order import Aim, mark_of
from listenlink.model.cover import Covered
from listenlink.model.library import Wanted
from listenlink.model.listing import Slice
from listenlink.model.share import TargetType
from listenlink.model.terms import AskedTerms
from listenlink.store import resumable_uploads
from listenlink.store.database.database import Database
from store.owned import DIGEST, NOW, SEALER, Made

Attempt = Callable[[Database, Caller, Made], Awaitable[Any]]


async def _find_upload(database: Database, caller: Caller, made: Made) -> list[Any]:
    found = await database.read(
        lambda c: resumable_uploads.find_own_upload(c, *caller.owner, made.upload, 0)
    )
    return [] if found is None else [found]


def _giver(database: Database) -> CoverGiver:
    nothing: Any = None  # Nothing is promised where nothing is sent.
    return CoverGiver(database, FOLDER, nothing)


def _share_collection(database: Database, caller: Caller, mine: Made) -> Any:
    return make_link(database, SEALER, caller, TargetType.COLLECTION, mine.collection, {}, NOW)


def _share_with_each(database: Database, caller: Caller, mine: Made) -> Any:
    target, each = (TargetType.TRACK, mine.track), [AskedTerms(label="x")]
    return make_link_for_each(database, SEALER, caller, target, {}, each, NOW)


def _arranging() -> dict[str, Attempt]:
    """What can be done with the tracks of a collection; it's the same behind all of it."""
    albums = manage_collections
    return {
        "order a collection": lambda d, c, m: albums.reorder(d, c, m.collection, [m.track], NOW),
        "move in a collection": lambda d, c, m: move_track(
            d, c, m.collection, m.track, Aim(position=0), NOW
        ),
        "put back into a collection": lambda d, c, m: put_back(
            d, c, m.collection, m.track, 0, mark_of([m.track]), NOW
        ),
        "take out of a collection": lambda d, c, m: albums.remove_track(
            d, c, m.collection, m.track, NOW
        ),
        "put into a collection": lambda d, c, m: albums.add_tracks(
            d, c, m.collection, [m.track], NOW
        ),
        "see a collection's page": lambda d, c, m: show_collection(d, c, m.collection, 1, None, ""),
    }


def _find_by_label(database: Database, caller: Caller, _made: Made) -> Any:
    return manage_links.list_links(database, caller, None, None, NOW, Slice(9), "X")


def _finds() -> dict[str, Attempt]:
    return {
        "find a link by its token": lambda d, c, m: find_by_token(d, c, m.link.token),
        "see a link of a token": lambda d, c, m: manage_links.get_link_of_token(d, c, m.link.token),
    }


def _looks() -> dict[str, Attempt]:
    albums = manage_collections
    return {
        "see a collection": lambda d, c, m: albums.get_collection(d, c, m.collection),
        "list collections": lambda d, c, m: albums.list_collections(d, c, Slice(9)),
    }


def _delete_collection(database: Database, caller: Caller, mine: Made) -> Any:
    return manage_collections.delete_collection(database, FOLDER, caller, mine.collection, NOW)


def _changes() -> dict[str, Attempt]:
    return {
        "change a track": lambda d, c, m: manage_library.change_track(
            d, c, m.track, {"title": "x"}, NOW
        ),
        "declare a track's licence": lambda d, c, m: manage_library.change_track(
            d, c, m.track, {"declared_licence": "listen_only"}, NOW
        ),
        "see what was declared": lambda d, c, m: manage_library.list_declarations(
            d, c, m.track, Slice(9)
        ),
        "see a track's versions": lambda d, c, m: manage_versions.list_versions(d, c, m.track),
        "make a version current": lambda d, c, m: manage_versions.make_current(
            d, c, m.track, 1, NOW
        ),
        "put a version in": lambda d, c, m: manage_versions.get_open_to_versions(d, c, m.track),
        "see a track's cover": lambda d, c, m: _giver(d).look(c, Covered(m.track)),
        "take a track's cover away": lambda d, c, m: _giver(d).take_away(c, Covered(m.track), NOW),
        "see a collection's cover": lambda d, c, m: manage_collections.get_cover(
            d, c, m.collection
        ),
        "restore a collection's cover": lambda d, c, m: _giver(d).restore(
            c, Covered(None, m.collection), NOW
        ),
    }


def attempts() -> dict[str, Attempt]:
    """What can be done with something; the last of them end it."""
    links, albums, tunes = manage_links, manage_collections, manage_library
    label: AskedTerms = {"label": "x"}
    track = TargetType.TRACK
    return {
        "see a link": lambda d, c, m: links.get_link(d, c, m.link.share.id),
        "see a link's address": lambda d, c, m: find_token(d, SEALER, c, m.link.share.id),
        "list links": lambda d, c, m: links.list_links(d, c, None, None, NOW, Slice(9)),
        "list a track's links": lambda d, c, m: links.list_links(
            d, c, (track, m.track), None, NOW, Slice(9)
        ),
        "see a link's audit": lambda d, c, m: links.list_lines(d, c, m.link.share.id, Slice(9)),
        "see what a link comes to": lambda d, c, m: links.sum_up(d, c, m.link.share.id, 300, NOW),
        **_finds(),
        "change a link": lambda d, c, m: links.change_link(
            d, SEALER, c, m.link.share.id, label, NOW
        ),
        "share a track": lambda d, c, m: make_link(d, SEALER, c, track, m.track, {}, NOW),
        "share a collection": _share_collection,
        "share with each": _share_with_each,
        "list a collection": lambda d, c, m: albums.list_members(d, c, m.collection, Slice(9)),
        "change a collection": lambda d, c, m: albums.change_collection(
            d, c, m.collection, {"name": "x"}, NOW
        ),
        **(_looks() | _arranging()),
        "list a collection's tracks": lambda d, c, m: tunes.list_tracks(
            d, c, Wanted(collection_id=m.collection), Slice(9)
        ),
        "find a file": lambda d, c, m: tunes.find_by_audio(d, c, DIGEST),
        **_changes(),
        "see an upload": _find_upload,
        "rotate a link": lambda d, c, m: links.rotate_link(d, SEALER, c, m.link.share.id),
        "revoke a link": lambda d, c, m: revoke_link(d, c, m.link.share.id, NOW),
        "delete a track": lambda d, c, m: delete_track(d, FOLDER, c, m.track, NOW),
        "delete a collection": _delete_collection,
        "change a key": lambda d, c, m: manage_keys.change_key(d, c, m.key, 9, NOW),
        # The last: it's the key of whoever asks.
        "switch a key off": lambda d, c, m: manage_keys.deactivate_key(d, c, m.key, NOW),
    }


class _NoFolder:
    """Bytes aren't the matter here."""

    async def carry_out(self, *_: object) -> None:
        return


FOLDER: Any = _NoFolder()


OF_THE_LIBRARY: dict[str, Attempt] = {
    "see a track": lambda d, c, m: manage_library.get_track(d, c, m.track),
    "hear a track": lambda d, c, m: manage_library.get_sound(d, c, m.track),
    "keep a track": lambda d, c, m: manage_library.keep_track(d, c, m.track, NOW),
    "list tracks": lambda d, c, m: manage_library.list_tracks(d, c, Wanted(), Slice(9)),
    "take a track out": lambda d, c, m: manage_library.take_out(d, c, m.track),
}
