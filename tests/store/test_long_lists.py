"""Lists are flat: the last page of a long one costs what its first does, and a walk from page to page meets
each thing once, whatever is put in or taken out meanwhile.

Ratios of medians within one run, asked in turns; a noisy machine gets another try.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any, NamedTuple, Protocol

import pytest
from sqlalchemy import Connection, Table, select, text

from listenlink.model.library import Wanted
from listenlink.model.listing import Found, Slice
from listenlink.store import api_keys, collection_tracks, collections, library, listed_links, tables
from listenlink.store.audit import of_link, open_counts
from listenlink.store.audit.tables import audit
from listenlink.store.database.database import is_postgres
from store.owned import NOW, Place, make_place

MANY = 20_000
PAGE = 5
MOST = 1.6
TRIES, ASKED = 10, 15
# The waiting half of the audit ends sooner on the last page.
DEAREST_FIRST = 2
FIRST = 10**12


class Find(Protocol):
    """A list's rows in one slice."""

    def __call__(self, c: Connection, /, part: Slice) -> Found[Any]: ...


def copies(connection: Connection, table: Table, row: dict[str, int], **new: str) -> None:
    """Copies of one row, with SQL of `n` (from 1) for what differs; the newest is the last but one."""
    columns = [column.name for column in table.columns]
    chosen = ", ".join(f"{new[name]} AS {name}" if name in new else f"t.{name}" for name in columns)
    which = " AND ".join(f"t.{name} = :{name}" for name in row)
    sql = (
        "WITH RECURSIVE numbers(n) AS "  # noqa: S608
        "(SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n < :many) "
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {chosen} FROM numbers, {table.name} t "
        f"WHERE {which}"
    )
    connection.execute(text(sql), {"many": MANY, **row})


def add_lines(connection: Connection, share_id: int, first: int, many: int) -> None:
    """Lines of a link in the audit, each another second."""
    row = {"outcome": 1, "client_id": 1, "agent": 1, "share_id": share_id}
    connection.execute(
        audit.insert(), [{**row, "at": NOW + n, "trace": n} for n in range(first, first + many)]
    )


def fill(connection: Connection, place: Place) -> None:
    """Many of each thing for the owner, and for a colleague besides."""
    made, new = place.made, {"id": f"{FIRST} + n", "created_at": "t.created_at - n * 1000000"}
    digest = (
        "decode(md5(n::text) || md5(n::text), 'hex')"
        if is_postgres(connection)
        else "randomblob(32)"
    )
    copies(connection, tables.tracks, {"id": made.track}, **new)
    edge = connection.execute(
        select(tables.library.c.id).where(tables.library.c.user_id == place.owner.owner.user_id)
    ).scalar_one()
    copies(connection, tables.library, {"id": edge}, **new, track_id=f"{FIRST} + n")
    copies(connection, tables.shares, {"id": made.link.share.id}, **new, token_digest=digest)
    copies(connection, tables.collections, {"id": made.collection}, **new)
    copies(connection, tables.api_keys, {"id": made.key}, **new, digest=digest)
    copies(
        connection, tables.collection_tracks, {"collection_id": made.collection, "track_id": made.track},
        track_id=f"{FIRST} + n", position="n",
    )  # fmt: skip
    add_lines(connection, made.link.share.id, 1, MANY)
    open_counts.add_up(connection, MANY)
    add_lines(connection, made.link.share.id, MANY + 1, 60)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = asyncio.run(make_place(tmp_path_factory.mktemp("instance")))
    made.database.write_now(partial(fill, place=made))
    made.database.write_now(lambda c: c.execute(text("ANALYZE")))
    yield made
    made.database.close()


class Listed(NamedTuple):
    """How a list is asked for a slice, what tells two of its items apart, and how many there are."""

    find: Find
    name: Callable[[Any], Any]
    length: int


