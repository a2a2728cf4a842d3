"""Who is invited, joins and leaves, and what is written down of it: on both databases."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from listenlink.actions.signing_in.sign_in import (
    act_elsewhere,
)
from listenlink.actions.signing_in.sign_in_by_link import (
    invite,
    look_at_link,
    use_link,
)
from listenlink.errors import Problem, ProblemKind
from listenlink.store import account_events, people, suspensions
from store.desk_actions import COLLEAGUE, GOOD, NOW, Desk, asker, of


async def test_who_is_invited_becomes_a_member_and_nothing_more(desk: Desk) -> None:
    owner, place = await desk.signed_in(), desk.place
    made = await invite(
        desk.database, desk.audit, asker(), owner, "new@localhost.example", "member"
    )
    told = await look_at_link(desk.database, made.secret, NOW)
    assert (told.email, told.organization, told.role) == ("new@localhost.example", "Here", "member")
    found = await desk.person(await desk.use(made.secret))
    assert found is not None
    assert found.roles == {place.owner.owner.organization_id: "member"}
    with of("link"):
        await desk.use(made.secret)


async def test_an_invitation_never_signs_in_somebody_who_has_an_account(desk: Desk) -> None:
    owner, place = await desk.signed_in(), desk.place
    there = place.elsewhere.owner.organization_id
    await desk.database.write(lambda c: people.add_user(c, "other@localhost.example", NOW))
    await desk.database.write(
        lambda c: people.add_membership(
            c, there, people.find_user(c, "other@localhost.example") or 0, "owner", NOW
        )
    )
    made = await invite(
        desk.database, desk.audit, asker(), owner, "Other@localhost.example", "owner"
    )
    for person in (None, owner):
        with of("link"):
            await use_link(desk.database, desk.audit, made.secret, asker(), person)
    invited = await desk.signed_in("other@localhost.example")
    assert set(invited.roles) == {there}
    assert await use_link(desk.database, desk.audit, made.secret, asker(), invited) is None
    now = await desk.signed_in("other@localhost.example")
    assert now.roles == {there: "owner", place.owner.owner.organization_id: "owner"}
    await act_elsewhere(desk.database, now, place.owner.owner.organization_id)


async def test_members_invite_nobody_and_owners_no_members(desk: Desk) -> None:
    owner = await desk.signed_in()
    await desk.database.write(
        lambda c: people.add_membership(
            c, owner.sign_in.organization_id, people.add_user(c, "m@x.example", NOW), "member", NOW
        )
    )
    member = await desk.signed_in("m@x.example")
    with pytest.raises(Problem) as told:
        await invite(desk.database, desk.audit, asker(), member, "new@x.example", "owner")
    assert told.value.kind is ProblemKind.INSUFFICIENT_PERMISSIONS
    for email, role, field in (
        ("M@x.example", "member", "email"), ("no address", "member", "email"), ("n@x.example", "boss", "role")
    ):  # fmt: skip
        with of(field):
            await invite(desk.database, desk.audit, asker(), owner, email, role)


async def test_an_invitation_of_who_is_no_owner_any_more_is_over(desk: Desk) -> None:
    owner = await desk.signed_in()
    made = await invite(desk.database, desk.audit, asker(), owner, "new@x.example", "member")
    place = desk.place.owner.owner
    await desk.database.write(
        lambda c: people.remove_member(c, place.organization_id, place.user_id)
    )
    with of("link"):
        await desk.use(made.secret)


async def test_who_leaves_or_is_suspended_is_signed_in_no_more(desk: Desk) -> None:
    made = await desk.use(await desk.link(COLLEAGUE))
    here = desk.place.colleague.owner
    await desk.database.write(lambda c: suspensions.suspend(c, here.organization_id, NOW))
    assert await desk.person(made) is None
    with pytest.raises(Problem):
        await desk.use(await desk.link(COLLEAGUE))
    await desk.database.write(lambda c: suspensions.resume(c, here.organization_id))
    assert await desk.person(made) is not None
    await desk.database.write(lambda c: people.remove_member(c, here.organization_id, here.user_id))
    assert await desk.person(made) is None


async def test_who_is_removed_from_one_organisation_acts_in_the_others(desk: Desk) -> None:
    made, place = await desk.use(await desk.link()), desk.place
    found = await desk.person(made)
    assert found is not None
    assert set(found.roles) == {
        place.owner.owner.organization_id,
        place.elsewhere.owner.organization_id,
    }
    with pytest.raises(Problem):
        await act_elsewhere(desk.database, found, 12345)
    await act_elsewhere(desk.database, found, place.elsewhere.owner.organization_id)
    again = await desk.person(made)
    assert again is not None
    assert again.sign_in == replace(
        found.sign_in, organization_id=place.elsewhere.owner.organization_id
    )


async def test_what_happened_to_accounts_is_written_down(desk: Desk) -> None:
    await desk.has_password()
    with of("password"):
        await desk.enter("wrong")
    await desk.enter(GOOD)
    lines = []
    for owner in (desk.place.owner, desk.place.elsewhere):
        listing = partial(
            account_events.list_events,
            organization_id=owner.owner.organization_id,
            limit=50,
            offset=0,
        )
        lines += await desk.database.read(listing)
    assert [line.what for line in lines].count("signed_in") == 2
    assert [line.what for line in lines].count("password_set") == 1
    assert "sign_in_failed" in [line.what for line in lines]
    # What is made by a key is in the audit without where from.
    lines = [line for line in lines if not line.what.startswith(("link_", "key_"))]
    assert {line.prefix for line in lines} == {"203.0.113.0/24"}
    assert all(line.pseudonym and len(line.pseudonym) == 16 for line in lines)
