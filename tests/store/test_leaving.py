"""Suspending and removing, asked of the actions themselves: who is concerned, and what comes in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from listenlink.actions import remove_user as removing
from listenlink.actions.authenticate import Caller, authenticate
from listenlink.actions.manage_keys import mint_key
from listenlink.actions.remove_user import Removed, Wish, remove_user
from listenlink.actions.suspend_organization import resume_organization, suspend_organization
from listenlink.errors import Problem, ProblemKind
from listenlink.model.ids import USER, public_id
from listenlink.store import belongings, suspensions
from listenlink.store.lives import find_lives
from store.owned import DIGEST, NOW, Place, make_place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await make_place(tmp_path)
    yield made
    made.database.close()


async def test_each_organisation_is_suspended_and_resumed_alone(place: Place) -> None:
    here, there = place.owner.owner.organization_id, place.elsewhere.owner.organization_id
    for since, organization in enumerate((here, there), NOW):
        await place.database.write(
            partial(suspend_organization, organization_id=organization, now_us=since)
        )
    link = place.made.link.share.id
    standing = partial(find_lives, share_ids=[link])
    assert (await place.database.read(standing))[link].suspended_at == NOW
    assert await place.database.write(partial(resume_organization, organization_id=here))
    assert await place.database.read(suspensions.list_suspended) == {there: NOW + 1}
    assert (await place.database.read(standing))[link].suspended_at is None


async def test_keys_end_before_anything_else(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks off afterwards leaves nobody in."""
    key = (await mint_key(place.database, place.owner, frozenset({"read"}), None, NOW)).raw_key

    def fail(*_: object) -> None:
        raise Problem(ProblemKind.UNAVAILABLE)

    monkeypatch.setattr(belongings, "end_links", fail)
    with pytest.raises(Problem):
        remove(place, place.owner)
    with pytest.raises(Problem) as told:
        await authenticate(place.database, key, NOW)
    assert told.value.kind is ProblemKind.API_KEY_DEACTIVATED


async def test_what_comes_while_a_user_is_removed_ends_too(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    revive = text("UPDATE shares SET revoked_at = NULL")
    revived: list[int] = []

    def between(_: float) -> None:
        revived.append(place.database.write_now(lambda c: c.execute(revive).rowcount))

    monkeypatch.setattr(removing, "time", SimpleNamespace(sleep=between))
    remove(place, place.owner)
    assert revived
    assert rows(place, "SELECT revoked_at FROM shares") == [(NOW,)]


async def test_links_end_with_the_music_and_keep_no_words(place: Place) -> None:
    label = text("UPDATE shares SET label = 'For Zoe'")
    place.database.write_now(lambda c: c.execute(label).rowcount)
    remove(place, place.owner, ends_links=False)
    assert rows(place, "SELECT revoked_at, label FROM shares") == [(NOW, None)]
    assert rows(place, "SELECT removed_at, title FROM tracks") == [(NOW, "")]


async def test_audio_that_somebody_else_has_too_stays(place: Place) -> None:
    """Of a track that isn't deleted, whoever's that is."""
    whose = place.owner.owner
    assert place.database.write_now(lambda c: belongings.discard_audio(c, whose, NOW)) == []
    removed = text("UPDATE tracks SET removed_at = :now")
    place.database.write_now(lambda c: c.execute(removed, {"now": NOW}).rowcount)
    discarded = place.database.write_now(lambda c: belongings.discard_audio(c, whose, NOW))
    assert discarded == [DIGEST]


def remove(place: Place, caller: Caller, *, ends_links: bool = True) -> Removed:
    """With all that they have."""
    user = public_id(USER, caller.owner.user_id)
    wish = Wish(ends_links=ends_links, hands_over=False, may_be_last_owner=True)
    return remove_user(place.database, user, None, None, wish, NOW)


def rows(place: Place, sql: str) -> list[tuple[Any, ...]]:
    return place.database.read_now(lambda c: [tuple(row) for row in c.execute(text(sql))])
