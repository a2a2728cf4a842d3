"""Links for several at once are numbered so that they're listed in their order, whatever number is taken."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from listenlink.actions.keep_address import find_token
from listenlink.actions.make_link_for_each import make_link_for_each
from listenlink.actions.manage_links import list_links
from listenlink.model import ids
from listenlink.model.listing import Slice
from listenlink.model.share import TargetType
from listenlink.model.terms import AskedTerms
from store.owned import NOW, SEALER, Place, make_place

LATER = NOW + 1
EACH: list[AskedTerms] = [{"label": name} for name in ("Zoë", "Ana", "Ben", "Ana")]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await make_place(tmp_path)
    yield made
    made.database.close()


async def make(place: Place) -> list[Any]:
    target = TargetType.TRACK, place.made.track
    return await make_link_for_each(place.database, SEALER, place.owner, target, {}, EACH, LATER)


async def test_they_are_listed_in_their_order_and_can_be_shown_again(place: Place) -> None:
    made = await make(place)
    found = await list_links(place.database, place.owner, None, None, LATER, Slice(9))
    assert [one.share.label for one in found.items[:4]] == ["Zoë", "Ana", "Ben", "Ana"]
    for new in made:
        again = await find_token(place.database, SEALER, place.owner, new.share.id)
        assert again == new.token


async def test_another_number_is_taken_where_one_is(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = place.made.link.share.id
    # Those above it are tried before.
    numbers = itertools.chain([taken, taken + 1, taken + 2, taken + 3], itertools.count(20))
    monkeypatch.setattr(ids, "new_number", lambda: next(numbers))
    made = await make(place)
    assert sorted(new.share.id for new in made) == [20, 21, 22, 23]
    count = text("SELECT count(*) FROM shares")
    assert place.database.read_now(lambda c: c.execute(count).scalar_one()) == 1 + len(made)
    for new in made:
        assert await find_token(place.database, SEALER, place.owner, new.share.id) == new.token


async def test_a_token_that_is_there_already_is_no_number_that_is_taken(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That never happens: it must not be tried again and again, nor be half done."""
    monkeypatch.setattr(
        "listenlink.actions.make_link_for_each.new_token", lambda: place.made.link.token
    )
    before = place.everything()
    with pytest.raises(IntegrityError):
        await make(place)
    assert place.everything() == before


async def test_nothing_is_left_of_links_whose_event_can_not_be_written(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no event")

    monkeypatch.setattr("listenlink.actions.make_link_for_each.note_account", fail)
    before = place.everything()
    with pytest.raises(ValueError, match="no event"):
        await make(place)
    assert place.everything() == before
    count = text("SELECT count(*) FROM sealed_tokens")
    assert place.database.read_now(lambda c: c.execute(count).scalar_one()) == 1
