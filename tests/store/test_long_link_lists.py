"""A long list of links: read from an index, whoever made them, and looked through in bounded steps."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.event import listen

from listenlink.model.listing import Found, Slice
from listenlink.store import shares, tables
from listenlink.store.database.database import is_postgres
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


def test_a_page_of_everybodys_links_is_read_from_an_index(place: Place) -> None:
    """Nothing is sorted, and what comes before isn't read: as the database itself says it."""
    here, asked = place.owner.owner.organization_id, list[Any]()

    def ask(connection: Connection) -> None:
        listen(connection, "before_execute", lambda *told: asked.append(told[1]))
        part = Slice(50, after=(NOW, FIRST))
        shares.list_own_shares(connection, here, None, None, None, NOW, part)

    place.database.read_now(ask)
    (query,) = asked

    def explain(connection: Connection) -> str:
        sql = query.compile(connection, compile_kwargs={"literal_binds": True})
        how = "" if is_postgres(connection) else "QUERY PLAN"
        return "\n".join(map(str, connection.exec_driver_sql(f"EXPLAIN {how} {sql}")))

    plan = place.database.read_now(explain)
    assert "ix_shares_organization_id_created_at_id" in plan, plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def test_labels_that_match_nothing_are_read_so_far_and_no_further(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking goes on from there, until all were looked at; what is found on the way comes once."""
    owner = place.owner.owner
    monkeypatch.setattr(shares, "MOST_LABELS", 6_000)
    named = text("UPDATE shares SET label = CASE id WHEN :last THEN 'needle' ELSE 'hay' END")
    place.database.write_now(lambda c: c.execute(named, {"last": FIRST + MANY}).rowcount)
    read = 0

    def look(connection: Connection, part: Slice) -> Found[Any]:
        nonlocal read
        counted: list[str] = []

        def folded(label: str) -> str:
            counted.append(label)
            return label

        monkeypatch.setattr(shares, "folded", folded)
        found = shares.list_own_shares(connection, *owner, None, None, NOW, part, "needle")
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
        lambda c: shares.list_own_shares(c, *owner, None, None, NOW, Slice(PAGE), "ha")
    )
    assert len(hay.items) == PAGE
    assert hay.place is not None
