"""Moving tracks in a collection, on either database: exactly, also by many at once, and undone only where
nothing has happened meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from listenlink.actions import manage_collections
from listenlink.actions.arrange_collection import move_track, put_back
from listenlink.actions.show_collections import show_collection, show_collections
from listenlink.errors import Problem, ProblemKind
from listenlink.model.collection_order import Aim, mark_of
from listenlink.store import collection_tracks
from store.owned import NOW, Place, _add_track, make_place

MANY = 12


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await make_place(tmp_path)
    yield made
    made.database.close()


async def fill(place: Place, many: int = MANY) -> list[int]:
    """So many tracks in the owner's collection, in this order."""
    more = await place.database.write(
        lambda c: [_add_track(c, place.owner) for _ in range(many - 1)]
    )
    album = place.made.collection
    await manage_collections.add_tracks(place.database, place.owner, album, more, NOW)
    return [place.made.track, *more]


async def order_of(place: Place) -> list[int]:
    members = await place.database.read(
        lambda c: collection_tracks.list_order(c, place.made.collection)
    )
    positions = [member.position for member in members]
    assert len(set(positions)) == len(positions), "no two at one place"
    return [member.track_id for member in members]


def move(place: Place, track: int, aim: Aim) -> Any:
    return move_track(place.database, place.owner, place.made.collection, track, aim, NOW)


async def refusal(doing: Any) -> ProblemKind:
    with pytest.raises(Problem) as told:
        await doing
    return told.value.kind


async def test_moves_are_as_in_a_list_also_where_tracks_were_taken_out(place: Place) -> None:
    order, rng = await fill(place), random.Random(5)  # noqa: S311
    for step in range(60):
        track = rng.choice(order)
        others = [other for other in order if other != track]
        aim = rng.choice([
            Aim(by=rng.randint(-3, 3)), Aim(position=rng.randint(0, MANY + 3)),
            Aim(before=rng.choice(others)), Aim(after=rng.choice(others)),
        ])  # fmt: skip
        was = order.index(track)
        expected = aim.position_in(order, track)
        done = await move(place, track, aim)
        assert (done.was, done.now) == (was, expected)
        order.insert(done.now, order.pop(was))
        assert done.mark == mark_of(order)
        assert await order_of(place) == order
        if step % 12 == 11:
            gone = order.pop(rng.randrange(1, len(order)))
            album = place.made.collection
            out = await manage_collections.remove_track(
                place.database, place.owner, album, gone, NOW
            )
            assert out is not None
            assert (out.now, out.mark) == (None, mark_of(order))


async def test_of_many_movers_at_once_no_track_is_lost_or_doubled(place: Place) -> None:
    order = await fill(place)
    fixed, gone = order[:-2], order[-2:]
    album = place.made.collection
    (fresh,) = await place.database.write(lambda c: [_add_track(c, place.owner)])
    doing = [move(place, track, Aim(position=n % 5)) for n, track in enumerate(fixed * 4)]
    doing += [move(place, track, Aim(by=step)) for track in fixed for step in (-1, 1)]
    doing += [
        manage_collections.remove_track(place.database, place.owner, album, track, NOW)
        for track in gone
    ]
    doing.append(manage_collections.add_tracks(place.database, place.owner, album, [fresh], NOW))
    random.Random(7).shuffle(doing)  # noqa: S311
    # As many as may wait for a turn together.
    for start in range(0, len(doing), 10):
        await asyncio.gather(*doing[start : start + 10])
    assert sorted(await order_of(place)) == sorted([*fixed, fresh])


async def test_two_who_move_one_past_the_other_both_get_their_way(place: Place) -> None:
    first, second, *rest = await fill(place)
    await asyncio.gather(
        move(place, first, Aim(position=MANY)), move(place, second, Aim(position=MANY))
    )
    assert set((await order_of(place))[-2:]) == {first, second}
    assert (await order_of(place))[:-2] == rest


