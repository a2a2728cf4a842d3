"""What is somebody's is theirs alone: not their colleague's, and not their own in another organisation.

Asked of the actions themselves, where a predicate that is missing shows, whatever route leads there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from listenlink.actions import manage_collections, manage_keys, manage_library, manage_links
from listenlink.actions.arrange_collection import move_track, put_back
from listenlink.actions.authenticate import Caller, authenticate
from listenlink.actions.give_cover import CoverGiver
from listenlink.actions.keep_address import find_token
from listenlink.actions.make_link import make_link
from listenlink.actions.manage_keys import NewKey, mint_key
from listenlink.actions.manage_tracks import delete_track
from listenlink.actions.revoke_link import find_by_token, revoke_link
from listenlink.actions.show_collections import show_collection
from listenlink.errors import Problem, ProblemKind
from listenlink.model.collection_order import Aim, mark_of
from listenlink.model.cover import Covered
from listenlink.model.library import Wanted
from listenlink.model.listing import Found, Slice
from listenlink.model.share import TargetType
from listenlink.model.terms import AskedTerms
from listenlink.store import resumable_uploads, tracks
from listenlink.store.database.database import Database
from store.owned import DIGEST, NOW, SEALER, Made, Place, in_person, make_place

_REFUSED = (ProblemKind.NOT_FOUND, ProblemKind.INSUFFICIENT_PERMISSIONS)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await make_place(tmp_path)
    yield made
    made.database.close()


Attempt = Callable[[Database, Caller, Made], Awaitable[Any]]


async def _find_upload(database: Database, caller: Caller, made: Made) -> list[Any]:
    found = await database.read(
        lambda c: resumable_uploads.find_own_upload(c, *caller.owner, made.upload, 0)
    )
    return [] if found is None else [found]


def _giver(database: Database) -> CoverGiver:
    nothing: Any = None  # Nothing is promised where nothing is sent.
    return CoverGiver(database, _FOLDER, nothing)


def _share_collection(database: Database, caller: Caller, mine: Made) -> Any:
    return make_link(database, SEALER, caller, TargetType.COLLECTION, mine.collection, {}, NOW)


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


def _delete_collection(database: Database, caller: Caller, mine: Made) -> Any:
    return manage_collections.delete_collection(database, _FOLDER, caller, mine.collection, NOW)


def _changes() -> dict[str, Attempt]:
    return {
        "change a track": lambda d, c, m: manage_library.change_track(
            d, c, m.track, {"title": "x"}
        ),
        "see a track's cover": lambda d, c, m: _giver(d).look(c, Covered(m.track)),
        "take a track's cover away": lambda d, c, m: _giver(d).take_away(c, Covered(m.track), NOW),
        "see a collection's cover": lambda d, c, m: manage_collections.get_cover(
            d, c, m.collection
        ),
        "restore a collection's cover": lambda d, c, m: _giver(d).restore(
            c, Covered(None, m.collection), NOW
        ),
    }


def _attempts() -> dict[str, Attempt]:
    """What can be done with something; the last of them end it."""
    links, albums, tunes = manage_links, manage_collections, manage_library
    terms: AskedTerms = {}
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
        "find a link by its token": lambda d, c, m: find_by_token(d, c, m.link.token),
        "change a link": lambda d, c, m: links.change_link(d, c, m.link.share.id, label, NOW),
        "find a link by its label": _find_by_label,
        "share a track": lambda d, c, m: make_link(d, SEALER, c, track, m.track, terms, NOW),
        "share a collection": _share_collection,
        "see a collection": lambda d, c, m: albums.get_collection(d, c, m.collection),
        "list collections": lambda d, c, m: albums.list_collections(d, c, Slice(9)),
        "list a collection": lambda d, c, m: albums.list_members(d, c, m.collection, Slice(9)),
        "change a collection": lambda d, c, m: albums.change_collection(
            d, c, m.collection, {"name": "x"}, NOW
        ),
        **_arranging(),
        "list a collection's tracks": lambda d, c, m: tunes.list_tracks(
            d, c, Wanted(collection_id=m.collection), Slice(9)
        ),
        "find a file": lambda d, c, m: tunes.find_by_audio(d, c, DIGEST),
        **_changes(),
        "see an upload": _find_upload,
        "rotate a link": lambda d, c, m: links.rotate_link(d, SEALER, c, m.link.share.id),
        "revoke a link": lambda d, c, m: revoke_link(d, c, m.link.share.id, NOW),
        "delete a track": lambda d, c, m: delete_track(d, _FOLDER, c, m.track, NOW),
        "delete a collection": _delete_collection,
        # The last: it's the key of whoever asks.
        "switch a key off": lambda d, c, m: manage_keys.deactivate_key(d, c, m.key, NOW),
    }


class _NoFolder:
    """Bytes aren't the matter here."""

    async def carry_out(self, *_: object) -> None:
        return


_FOLDER: Any = _NoFolder()


_OF_THE_LIBRARY: dict[str, Attempt] = {
    "see a track": lambda d, c, m: manage_library.get_track(d, c, m.track),
    "hear a track": lambda d, c, m: manage_library.get_sound(d, c, m.track),
    "keep a track": lambda d, c, m: manage_library.keep_track(d, c, m.track, NOW),
    "list tracks": lambda d, c, m: manage_library.list_tracks(d, c, Wanted(), Slice(9)),
    "take a track out": lambda d, c, m: manage_library.take_out(d, c, m.track),
}


