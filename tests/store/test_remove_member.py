"""Removing members, asked of the action itself: two at one moment, and what comes in between."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from listenlink.actions import remove_user as removing
from listenlink.actions.authenticate import Caller, act_in_person
from listenlink.actions.make_link import make_link
from listenlink.actions.remove_member import look_at_leave, remove_member
from listenlink.errors import Problem, ProblemKind
from listenlink.model.api_key import LEAVING
from listenlink.model.share import TargetType
from listenlink.store import people
from store.desk_actions import COLLEAGUE, NOW, Desk
from store.owned import SEALER


class Nothing:
    """Storage and uploads of which nothing is asked: no file belongs to what is removed here."""

    has_leftovers = False

    async def discard(self, numbers: list[int]) -> None:
        assert len(numbers) <= 1

    async def carry_out(self, *_: object) -> None:
        return None


async def remove(desk: Desk, caller: Caller, user_id: int, to: int, **how: bool) -> Any:
    nothing: Any = Nothing()
    ends_links = how.get("ends_links", False)
    return await remove_member(
        desk.database, nothing, nothing, caller, user_id, to, NOW, ends_links=ends_links
    )


def rows(desk: Desk, sql: str, **of: int) -> list[tuple[Any, ...]]:
    return desk.database.read_now(lambda c: [tuple(row) for row in c.execute(text(sql), of)])


def owners(desk: Desk) -> list[int]:
    here = desk.place.owner.owner.organization_id
    return [user for user, _ in desk.database.read_now(lambda c: people.list_owners(c, here))]


async def demote(desk: Desk, user_id: int) -> None:
    role = text("UPDATE memberships SET role = 'member' WHERE user_id = :user")
    await desk.database.write(lambda c: c.execute(role, {"user": user_id}).rowcount)


async def test_of_two_owners_who_remove_each_other_one_stays(desk: Desk) -> None:
    one, other = (await desk.signed_in()).caller, (await desk.signed_in(COLLEAGUE)).caller
    await demote(desk, desk.place.saver.owner.user_id)
    both = (one, other), (other, one)
    done = await asyncio.gather(
        *(remove(desk, by, whom.owner.user_id, by.owner.user_id) for by, whom in both),
        return_exceptions=True,
    )
    refused = [problem for problem in done if isinstance(problem, Problem)]
    assert [problem.kind for problem in refused] == [ProblemKind.AUTHENTICATION_REQUIRED]
    assert len(owners(desk)) == 1


@pytest.mark.parametrize("by", ["person", "key"])
async def test_the_last_owner_is_never_removed_however_two_ask(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """Nor while another's removal is under way: who is leaving is no owner any more, and may nothing."""
    place = desk.place
    one, other = place.owner, place.colleague
    if by == "person":
        one, other = (await desk.signed_in()).caller, (await desk.signed_in(COLLEAGUE)).caller
    await demote(desk, place.saver.owner.user_id)
    told: list[Problem] = []
    begun: list[float] = []

    def between(seconds: float) -> None:
        begun.append(seconds)
        if len(begun) == 1:
            with pytest.raises(Problem) as problem:
                asyncio.run(remove(desk, one, one.owner.user_id, other.owner.user_id))
            told.append(problem.value)

    album = place.made.collection
    made = await make_link(
        desk.database, SEALER, place.owner, TargetType.COLLECTION, album, {}, NOW
    )
    hand = text("UPDATE shares SET creator_id = :user WHERE id = :share")
    whose = {"user": other.owner.user_id, "share": made.share.id}
    await desk.database.write(lambda c: c.execute(hand, whose).rowcount)
    monkeypatch.setattr(removing, "time", SimpleNamespace(sleep=between))
    await remove(desk, one, other.owner.user_id, one.owner.user_id)
    assert [problem.kind for problem in told] == [ProblemKind.CONFLICT]
    assert owners(desk) == [one.owner.user_id]


async def test_who_is_leaving_may_nothing_and_is_gone_on_with(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What broke off is done by doing it again."""
    place, owner = desk.place, (await desk.signed_in(COLLEAGUE)).caller
    signed_in, leaving = await desk.signed_in(), place.owner.owner

    def fail(_: float) -> None:
        raise Problem(ProblemKind.UNAVAILABLE)

    monkeypatch.setattr(removing, "time", SimpleNamespace(sleep=fail))
    with pytest.raises(Problem):
        await remove(desk, owner, leaving.user_id, owner.owner.user_id)
    role = "SELECT role FROM memberships WHERE user_id = :user AND organization_id = :here"
    asked = {"user": leaving.user_id, "here": leaving.organization_id}
    assert rows(desk, role, **asked) == [(LEAVING,)]
    for caller in (signed_in.caller, place.owner):
        with pytest.raises(Problem) as told:
            await remove(desk, caller, owner.owner.user_id, owner.owner.user_id)
        assert told.value.kind in {
            ProblemKind.AUTHENTICATION_REQUIRED, ProblemKind.API_KEY_DEACTIVATED,
        }  # fmt: skip
    with pytest.raises(Problem) as told:
        await act_in_person(desk.database, leaving)
    assert told.value.kind is ProblemKind.ORGANIZATION_ACCESS_DENIED
    anew = await desk.signed_in()
    assert set(anew.roles) == {place.elsewhere.owner.organization_id}
    monkeypatch.undo()
    await remove(desk, owner, leaving.user_id, owner.owner.user_id)
    assert rows(desk, role, **asked) == []
    assert rows(desk, "SELECT DISTINCT creator_id FROM shares") == [(owner.owner.user_id,)]


async def test_an_heir_who_is_removed_meanwhile_gets_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, owner = desk.place, (await desk.signed_in(COLLEAGUE)).caller
    heir = place.saver.owner.user_id

    def between(_: float) -> None:
        monkeypatch.undo()
        asyncio.run(remove(desk, owner, heir, owner.owner.user_id))

    monkeypatch.setattr(removing, "time", SimpleNamespace(sleep=between))
    with pytest.raises(Problem) as told:
        await remove(desk, owner, place.owner.owner.user_id, heir)
    assert told.value.kind is ProblemKind.CONFLICT
    assert rows(desk, "SELECT id FROM users WHERE id = :heir", heir=heir) == []
    await remove(desk, owner, place.owner.owner.user_id, owner.owner.user_id)
    assert rows(desk, "SELECT DISTINCT creator_id FROM tracks") == [(owner.owner.user_id,)]
    assert rows(desk, "SELECT DISTINCT creator_id FROM shares") == [(owner.owner.user_id,)]


async def test_it_is_told_as_it_is(desk: Desk) -> None:
    place, owner = desk.place, (await desk.signed_in(COLLEAGUE)).caller
    leave = await look_at_leave(desk.database, owner, place.owner.owner.user_id, NOW)
    assert tuple(leave.has) == (1, 1, 1)
    assert (leave.access.keys, leave.access.sign_ins, leave.access.uploads) == (1, 0, 1)
    assert leave.heirs[0][0] == owner.owner.user_id
    assert {heir for heir, _ in leave.heirs} == {owner.owner.user_id, place.saver.owner.user_id}
    await desk.signed_in()
    leave = await look_at_leave(desk.database, owner, place.owner.owner.user_id, NOW)
    assert (leave.access.sign_ins, leave.is_last_owner) == (1, False)
    await demote(desk, owner.owner.user_id)
    with pytest.raises(Problem) as told:
        await look_at_leave(desk.database, owner, place.owner.owner.user_id, NOW)
    assert told.value.kind is ProblemKind.INSUFFICIENT_PERMISSIONS
