"""Who is signed in, by what and for how long: on both databases, at the very moments where it changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from listenlink.actions.signing_in import bound_attempts
from listenlink.actions.signing_in.asker import AccountAudit, Asker
from listenlink.actions.signing_in.bound_attempts import MOST_FAILURES, WINDOW_US, Attempts
from listenlink.actions.signing_in.sign_in import (
    Person,
    SignedIn,
    act_elsewhere,
    end_sign_in,
    find_person,
    sign_out,
)
from listenlink.actions.signing_in.sign_in_by_link import (
    invite,
    look_at_link,
    make_link,
    use_link,
)
from listenlink.actions.signing_in.sign_in_by_password import (
    forget_password,
    set_password,
    sign_in_by_password,
)
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind, RefusesToStart
from listenlink.model.client_address import find_client
from listenlink.model.sign_in import IDLE_US, LINK_US, LONGEST_US, NOTED_EVERY_US
from listenlink.model.signing import SigningKey
from listenlink.secret_keys import DailyKeys
from listenlink.store import account_events, people, sign_ins, suspensions
from store.owned import Place, make_place

NOW = 1_800_000_000 * SECOND_US
RING = [SigningKey("0000000a", b"a" * 32)]
OWNER, COLLEAGUE = "owner@localhost.example", "colleague@localhost.example"
GOOD = "harbour lights at night"


def asker(address: str = "203.0.113.5", now_us: int = NOW, secret: str | None = None) -> Asker:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    return Asker(find_client(address, "", ()), agent, now_us, secret)


class Desk:
    """The actions of signing in on one database."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.database = place.database
        self.place = place
        self.audit = AccountAudit(DailyKeys(folder / "daily"))
        self.attempts = Attempts(self.database, RING)

    async def link(self, email: str = OWNER, now_us: int = NOW) -> str:
        return (await self.database.write(lambda c: make_link(c, email, now_us))).secret

    async def use(self, secret: str, who: Asker | None = None, **more: Any) -> SignedIn:
        done = await use_link(self.database, self.audit, secret, who or asker(), more.get("person"))
        assert done is not None
        return done

    async def person(self, signed_in: SignedIn, now_us: int = NOW) -> Person | None:
        return await find_person(self.database, signed_in.secret, now_us)

    async def signed_in(self, email: str = OWNER) -> Person:
        """Acting in the organisation that everybody here is a member of."""
        made = await self.use(await self.link(email))
        found = await self.person(made)
        assert found is not None
        if self.place.owner.owner.organization_id in found.roles:
            await act_elsewhere(self.database, found, self.place.owner.owner.organization_id)
            found = await self.person(made)
            assert found is not None
        return found

    async def enter(self, password: str, email: str = OWNER, **who: Any) -> SignedIn:
        return await sign_in_by_password(
            self.database, self.attempts, self.audit, email, password, asker(**who)
        )

    async def has_password(self, password: str = GOOD) -> None:
        await set_password(self.database, self.audit, await self.signed_in(), password, asker())


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(bound_attempts, "slowed_by", lambda failures: 0.0)
    place = await make_place(tmp_path)
    yield Desk(place, tmp_path)
    place.database.close()


def of(field: str) -> Any:
    """A refusal that names this field."""
    return pytest.raises(Problem, check=lambda problem: problem.details.get("field") == field)


async def test_a_link_signs_in_whom_it_is_for_once(desk: Desk) -> None:
    secret = await desk.link()
    assert (await look_at_link(desk.database, secret, NOW)).email == OWNER
    found = await desk.person(await desk.use(secret))
    assert found is not None
    assert (found.email, found.sign_in.browser) == (OWNER, "Firefox, Linux")
    assert found.sign_in.user_id == desk.place.owner.owner.user_id
    for again in (look_at_link(desk.database, secret, NOW), desk.use(secret)):
        with of("link"):
            await again