def lists(place: Place) -> dict[str, Listed]:
    owner, made = place.owner.owner, place.made
    own, by_id = MANY + 1, lambda item: item.id
    return {
        "tracks": Listed(lambda c, part: library.list_tracks(c, *owner, Wanted(), part), by_id, own),
        "tracks of a mode": Listed(
            lambda c, part: library.list_tracks(c, *owner, Wanted(mode="song"), part), by_id, own
        ),
        "links": Listed(
            lambda c, part: listed_links.list_own_shares(c, *owner, None, None, NOW, part), by_id, own
        ),
        "links of everybody": Listed(
            lambda c, part: listed_links.list_own_shares(
                c, owner.organization_id, None, None, None, NOW, part
            ), by_id, own,
        ),
        "collections": Listed(
            lambda c, part: collections.list_own_collections(c, *owner, part), by_id, own
        ),
        "keys": Listed(lambda c, part: api_keys.list_keys(c, *owner, part), by_id, own),
        "members": Listed(
            lambda c, part: collection_tracks.list_members(c, made.collection, part),
            lambda item: item.track_id, own,
        ),
        "audit": Listed(
            lambda c, part: of_link.list_lines(c, made.link.share.id, part),
            lambda item: item.trace, MANY + 60,
        ),
    }  # fmt: skip


LISTS = (
    "tracks", "tracks of a mode", "links", "links of everybody", "collections", "keys", "members", "audit",
)  # fmt: skip


def cost(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


def ratio(one: Callable[[], object], other: Callable[[], object]) -> float:
    """What one costs of what the other does: the least of a few tries."""
    least = 1e9
    for _ in range(TRIES):
        ones, others = [], []
        for _ in range(ASKED):
            others.append(cost(other))
            ones.append(cost(one))
        least = min(least, median(ones) / median(others))
        if least <= MOST:
            break
    return least


@pytest.mark.parametrize("name", LISTS)
def test_the_last_page_costs_what_the_first_does(place: Place, name: str) -> None:
    find, _, length = lists(place)[name]
    before_last = place.database.read_now(lambda c: find(c, Slice(PAGE, length - 2 * PAGE))).place
    assert before_last is not None

    def ask(part: Slice) -> Found[Any]:
        return place.database.read_now(lambda connection: find(connection, part))

    assert len(ask(Slice(PAGE)).items) == len(ask(Slice(PAGE, after=before_last)).items) == PAGE
    first, last = partial(ask, Slice(PAGE)), partial(ask, Slice(PAGE, after=before_last))
    assert ratio(last, first) <= MOST
    # Nor does the first page read what no later one has to.
    assert ratio(first, last) <= MOST * DEAREST_FIRST


@pytest.mark.parametrize("name", LISTS)
def test_a_walk_meets_what_offsets_do(place: Place, name: str) -> None:
    """At the beginning and at the end, where the last page says that it is one."""
    find, told, length = lists(place)[name]
    for first, many in ((0, 200), (length - 200, 300)):
        at_once = place.database.read_now(partial(find, part=Slice(many, first)))
        assert len(at_once.items) == 200
        walked: list[Any] = []
        part = Slice(37, first)
        while len(walked) < 200:
            part = Slice(min(part.limit, 200 - len(walked)), part.offset, part.after)
            found = place.database.read_now(partial(find, part=part))
            walked += found.items
            part = Slice(37, after=found.place)
        assert walked == at_once.items
        assert len({told(item) for item in walked}) == 200
        assert (found.place is None) == (at_once.place is None) == (first > 0)


def test_when_a_link_was_last_opened_costs_the_same_however_often_it_was(place: Place) -> None:
    """The last of this module, since no line waits afterwards."""
    often, once = place.made.link.share.id, FIRST + 1

    def add(connection: Connection) -> None:
        add_lines(connection, once, MANY + 61, 1)
        assert open_counts.add_up(connection, MANY) == 61

    place.database.write_now(add)
    place.database.write_now(lambda c: c.execute(text("ANALYZE")))

    def ask(link: int) -> dict[int, int]:
        return place.database.read_now(lambda c: of_link.find_last_opens(c, [link]))

    assert ask(often) == {often: NOW + MANY + 60}
    assert ask(once) == {once: NOW + MANY + 61}
    assert ratio(partial(ask, often), partial(ask, once)) <= MOST
