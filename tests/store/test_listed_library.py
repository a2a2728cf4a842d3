"""The desk's list of a long library: each page has what it should, and takes few statements."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from listenlink.actions.authenticate import Caller
from listenlink.actions.list_library import PAGE, Asked, ListedLibrary, list_library
from listenlink.clock import DAY_US
from listenlink.model.folded import folded
from listenlink.model.library import Order
from listenlink.store.audit import open_counts, open_days
from listenlink.store.database.database import is_postgres
from store.owned import Place, make_place

TRACKS, LINKS, LINES = 1000, 10_000, 200_000
FIRST = 10**12
TODAY = 20_000
NOW = TODAY * DAY_US + DAY_US // 2
MOST_SECONDS = 1.0
MOST_STATEMENTS = 8
_NUMBERS = (
    "WITH RECURSIVE numbers(n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM numbers "
    "WHERE n + 1 < {many}) "
)
TITLES = ("Élan", "elan", "Late Night", "Straße", "Ночь", "zebra", "Ambient")


def title_of(n: int) -> str:
    return f"{TITLES[n % len(TITLES)]} {n * 7919 % TRACKS}"


def artist_of(n: int) -> str | None:
    return None if n % 5 == 0 else f"Ana {n % 11}"


def opens_of(n: int) -> int:
    """Line `l` is of link `l % LINKS`, which leads to track `l % TRACKS`; some tell of no open."""
    lines = range(n, LINES, TRACKS)
    return sum(1 for line in lines if line // TRACKS % 10 < 7 and line * 31 % 101 >= n % 50)


def _fill(connection: Connection, place: Place) -> None:
    """Of the owner's; the n-th track is the n-th newest."""
    made, numbers = place.made, _NUMBERS.format
    digest = (
        "decode(md5(n::text) || md5(n::text), 'hex')"
        if is_postgres(connection)
        else "randomblob(32)"
    )
    _copy(connection, "tracks", made.track, numbers(many=TRACKS), id=f"{FIRST} + n")
    connection.execute(
        text("UPDATE tracks SET title = :title, artist = :artist WHERE id = :id"),
        [{"id": FIRST + n, "title": title_of(n), "artist": artist_of(n)} for n in range(TRACKS)],
    )
    edge = text("SELECT id FROM library WHERE track_id = :id AND user_id = :user")
    asked = {"id": made.track, "user": place.owner.owner.user_id}
    number = connection.execute(edge, asked).scalar_one()
    _copy(
        connection, "library", number, numbers(many=TRACKS), id=f"{FIRST} + n",
        track_id=f"{FIRST} + n", created_at=f"{NOW} - n",
    )  # fmt: skip
    connection.execute(text("DELETE FROM library WHERE id = :id"), {"id": number})
    _copy(
        connection, "shares", made.link.share.id, numbers(many=LINKS), id=f"{FIRST} + n",
        token_digest=digest, track_id=f"{FIRST} + n % {TRACKS}",
        revoked_at="CASE WHEN n % 4 = 3 THEN 1 END",
    )  # fmt: skip
    outcome = f"CASE WHEN n * 31 % 101 >= n % {TRACKS} % 50 THEN 1 ELSE 4 END"
    at = f"({TODAY} - n / {TRACKS} % 10) * {DAY_US}"
    connection.execute(
        text(
            f"{numbers(many=LINES)}INSERT INTO audit (at, outcome, share_id, trace, client_id, agent) "  # noqa: S608
            f"SELECT {at}, {outcome}, {FIRST} + n % {LINKS}, n, 1, 1 FROM numbers"
        )
    )
    # The last ones wait to be added up.
    open_counts.add_up(connection, LINES - 500)
    open_days.add_up(connection, LINES)