async def test_of_many_who_use_a_link_at_one_moment_one_is_signed_in(desk: Desk) -> None:
    secret = await desk.link()
    done = await asyncio.gather(*(desk.use(secret) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(one, SignedIn) for one in done) == 1
    assert all(isinstance(one, SignedIn | Problem) for one in done)


@pytest.mark.parametrize("after_us", [0, LINK_US - 1, LINK_US, 2 * LINK_US])
async def test_a_link_is_good_for_half_an_hour(desk: Desk, after_us: int) -> None:
    secret, who = await desk.link(), asker(now_us=NOW + after_us)
    if after_us < LINK_US:
        assert await desk.use(secret, who)
    else:
        with of("link"):
            await desk.use(secret, who)


async def test_no_other_text_is_a_link(desk: Desk) -> None:
    secret = await desk.link()
    for wrong in ("", secret[:-1], secret.upper(), secret + "0", "0" * 64, f" {secret}"):
        with of("link"):
            await desk.use(wrong)
    with pytest.raises(RefusesToStart):
        await desk.link("nobody@localhost.example")


async def test_a_sign_in_ends_unused_and_in_all(desk: Desk) -> None:
    made = await desk.use(await desk.link())
    assert await desk.person(made, NOW + IDLE_US) is None
    assert await desk.person(made, NOW + IDLE_US - 1) is not None
    at = NOW
    while at + IDLE_US - 1 < NOW + LONGEST_US:
        at += IDLE_US - 1
        assert await desk.person(made, at) is not None
    assert await desk.person(made, NOW + LONGEST_US - 1) is not None
    assert await desk.person(made, NOW + LONGEST_US) is None


async def test_its_use_is_noted_once_an_hour(desk: Desk) -> None:
    made = await desk.use(await desk.link())
    for at, noted in ((NOTED_EVERY_US - 1, 0), (NOTED_EVERY_US, NOTED_EVERY_US)):
        await desk.person(made, NOW + at)
        (one,) = await desk.database.read(
            lambda c: sign_ins.list_sign_ins(c, desk.place.owner.owner.user_id, NOW)
        )
        assert one.seen_at == NOW + noted


async def test_no_secret_but_one_that_was_made_here_is_anybodys(desk: Desk) -> None:
    planted = "5" * 64
    made = await desk.use(await desk.link(), asker(secret=planted))
    assert made.secret != planted
    assert await find_person(desk.database, planted, NOW) is None
    assert await find_person(desk.database, None, NOW) is None


async def test_signing_in_ends_what_the_browser_had_and_nothing_else(desk: Desk) -> None:
    elsewhere = await desk.use(await desk.link())
    first = await desk.use(await desk.link())
    second = await desk.use(await desk.link(COLLEAGUE), asker(secret=first.secret))
    assert await desk.person(first) is None
    assert await desk.person(second) is not None
    assert await desk.person(elsewhere) is not None
    await sign_out(desk.database, desk.audit, asker(secret=second.secret))
    assert await desk.person(second) is None
    await sign_out(desk.database, desk.audit, asker(secret=second.secret))


async def test_one_ends_ones_own_sign_ins_and_nobody_elses(desk: Desk) -> None:
    mine, theirs = await desk.signed_in(), await desk.signed_in(COLLEAGUE)
    with pytest.raises(Problem):
        await end_sign_in(desk.database, theirs, mine.sign_in.id)
    await end_sign_in(desk.database, mine, mine.sign_in.id)
    assert not await desk.database.read(lambda c: sign_ins.is_live(c, mine.sign_in.id))


async def test_the_password_is_right_for_its_user_alone_and_can_be_taken_away(desk: Desk) -> None:
    with of("password"):
        await desk.enter(GOOD)
    await desk.has_password()
    assert (await desk.enter(GOOD)).sign_in.user_id == desk.place.owner.owner.user_id
    assert await desk.enter(GOOD, f"  {OWNER.upper()} ")
    for email, wrong in ((OWNER, GOOD + "!"), (OWNER, ""), (COLLEAGUE, GOOD), ("x", GOOD)):
        with of("password"):
            await desk.enter(wrong, email)
    await forget_password(desk.database, desk.audit, await desk.signed_in(), asker())
    with of("password"):
        await desk.enter(GOOD)


@pytest.mark.parametrize(
    ("password", "fault"),
    [("fourteen chars", "short"), ("x" * 129, "long"), ("passwordpassword", "common"),
     ("qwertyuiopasdfgh", "common"), ("owner@localhost.example", "common")],
)  # fmt: skip
async def test_what_is_short_or_easily_guessed_is_no_password(
    desk: Desk, password: str, fault: str
) -> None:
    with of("password") as told:
        await desk.has_password(password)
    assert told.value.details["fault"] == fault


async def test_a_change_of_it_ends_every_other_sign_in(desk: Desk) -> None:
    other = await desk.use(await desk.link())
    this = await desk.signed_in()
    made = await set_password(desk.database, desk.audit, this, GOOD, asker())
    assert await desk.person(other) is None
    assert not await desk.database.read(lambda c: sign_ins.is_live(c, this.sign_in.id))
    assert await desk.person(made) is not None
    with pytest.raises(Problem):
        await set_password(desk.database, desk.audit, this, GOOD, asker())


async def test_ten_failures_are_told_and_the_next_is_not_even_looked_at(desk: Desk) -> None:
    await desk.has_password()
    for failed in range(MOST_FAILURES):
        with of("password"):
            await desk.enter("wrong", now_us=NOW + failed)
    for password in ("wrong", GOOD):
        with pytest.raises(Problem) as told:
            await desk.enter(password, now_us=NOW + 60 * SECOND_US)
        assert told.value.kind is ProblemKind.LIMITED
        assert (
            told.value.details["retry_after_seconds"] == (WINDOW_US - 60 * SECOND_US) // SECOND_US
        )
    assert await desk.enter(GOOD, address="198.51.100.9")
    assert await desk.enter(GOOD, address="203.0.113.6")
    assert await desk.enter(GOOD, now_us=NOW + WINDOW_US)


async def test_many_guesses_at_one_moment_are_counted_too(desk: Desk) -> None:
    done = await asyncio.gather(
        *(desk.enter("wrong") for _ in range(3 * MOST_FAILURES)), return_exceptions=True
    )
    kinds = [one.kind for one in done if isinstance(one, Problem)]
    assert kinds.count(ProblemKind.INVALID) == MOST_FAILURES
    assert kinds.count(ProblemKind.LIMITED) == 2 * MOST_FAILURES


async def test_a_right_password_takes_back_that_accounts_failures_alone(desk: Desk) -> None:
    await desk.has_password()
    for email in (OWNER, COLLEAGUE) * 4:
        with of("password"):
            await desk.enter("wrong", email)
    assert await desk.enter(GOOD)
    for _ in range(MOST_FAILURES - 4):
        with of("password"):
            await desk.enter("wrong")
    with pytest.raises(Problem) as told:
        await desk.enter(GOOD)
    assert told.value.kind is ProblemKind.LIMITED


def test_an_account_that_is_tried_answers_later_and_is_never_locked() -> None:
    waits = [bound_attempts.slowed_by(failures) for failures in range(1000)]
    assert waits[:8] == [0, 0, 0, 0, 0, 0.25, 0.5, 1.0]
    assert max(waits) == waits[-1] == 4.0


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
    assert {line.prefix for line in lines} == {"203.0.113.0/24"}
    assert all(line.pseudonym and len(line.pseudonym) == 16 for line in lines)
