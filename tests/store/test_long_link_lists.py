"""A long list of links: read from an index, whoever made them, and looked through in bounded steps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, text

from listenlink.model.listing import Found, Slice
from listenlink.model.share import LinkState, TargetType
from listenlink.store import listed_links, shares, tables
from listenlink.store.audit import of_target, open_days
from listenlink.store.database.database import is_postgres
from store.explained import explained
from store.owned import NOW, Place, make_place
from store.test_long_lists import FIRST, MANY, PAGE, copies


def fill(connection: Connection, place: Place) -> None:
    """Many links of the owner."""
    digest = (
        "decode(md5(n::text) || md5(n::text), 'hex')"
        if is_postgres(connection)
        else "randomblob(32)"
    )
    new = {"id": f"{FIRST} + n", "created_at": "t.created_at - n * 1000000", "token_digest": digest}
    copies(connection, tables.shares, {"id": place.made.link.share.id}, **new)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = asyncio.run(make_place(tmp_path_factory.mktemp("instance")))
    made.database.write_now(partial(fill, place=made))
    made.database.write_now(lambda c: c.execute(text("ANALYZE")))
    yield made
    made.database.close()


TO_TRACK = "ix_shares_to_track"


@pytest.mark.parametrize("what", ["one person's", "everybody's", "how many", "opens", "numbers"])
def test_links_to_one_track_are_found_by_it(place: Place, what: str) -> None:
    """However many its maker has: else the desk would go through all of them for each page."""
    owner, track = place.owner.owner, place.made.link.share.target_id
    to, days = (TargetType.TRACK, track), open_days.last_days(NOW, 7)
    part = Slice(50, after=(NOW, FIRST))
    asks: dict[str, Callable[[Connection], object]] = {
        "one person's": lambda c: listed_links.list_own_shares(c, *owner, to, None, NOW, part),
        "everybody's": lambda c: listed_links.list_own_shares(
            c, owner.organization_id, None, to, None, NOW, part
        ),
        "how many": lambda c: shares.count_unrevoked(c, *owner, TargetType.TRACK, [track]),
        "opens": lambda c: open_days.sum_by_track(c, owner, days, [track]),
        "numbers": lambda c: of_target.sum_links(c, owner, to),
    }
    plan = explained(place.database, asks[what])
    # PostgreSQL counts its rows, and knows that here all links lead to this track.
    assert TO_TRACK in plan or place.database.read_now(is_postgres), plan


def test_a_state_that_none_is_in_is_looked_for_so_far_and_no_further(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, most = place.owner.owner, 1000
    monkeypatch.setattr(listed_links, "MOST_LOOKED_THROUGH", most)
    last = text("UPDATE shares SET revoked_at = :at WHERE id = :last")
    place.database.write_now(
        lambda c: c.execute(last, {"at": NOW - 1, "last": FIRST + MANY}).rowcount
    )

    def look(connection: Connection, after: Any) -> Found[Any]:
        part = Slice(PAGE, after=after)
        return listed_links.list_own_shares(connection, *owner, None, LinkState.REVOKED, NOW, part)

    found, after, turns = list[Any](), None, 0
    while turns == 0 or after is not None:
        items, place_left = place.database.read_now(partial(look, after=after))
        if after is not None and place_left is not None:
            assert place_left < after
        found, after, turns = found + items, place_left, turns + 1
    assert [share.id for share in found] == [FIRST + MANY]
    assert turns == -(-(MANY + 1) // most)


def test_a_page_of_everybodys_links_is_read_from_an_index(place: Place) -> None:
    """Nothing is sorted, and what comes before isn't read: as the database itself says it."""
    here, part = place.owner.owner.organization_id, Slice(50, after=(NOW, FIRST))
    plan = explained(
        place.database, lambda c: listed_links.list_own_shares(c, here, None, None, None, NOW, part)
    )
    assert "ix_shares_organization_id_created_at_id" in plan, plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def test_labels_that_match_nothing_are_read_so_far_and_no_further(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking goes on from there, until all were looked at; what is found on the way comes once."""
    owner = place.owner.owner
    monkeypatch.setattr(listed_links, "MOST_LOOKED_THROUGH", 6_000)
    named = text("UPDATE shares SET label = CASE id WHEN :last THEN 'needle' ELSE 'hay' END")
    place.database.write_now(lambda c: c.execute(named, {"last": FIRST + MANY}).rowcount)
    read = 0

    def look(connection: Connection, part: Slice) -> Found[Any]:
        nonlocal read
        counted: list[str] = []

        def folded(label: str) -> str:
            counted.append(label)
            return label

        monkeypatch.setattr(listed_links, "folded", folded)
        found = listed_links.list_own_shares(connection, *owner, None, None, NOW, part, "needle")
        read = len(counted)
        return found

    found, after, turns = list[Any](), None, 0
    while turns == 0 or after is not None:
        items, after = place.database.read_now(partial(look, part=Slice(PAGE, after=after)))
        found, turns = found + items, turns + 1
        assert read <= 6_001
    assert [share.id for share in found] == [FIRST + MANY]
    assert turns == 4
    hay = place.database.read_now(
        lambda c: listed_links.list_own_shares(c, *owner, None, None, NOW, Slice(PAGE), "ha")
    )
    assert len(hay.items) == PAGE
    assert hay.place is not None