def _copy(connection: Connection, table: str, row: int, numbers: str, **new: str) -> None:
    found = connection.execute(text(f"SELECT * FROM {table} WHERE id = {row}"))  # noqa: S608
    names = list(found.keys())
    chosen = ", ".join(f"{new[name]} AS {name}" if name in new else f"t.{name}" for name in names)
    connection.execute(
        text(
            f"{numbers}INSERT INTO {table} ({', '.join(names)}) "  # noqa: S608
            f"SELECT {chosen} FROM numbers, {table} t WHERE t.id = {row}"
        )
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = asyncio.run(make_place(tmp_path_factory.mktemp("instance")))
    made.database.write_now(lambda c: _fill(c, made), within_seconds=60)
    yield made
    made.database.close()


def listed(place: Place, caller: Caller | None = None, **asked: Any) -> ListedLibrary:
    return asyncio.run(list_library(place.database, caller or place.owner, Asked(**asked), NOW))


def numbers_of(page: ListedLibrary) -> list[int]:
    return [track.id - FIRST for track in page.tracks]


def expected(order: Order, words: list[str]) -> list[int]:
    found = [
        n for n in range(TRACKS)
        if all(folded(w) in folded(f"{title_of(n)} {artist_of(n) or ''}") for w in words)
    ]  # fmt: skip
    keys: dict[Order, Any] = {
        Order.NEWEST: lambda n: n,
        Order.TITLE: lambda n: folded(title_of(n)),
        Order.ARTIST: lambda n: (
            artist_of(n) is None, folded(artist_of(n) or ""), folded(title_of(n)),
        ),
        Order.OPENS: lambda n: -opens_of(n),
    }  # fmt: skip
    return sorted(found, key=keys[order])


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("words", ["", "ELAN", "ana 3 night", "STRASSE", "ночь"])
def test_a_page_is_what_it_should_be(place: Place, order: Order, words: str) -> None:
    wanted = expected(order, words.split())
    pages = -(-len(wanted) // PAGE)
    assert wanted
    for page in {1, 2, pages, pages + 7}:
        shown = listed(place, words=words, order=order, page=page)
        number = min(page, pages)
        assert numbers_of(shown) == wanted[(number - 1) * PAGE : number * PAGE]
        assert (shown.page, shown.pages, shown.found) == (number, pages, len(wanted))
        assert (shown.of_all, shown.is_cut) == (TRACKS, False)


def test_links_and_opens_are_exact(place: Place) -> None:
    shown = [*listed(place).tracks, *listed(place, order=Order.OPENS, page=3).tracks]
    assert {track.opens for track in shown} == {opens_of(track.id - FIRST) for track in shown}
    for track in shown:
        n = track.id - FIRST
        assert track.opens == opens_of(n) > 50
        assert track.links == sum(1 for link in range(n, LINKS, TRACKS) if link % 4 != 3)
        assert (track.title, track.artist) == (title_of(n), artist_of(n))
        assert (track.is_own, track.has_cover) == (True, False)


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("words", ["", "e"])
def test_any_page_takes_little_and_few_statements(place: Place, order: Order, words: str) -> None:
    for page in (1, 10, 20):
        statements: list[str] = []

        def note(
            _c: Any, _cursor: Any, statement: str, *_others: Any, into: Any = statements
        ) -> None:
            into.append(statement)

        engine = place.database.read_now(lambda c: c.engine)
        event.listen(engine, "before_cursor_execute", note)
        try:
            listed(place, words=words, order=order, page=page)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        assert 0 < len(statements) <= MOST_STATEMENTS, statements
        took = []
        for _ in range(3):
            began = time.perf_counter()
            listed(place, words=words, order=order, page=page)
            took.append(time.perf_counter() - began)
        assert min(took) < MOST_SECONDS


def test_the_sums_of_days_are_found_by_index(place: Place) -> None:
    """However many lines there are: all of the audit is never read."""
    is_there = place.database.read_now(is_postgres)
    explain = "EXPLAIN " if is_there else "EXPLAIN QUERY PLAN "
    asked = {
        "organization": 1, "creator": 1, "name": open_days.MARK, "opened": 1, "first": 1, "last": 7,
        "since": 1, "until": 2,
    }  # fmt: skip
    for statement in (*open_days._OF_ALL, open_days._NOT_YET):
        plan = " ".join(
            str(row)
            for row in place.database.read_now(
                lambda c, sql=str(statement): c.execute(text(explain + sql), asked).all()  # type: ignore[misc]
            )
        )
        for table in ("audit", "open_days"):
            assert f"SCAN {table} " not in plan, plan
        assert "SCAN d" not in plan, plan


def test_others_have_lists_of_their_own(place: Place) -> None:
    assert listed(place, place.colleague) == listed(place, place.elsewhere)
    assert listed(place, place.colleague).tracks == []
    (saved,) = listed(place, place.saver).tracks
    assert (saved.id, saved.is_own, saved.links, saved.opens) == (place.made.track, False, 0, 0)
    assert listed(place, place.saver, order=Order.OPENS).tracks == [replace(saved)]
    assert listed(place, place.saver, words="nothing").tracks == []


def test_of_a_library_that_is_too_long_the_newest_are_looked_at(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("listenlink.actions.list_library.MOST_NAMED", 10)
    shown = listed(place, order=Order.TITLE)
    assert shown.is_cut
    assert sorted(numbers_of(shown)) == list(range(10))
    assert not listed(place).is_cut