async def test_what_was_moved_or_taken_out_is_put_back(place: Place) -> None:
    order, album = await fill(place), place.made.collection
    moved = await move(place, order[3], Aim(position=9))
    await put_back(place.database, place.owner, album, order[3], moved.was, moved.mark, NOW)
    assert await order_of(place) == order
    out = await manage_collections.remove_track(place.database, place.owner, album, order[5], NOW)
    assert out is not None
    assert out.was == 5
    await put_back(place.database, place.owner, album, order[5], out.was, out.mark, NOW)
    assert await order_of(place) == order


async def test_what_has_changed_meanwhile_is_not_undone(place: Place) -> None:
    order, album = await fill(place), place.made.collection
    moved = await move(place, order[3], Aim(position=9))
    await move(place, order[0], Aim(by=1))
    before = await order_of(place)
    undoing = put_back(place.database, place.owner, album, order[3], moved.was, moved.mark, NOW)
    assert await refusal(undoing) is ProblemKind.CONFLICT
    assert await order_of(place) == before
    # Of two undoings at once, one is too late.
    again = await move(place, order[3], Aim(position=0))
    undone = await asyncio.gather(
        *(
            put_back(place.database, place.owner, album, order[3], again.was, again.mark, NOW)
            for _ in range(2)
        ),
        return_exceptions=True,
    )
    assert sorted(isinstance(each, Problem) for each in undone) == [False, True]
    assert await order_of(place) == before


async def test_what_is_not_in_it_is_not_moved_and_goes_nowhere(place: Place) -> None:
    order = await fill(place, 3)
    (outside,) = await place.database.write(lambda c: [_add_track(c, place.owner)])
    assert await refusal(move(place, outside, Aim(by=1))) is ProblemKind.NOT_FOUND
    assert await refusal(move(place, order[0], Aim(before=outside))) is ProblemKind.CONFLICT
    assert await order_of(place) == order


async def test_all_are_added_or_none(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    order, album = await fill(place, 3), place.made.collection
    more = await place.database.write(lambda c: [_add_track(c, place.owner) for _ in range(2)])
    add = manage_collections.add_tracks
    wrong = add(place.database, place.owner, album, [more[0], 12345], NOW)
    assert await refusal(wrong) is ProblemKind.NOT_FOUND
    monkeypatch.setattr(manage_collections, "MOST_TRACKS", 4)
    assert await refusal(add(place.database, place.owner, album, more, NOW)) is ProblemKind.INVALID
    assert await order_of(place) == order
    await add(place.database, place.owner, album, [order[0], more[0]], NOW)
    assert await order_of(place) == [*order, more[0]]


async def test_pages_find_the_same_on_either_database(place: Place) -> None:
    database, owner = place.database, place.owner
    for name in ("Björk at night", "ÄRGER", "100 %"):
        await manage_collections.make_collection(database, owner, name, None, None, NOW + 1)
    for query, many in (("bjork", 1), ("ärger", 1), ("arger", 1), ("%", 1), ("_", 0), ("", 4)):
        assert len((await show_collections(database, owner, query, 1)).items) == many, query
    found = await show_collections(database, owner, "album", 7)
    ((item, links, _),) = found.items
    assert (item.track_count, links, found.part.number) == (1, 0, 1)
    await fill(place, 3)
    shown = await show_collection(database, owner, place.made.collection, 1, None, "SONG")
    assert shown.matches is not None
    assert [match.is_in for match in shown.matches.items] == [True] * 3
    assert (await show_collection(database, owner, place.made.collection, 1)).matches is None


async def test_of_many_tracks_the_newest_are_looked_at(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(place)
    for module, name, most in (("MOST_NAMED", "SONG", 5), ("MOST_MATCHES", "", 3)):
        with monkeypatch.context() as patched:
            patched.setattr(f"listenlink.actions.show_collections.{module}", most)
            album = place.made.collection
            shown = await show_collection(place.database, place.owner, album, 1, None, name)
        assert shown.matches is not None
        assert (len(shown.matches.items), shown.matches.has_more) == (most, True)
    shown = await show_collection(
        place.database, place.owner, place.made.collection, 1, None, "SONG"
    )
    assert shown.matches is not None
    assert (len(shown.matches.items), shown.matches.has_more) == (MANY, False)
