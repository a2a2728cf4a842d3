"""Who is signed in, by a link or a password, and for how long: on both databases, at the very moments where
it changes."""

from __future__ import annotations

import asyncio

import pytest

from listenlink.actions.signing_in import bound_attempts
from listenlink.actions.signing_in.bound_attempts import MOST_FAILURES, WINDOW_US
from listenlink.actions.signing_in.sign_in import (
    SignedIn,
    end_sign_in,
    find_person,
    sign_out,
)
from listenlink.actions.signing_in.sign_in_by_link import (
    look_at_link,
)
from listenlink.actions.signing_in.sign_in_by_password import (
    forget_password,
    set_password,
)
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind, RefusesToStart
from listenlink.model.sign_in import IDLE_US, LINK_US, LONGEST_US, NOTED_EVERY_US
from listenlink.store import sign_ins
from store.desk_actions import COLLEAGUE, GOOD, NOW, OWNER, Desk, asker, of


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
