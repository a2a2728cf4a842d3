"""Callers without a key: they act as their role lets them, as long as it does, and are whom they are by any
of their keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from listenlink.actions import manage_collections, manage_keys
from listenlink.actions.authenticate import Caller, act_in_person, authenticate, require_access
from listenlink.actions.idempotency import AnsweredBefore, Asked, Once
from listenlink.actions.manage_people import revoke_key
from listenlink.actions.suspend_organization import suspend_organization
from listenlink.clock import DAY_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.api_key import ROLES
from listenlink.model.collection import Collection
from listenlink.model.owner import Owner
from listenlink.model.sealing import Sealer
from listenlink.model.signing import SigningKey
from store.owned import NOW, Place, in_person, make_place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await make_place(tmp_path)
    yield made
    made.database.close()


async def refusal(place: Place, caller: Caller) -> ProblemKind | None:
    """Why the caller may not make a collection; None if they have made one."""
    try:
        await manage_collections.make_collection(place.database, caller, "New", None, None, NOW)
    except Problem as problem:
        return problem.kind
    return None


async def change(place: Place, statement: str, owner: Owner) -> None:
    whose = {"organization": owner.organization_id, "user": owner.user_id}
    which = " WHERE organization_id = :organization AND user_id = :user"
    await place.database.write(lambda c: c.execute(text(statement + which), whose))


async def test_a_member_has_what_their_role_allows(place: Place) -> None:
    owner = (await in_person(place)).owner
    assert (owner.scopes, owner.key_id, owner.ends_at) == (ROLES["owner"], None, None)
    require_access(owner, ids.public_id(ids.ORGANIZATION, owner.owner.organization_id), "admin")
    await change(place, "UPDATE memberships SET role = 'member'", owner.owner)
    member = await act_in_person(place.database, owner.owner)
    assert member.scopes == ROLES["member"]
    with pytest.raises(Problem) as told:
        require_access(member, None, "admin")
    assert told.value.kind is ProblemKind.INSUFFICIENT_SCOPE
    # Who was let in before, with more than they may have now, writes nothing.
    assert await refusal(place, owner) is ProblemKind.INSUFFICIENT_PERMISSIONS
    assert await refusal(place, member) is None


async def test_who_is_no_member_any_more_does_nothing(place: Place) -> None:
    gone = (await in_person(place)).colleague
    before = place.everything()
    await change(place, "DELETE FROM memberships", gone.owner)
    assert await refusal(place, gone) is ProblemKind.ORGANIZATION_ACCESS_DENIED
    assert place.everything() == before
    with pytest.raises(Problem) as told:
        await act_in_person(place.database, gone.owner)
    assert told.value.kind is ProblemKind.ORGANIZATION_ACCESS_DENIED


async def test_nobody_acts_in_an_organisation_that_is_suspended(place: Place) -> None:
    owner, *_, elsewhere = [
        getattr(await in_person(place), name) for name in ("owner", "elsewhere")
    ]
    suspend = partial(suspend_organization, organization_id=owner.owner.organization_id, now_us=NOW)
    await place.database.write(suspend)
    assert await refusal(place, owner) is ProblemKind.ORGANIZATION_SUSPENDED
    with pytest.raises(Problem) as told:
        await act_in_person(place.database, owner.owner)
    assert told.value.kind is ProblemKind.ORGANIZATION_SUSPENDED
    assert await refusal(place, elsewhere) is None


async def test_a_key_that_somebody_makes_in_person_is_bounded_by_their_role_alone(
    place: Place,
) -> None:
    database, owner = place.database, (await in_person(place)).owner

    async def mint(caller: Caller, days: int | None) -> int | None:
        scopes = frozenset({"read", "admin"})
        return (await manage_keys.mint_key(database, caller, scopes, days, NOW)).listed.expires_at

    assert await mint(owner, None) is None
    assert await mint(owner, 9) == NOW + 9 * DAY_US
    made = await manage_keys.mint_key(database, owner, ROLES["owner"], 5, NOW)
    by_key = await authenticate(database, made.raw_key, NOW)
    assert by_key.owner == owner.owner
    assert [await mint(by_key, days) for days in (None, 9, 2)] == [
        NOW + 5 * DAY_US, NOW + 5 * DAY_US, NOW + 2 * DAY_US,
    ]  # fmt: skip


async def test_a_key_that_ends_ends_nothing_else(place: Place) -> None:
    """Not what its user does in person, nor by another key, nor what they made by it."""
    database, by_key = place.database, place.owner
    person = await act_in_person(database, by_key.owner)
    made = await manage_keys.mint_key(database, by_key, ROLES["owner"], None, NOW)
    other = await authenticate(database, made.raw_key, NOW)
    assert by_key.key_id is not None
    await manage_keys.deactivate_key(database, person, by_key.key_id, NOW)
    assert await refusal(place, by_key) is ProblemKind.API_KEY_DEACTIVATED
    assert [await refusal(place, caller) for caller in (other, person)] == [None, None]
    for caller in (other, person):
        found = await manage_collections.get_collection(database, caller, place.made.collection)
        assert found.owner_id == by_key.owner.user_id


async def test_what_somebody_repeats_is_theirs_by_whichever_key(place: Place) -> None:
    """As when a key was exchanged for another one between the request and its repetition."""
    database, sealer = place.database, Sealer([SigningKey("0" * 8, b"o" * 32)])

    async def make(caller: Caller) -> bytes:
        asked = Asked(caller.owner, "POST /collections", "mine", b"b" * 32)
        once: Once[Collection] = Once(sealer, asked, lambda made: b"%d" % made.id, NOW, NOW)
        await manage_collections.make_collection(database, caller, "Once", None, None, NOW, once)
        return once.answer

    answer = await make(place.owner)
    made = await manage_keys.mint_key(database, place.owner, frozenset({"write"}), None, NOW)
    await database.write(lambda c: revoke_key(c, place.owner.key_id or 0, NOW))
    person = await act_in_person(database, place.owner.owner)
    for caller in (await authenticate(database, made.raw_key, NOW), person):
        with pytest.raises(AnsweredBefore) as before:
            await make(caller)
        assert before.value.answer == answer
    for other in (place.colleague, place.elsewhere):
        assert await make(other) != answer
