"""What is somebody's is theirs alone: not their colleague's, and not their own in another organisation.

Asked of the actions themselves, where a predicate that is missing shows, whatever route leads there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from listenlink.actions import manage_collections, manage_keys, manage_library
from listenlink.actions.authenticate import Caller, authenticate
from listenlink.actions.declare_licence import declare_default
from listenlink.actions.make_link import make_link
from listenlink.actions.manage_keys import NewKey, mint_key
from listenlink.actions.manage_tracks import delete_track
from listenlink.errors import Problem, ProblemKind
from listenlink.model.declared import Terms
from listenlink.model.declaring import Declaring
from listenlink.model.library import Wanted
from listenlink.model.listing import Found, Slice
from listenlink.model.share import TargetType
from listenlink.store import tracks
from store.attempts import FOLDER, OF_THE_LIBRARY, Attempt, attempts
from store.owned import NOW, SEALER, Place, in_person, make_place

_REFUSED = (ProblemKind.NOT_FOUND, ProblemKind.INSUFFICIENT_PERMISSIONS)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await make_place(tmp_path)
    yield made
    made.database.close()


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
    for said, attempt in attempts().items():
        for other in (place.colleague, place.elsewhere, place.saver):
            assert await _is_refused(attempt, place, other), f"{said}: {other}"
    for said, attempt in OF_THE_LIBRARY.items():
        for other in (place.colleague, place.elsewhere):
            assert await _is_refused(attempt, place, other), f"{said}: {other}"
    assert place.everything() == before
    for said, attempt in attempts().items():
        answer = await attempt(place.database, place.owner, place.made)
        assert answer not in _NOTHING or said == "see a link's audit", said


async def test_only_an_owner_sets_what_holds_for_all(place: Place) -> None:
    """Asked within the transaction: whoever was an owner when they got their key may be none by now."""
    said, database = Declaring(Terms.LISTEN_ONLY, None), place.database
    demoted = text("UPDATE memberships SET role = 'member' WHERE user_id = :user")
    who = {"user": place.colleague.owner.user_id}
    await database.write(lambda connection: connection.execute(demoted, who))
    before = place.everything()
    with pytest.raises(Problem) as refused:
        await declare_default(database, place.colleague, said, NOW)
    assert refused.value.kind is ProblemKind.INSUFFICIENT_PERMISSIONS
    assert place.everything() == before
    assert (await declare_default(database, place.owner, said, NOW)).terms is said.terms


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
    await manage_collections.delete_collection(database, FOLDER, owner, made.collection, NOW)
    await delete_track(database, FOLDER, owner, made.track, NOW)
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
