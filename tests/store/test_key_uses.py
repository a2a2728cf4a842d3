"""When keys were last used: noted in memory, written later, by day; on both databases."""

from __future__ import annotations

from functools import partial

import pytest

from listenlink.actions.note_key_use import KeyUses
from listenlink.clock import DAY_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model.listing import Slice
from listenlink.store import api_keys, members, people
from store.desk_actions import NOW, Desk

TODAY = NOW // DAY_US


async def used(desk: Desk) -> int | None:
    """The day that both the key's own list and the organisation's members tell."""
    here = desk.place.owner.owner
    found = await desk.database.read(lambda c: api_keys.list_keys(c, *here, Slice(9)))
    listing = partial(members.list_members, organization_id=here.organization_id, now_us=NOW)
    member = next(m for m in await desk.database.read(listing) if m.user_id == here.user_id)
    (key,) = found.items
    assert key.used_day == member.used_day
    return member.used_day


async def test_a_day_is_noted_at_once_and_written_later_and_only_goes_on(desk: Desk) -> None:
    uses, key = KeyUses(), desk.place.made.key
    assert await used(desk) is None
    uses.note(key, NOW)
    assert await used(desk) is None
    await uses.write(desk.database)
    assert await used(desk) == TODAY
    for at, day in ((NOW - DAY_US, TODAY), (NOW + DAY_US, TODAY + 1), (NOW, TODAY + 1)):
        uses.note(key, at)
        await uses.write(desk.database)
        assert await used(desk) == day


async def test_what_can_not_be_written_now_is_written_then(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses, key = KeyUses(), desk.place.made.key
    uses.note(key, NOW)

    def fail(*_: object) -> None:
        raise Problem(ProblemKind.UNAVAILABLE)

    with monkeypatch.context() as broken:
        broken.setattr(api_keys, "note_uses", fail)
        with pytest.raises(Problem):
            await uses.write(desk.database)
    await uses.write(desk.database)
    assert await used(desk) == TODAY


async def test_a_key_that_is_gone_meanwhile_is_no_trouble(desk: Desk) -> None:
    uses, here = KeyUses(), desk.place.owner.owner
    uses.note(desk.place.made.key, NOW)
    await uses.write(desk.database)
    uses.note(desk.place.made.key, NOW + DAY_US)
    await desk.database.write(lambda c: people.remove_member(c, *here))
    await uses.write(desk.database)
    rest = await desk.database.read(
        lambda c: c.exec_driver_sql("SELECT count(*) FROM api_key_uses").scalar_one()
    )
    assert rest == 0