_NOTHING: list[object] = [[], Found([], None)]


async def _is_refused(attempt: Attempt, place: Place, caller: Caller) -> bool:
    try:
        return bool(await attempt(place.database, caller, place.made) in _NOTHING)
    except Problem as problem:
        return problem.kind in _REFUSED


@pytest.mark.parametrize("has_key", [True, False])
async def test_nobody_else_may_do_anything_with_it(place: Place, has_key: bool) -> None:
    """By a key or in person."""
    place = place if has_key else await in_person(place)
    before = place.everything()
    for said, attempt in _attempts().items():
        for other in (place.colleague, place.elsewhere, place.saver):
            assert await _is_refused(attempt, place, other), f"{said}: {other}"
    for said, attempt in _OF_THE_LIBRARY.items():
        for other in (place.colleague, place.elsewhere):
            assert await _is_refused(attempt, place, other), f"{said}: {other}"
    assert place.everything() == before
    for said, attempt in _attempts().items():
        answer = await attempt(place.database, place.owner, place.made)
        assert answer not in _NOTHING or said == "see a link's audit", said


async def test_who_saved_a_track_takes_it_out_of_their_own_library_alone(place: Place) -> None:
    database, made = place.database, place.made
    await manage_library.take_out(database, place.saver, made.track)
    with pytest.raises(Problem):
        await manage_library.get_track(database, place.saver, made.track)
    ((kept,), _) = await manage_library.list_tracks(database, place.owner, Wanted(), Slice(9))
    assert kept.id == made.track


async def test_nobody_puts_it_into_a_collection_of_their_own(place: Place) -> None:
    database = place.database
    for other in (place.colleague, place.elsewhere, place.saver):
        album = await manage_collections.make_collection(database, other, "Mine", None, None, NOW)
        with pytest.raises(Problem) as told:
            await manage_collections.add_track(database, other, album.id, place.made.track, NOW)
        assert told.value.kind is ProblemKind.NOT_FOUND


async def test_what_deletes_a_track_asks_by_itself_whose_it_is(place: Place) -> None:
    """Whoever calls it has looked already; and may one day forget to."""
    for other in (place.colleague, place.elsewhere, place.saver):
        remove = partial(
            tracks.remove_track,
            organization_id=other.owner.organization_id,
            creator_id=other.owner.user_id,
            track_id=place.made.track,
            now_us=NOW,
        )
        assert not await place.database.write(remove)
    await manage_library.get_track(place.database, place.owner, place.made.track)


async def test_what_is_deleted_cannot_be_used(place: Place) -> None:
    database, owner, made = place.database, place.owner, place.made
    await manage_collections.delete_collection(database, _FOLDER, owner, made.collection, NOW)
    await delete_track(database, _FOLDER, owner, made.track, NOW)
    for kind, number in ((TargetType.TRACK, made.track), (TargetType.COLLECTION, made.collection)):
        with pytest.raises(Problem) as told:
            await make_link(database, SEALER, owner, kind, number, {}, NOW)
        assert told.value.kind is ProblemKind.NOT_FOUND


async def test_lists_of_keys_are_of_one_user_in_one_organisation(place: Place) -> None:
    for caller in (place.owner, place.colleague, place.elsewhere):
        ((key,), _) = await manage_keys.list_keys(place.database, caller, Slice(9))
        assert key.id == caller.key_id


async def test_a_key_gives_no_more_than_its_user_has_now(place: Place) -> None:
    database = place.database

    async def mint(caller: Caller, *scopes: str) -> NewKey:
        return await mint_key(database, caller, frozenset(scopes), None, NOW)

    async def refusal(caller: Caller, *scopes: str) -> ProblemKind:
        with pytest.raises(Problem) as told:
            await mint(caller, *scopes)
        return told.value.kind

    made = await mint(place.owner, "read")
    reader = await authenticate(database, made.raw_key, NOW)
    assert reader.scopes == {"read"}
    assert await refusal(reader, "write") is ProblemKind.INSUFFICIENT_PERMISSIONS
    # Who was an owner once has keys that say so.
    was = text("UPDATE memberships SET role = 'member' WHERE user_id = :user")
    await database.write(lambda c: c.execute(was, {"user": place.saver.owner.user_id}))
    assert await refusal(place.saver, "admin") is ProblemKind.INSUFFICIENT_PERMISSIONS
    await mint(place.saver, "read")
    # Switched off between the guard and the minting.
    key = place.colleague.key_id
    assert key is not None
    await manage_keys.deactivate_key(database, place.colleague, key, NOW)
    assert await refusal(place.colleague, "read") is ProblemKind.API_KEY_DEACTIVATED
    gone = text("DELETE FROM memberships WHERE user_id = :user AND organization_id = :organization")
    whose = {"user": reader.owner.user_id, "organization": reader.owner.organization_id}
    await database.write(lambda c: c.execute(gone, whose))
    with pytest.raises(Problem) as told:
        await authenticate(database, made.raw_key, NOW)
    assert told.value.kind is ProblemKind.INVALID_API_KEY
