"""The demonstration's library: made once, in an instance that the demonstration made, and told from all else.

Somebody's own music is never touched, and no link leads to it: what isn't wholly the demonstration's is left
as it is (docs/decisions/0044).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from listenlink import demo
from listenlink.actions.authenticate import Caller, act_in_person
from listenlink.actions.keep_address import find_token
from listenlink.actions.make_link import make_link
from listenlink.actions.manage_collections import add_track, make_collection
from listenlink.actions.manage_links import rotate_link
from listenlink.actions.revoke_link import revoke_link
from listenlink.errors import Problem, ProblemKind, RefusesToStart
from listenlink.model import ids
from listenlink.model.listing import Slice
from listenlink.model.owner import Owner
from listenlink.model.share import TargetType
from listenlink.model.terms import AskedTerms
from listenlink.model.track_facts import TrackFacts
from listenlink.running.instance import Instance
from listenlink.store import collection_tracks, collections, listed_links, people, tracks
from listenlink.threads import DISK
from listenlink.web.paths import SHARED_PATH

# The first user of an instance that the demonstration made: nobody else's is called that.
EMAIL = "demo@localhost"
_ENGINE = "own_recording"
_COLLECTION = "Three Evenings"
_LABEL = "demo"
_MOST = 100
_TITLES = frozenset(piece.title for piece in demo.PIECES)


class DemoLinks(NamedTuple):
    """The addresses of a track and of the collection of all."""

    track: str
    collection: str


class _Library(NamedTuple):
    track_id: int
    collection_id: int


async def first_member(instance: Instance) -> tuple[Owner, bool]:
    """The instance's first user, and whether they're the demonstration's."""
    member = await instance.running.database.read(people.find_first_member)
    if member is None:
        raise RefusesToStart(f"{instance.running.settings.data} has no user")
    rows = await instance.running.database.read(
        lambda c: people.list_members(c, member.organization_id)
    )
    emails = {email for user_id, email, _, _ in rows if user_id == member.user_id}
    return member, emails == {EMAIL}


async def find_or_make_links(instance: Instance, owner: Owner) -> DemoLinks | None:
    """Links to the library, which is made if it never was; None if it isn't the demonstration's alone. Raises
    RefusesToStart if its organisation is suspended."""
    try:
        caller = await act_in_person(instance.running.database, owner)
    except Problem as problem:
        if problem.kind is not ProblemKind.ORGANIZATION_SUSPENDED:
            raise
        name = ids.public_id(ids.ORGANIZATION, owner.organization_id)
        raise RefusesToStart(
            f"{name} is suspended, so that no link of it opens; to end that: listenlink org resume {name}"
        ) from None
    library = await _find_or_make_library(instance, caller)
    if library is None:
        return None
    return DemoLinks(
        await _link(instance, caller, TargetType.TRACK, library.track_id),
        await _link(instance, caller, TargetType.COLLECTION, library.collection_id),
    )


async def _find_or_make_library(instance: Instance, caller: Caller) -> _Library | None:
    found = await instance.running.database.read(lambda c: tracks.list_own_titles(c, *caller.owner))
    named = await instance.running.database.read(
        lambda c: collections.list_own_named(c, *caller.owner, _COLLECTION)
    )
    if not named:
        # Never made, or not to its end.
        are_all_ours = {title for _, title in found} <= _TITLES
        there = {title: number for number, title in reversed(found)}
        return await _make_library(instance, caller, there) if are_all_ours else None
    ours = {number for number, title in found if title in _TITLES}
    for number in (number for number, is_there in named if is_there):
        members = (
            await instance.running.database.read(
                partial(collection_tracks.list_members, collection_id=number, part=Slice(_MOST))
            )
        ).items
        if members and {member.track_id for member in members} <= ours:
            return _Library(members[0].track_id, number)
    return None


async def _make_library(instance: Instance, caller: Caller, there: Mapping[str, int]) -> _Library:
    now_us = instance.running.clock.now_us()
    numbers = []
    for piece in demo.PIECES:
        if piece.title in there:
            numbers.append(there[piece.title])
            continue
        draft = instance.owning.storage.drafts.begin()
        await DISK.run(draft.write, demo.read(piece))
        facts = TrackFacts(piece.title, None, _ENGINE, "creation", instrumental=True)
        track = await instance.owning.uploader.upload(caller, draft, facts, piece.file_name, now_us)
        numbers.append(track.id)
        await instance.running.deriver.derive_next()
    collection = await make_collection(
        instance.running.database, caller, _COLLECTION, "Music that Listenlink made.", None, now_us
    )
    for number in numbers:
        await add_track(instance.running.database, caller, collection.id, number, now_us)
    return _Library(numbers[0], collection.id)


async def _link(instance: Instance, caller: Caller, kind: TargetType, target_id: int) -> str:
    """The address of the demonstration's link there: the earlier one, or a new one if that can't be shown
    again. Any other links are closed."""
    now_us = instance.running.clock.now_us()
    found = await instance.running.database.read(
        lambda c: listed_links.list_own_shares(
            c, *caller.owner, (kind, target_id), None, now_us, Slice(_MOST)
        )
    )
    earlier = [
        share.id for share in found.items if share.label == _LABEL and share.revoked_at is None
    ]
    for share_id in earlier[1:]:
        await revoke_link(instance.running.database, caller, share_id, now_us)
    parts = (instance.owning.database, instance.owning.token_sealer, caller)
    token = await find_token(*parts, earlier[0]) if earlier else None
    if earlier and token is None:
        token = (await rotate_link(*parts, earlier[0])).token
    elif token is None:
        asked: AskedTerms = {"label": _LABEL}
        token = (await make_link(*parts, kind, target_id, asked, now_us)).token
    return instance.running.settings.base_url + SHARED_PATH + token
