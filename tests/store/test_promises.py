"""Promises: on either database, for all nodes on one file system, and those of the server itself."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.actions.promise_bytes import LASTS_US, PAUSE_US, PromiseMaker
from listenlink.actions.promise_rules import PromiseRules
from listenlink.clock import Clock
from listenlink.errors import Problem, ProblemKind
from listenlink.media.disk.places import make_folders
from listenlink.media.disk.room import NoRoom, Room, Space
from listenlink.media.folder.folder import Folder
from listenlink.model.owner import Owner
from listenlink.model.upload_bounds import floor_bytes
from listenlink.store import promises as store
from listenlink.store.database.database import Database
from listenlink.store.promises import Promise
from store.owned import NOW, make_place

MB = 1_000_000
LEFT = 10 * MB


class Watch(Clock):
    """A clock that is set by hand."""

    now = 1_800_000_000_000_000

    def now_us(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Watch:
    return Watch()


@pytest.fixture(autouse=True)
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everywhere LEFT bytes may be written."""
    monkeypatch.setattr(Room, "space", lambda room, place: Space(LEFT + MB, MB))


def make_folder(root: Path) -> Folder:
    make_folders(root)
    return Folder(root, MB)


def maker(database: Database, folder: Folder, clock: Clock) -> PromiseMaker:
    return PromiseMaker(database, PromiseRules(folder, 100, 2**40), clock)


def caller(number: int = 1) -> Caller:
    return Caller(Owner(number, number), frozenset())


def begin(database: Database, node: PromiseMaker, number: int, size: int, now_us: int) -> bool:
    try:
        database.write_now(lambda c: node.begin_in_pieces(c, caller(number), number, size, now_us))
    except NoRoom:
        return False
    return True


def test_nodes_on_one_file_system_promise_no_more_than_there_is(
    database: Database, tmp_path: Path, clock: Watch
) -> None:
    """Each has a folder of its own; six begin at once on three nodes, for six organisations."""
    nodes = [maker(database, make_folder(tmp_path / f"node{n}"), clock) for n in range(3)]
    with ThreadPoolExecutor(6) as threads:
        begun = list(
            threads.map(lambda n: begin(database, nodes[n % 3], n, 4 * MB, clock.now), range(1, 7))
        )
    assert sum(begun) == 2
    assert database.read_now(lambda c: store.sum_up_all(c, clock.now)) == 8 * MB
    clock.now += PAUSE_US + 1
    assert begin(database, nodes[0], 9, 10 * MB, clock.now), (
        "what nobody goes on with counts no more"
    )


def test_what_has_arrived_is_not_counted_twice(
    database: Database, tmp_path: Path, clock: Watch
) -> None:
    folder = make_folder(tmp_path / "node")
    node = maker(database, folder, clock)
    assert begin(database, node, 1, 8 * MB, clock.now)
    assert not begin(database, node, 2, 3 * MB, clock.now)
    (tmp_path / "node" / "uploads" / f"resumable-{1:012x}").write_bytes(bytes(5 * MB))
    assert begin(database, node, 2, 3 * MB, clock.now), "LEFT is what is left beside those 5 MB"


def test_a_promise_made_anew_is_not_in_its_own_way(
    database: Database, tmp_path: Path, clock: Watch
) -> None:
    """Nor is what has arrived of it, which has its room already."""
    node = maker(database, make_folder(tmp_path / "node"), clock)
    assert begin(database, node, 1, 8 * MB, clock.now)
    (tmp_path / "node" / "uploads" / f"resumable-{1:012x}").write_bytes(bytes(5 * MB))
    assert begin(database, node, 2, 6 * MB, clock.now)
    assert begin(database, node, 1, 8 * MB, clock.now)
    assert not begin(database, node, 1, 10 * MB, clock.now)


async def test_after_a_pause_the_room_may_be_somebody_else_s(
    database: Database, tmp_path: Path, clock: Watch
) -> None:
    node = maker(database, make_folder(tmp_path / "node"), clock)
    assert begin(database, node, 1, 8 * MB, clock.now)
    async with node.going_on(caller(1), 1, 8 * MB, clock.now):
        assert not begin(database, node, 2, 9 * MB, clock.now)
    clock.now += PAUSE_US + 1
    assert begin(database, node, 2, 9 * MB, clock.now)
    with pytest.raises(NoRoom):
        async with node.going_on(caller(1), 1, 8 * MB, clock.now):
            raise AssertionError("it goes on")


async def test_a_form_grows_no_further_than_there_is_room(
    database: Database, tmp_path: Path, clock: Watch
) -> None:
    node = maker(database, make_folder(tmp_path / "node"), clock)
    async with node.form(caller(), MB, 0, is_repeat=False) as kept:
        await kept.cover(4 * MB)
        with pytest.raises(NoRoom):
            await kept.cover(LEFT + 1)


async def test_an_upload_that_pauses_has_begun_all_the_same(tmp_path: Path) -> None:
    """It's one of its user's, though its bytes have no room kept for them."""
    place = await make_place(tmp_path)
    owner = place.owner.owner

    def pause(connection: Connection) -> None:
        for number in (place.made.upload, None):
            promise = Promise(owner, 9, 9, "disk", None, is_resumable=number is not None)
            store.add_promise(connection, promise, NOW, NOW + 1, number)

    await place.database.write(pause)
    begun = await place.database.read(lambda c: store.sum_up_begun(c, owner, NOW + 2, None))
    assert begun == (1, 9)
    kept = await place.database.read(lambda c: store.sum_up_organization(c, owner[0], NOW + 2))
    assert kept == (0, 0)
    place.database.close()


def test_what_arrives_on_one_disk_and_stays_on_another_counts_on_both(
    database: Database, clock: Watch
) -> None:
    promise = Promise(Owner(1, 1), 5 * MB, 5 * MB, "uploads' disk", "objects' disk")
    number = database.write_now(lambda c: store.add_promise(c, promise, clock.now, clock.now + 1))
    for place, counted in (
        ("uploads' disk", [(number, 5 * MB)]), ("objects' disk", [(0, 5 * MB)]), ("a third", []),
    ):  # fmt: skip
        told = database.read_now(partial(store.list_in_place, place=place, now_us=clock.now))
        assert told == counted


def test_a_form_keeps_its_promise_as_long_as_it_lasts(
    database: Database, tmp_path: Path, clock: Watch
) -> None:
    node = maker(database, make_folder(tmp_path / "node"), clock)

    async def run() -> None:
        async with node.form(caller(), 6 * MB, 6 * MB, is_repeat=False) as kept:
            clock.now += LASTS_US - 1
            await node.move_ends()
            clock.now += LASTS_US - 1
            assert not begin(database, node, 2, 5 * MB, clock.now)
            with pytest.raises(NoRoom):
                await kept.cover(11 * MB)
            assert not begin(database, node, 2, 5 * MB, clock.now)
        assert begin(database, node, 2, 5 * MB, clock.now)
        with pytest.raises(RuntimeError):
            async with node.form(caller(), MB, MB, is_repeat=False):
                raise RuntimeError
        with pytest.raises(NoRoom):
            async with node.form(caller(), MB, MB, is_repeat=False) as kept:
                await kept.cover(11 * MB)
        assert node.refused == {"room": 1, "begun": 0, "quota": 0}

    asyncio.run(run())
    assert database.read_now(lambda c: store.sum_up_all(c, clock.now)) == 5 * MB


def test_what_the_server_makes_needs_room_too(
    database: Database, tmp_path: Path, clock: Watch
) -> None:
    node = maker(database, make_folder(tmp_path / "node"), clock)

    async def run() -> None:
        async with node.ourselves(6 * MB):
            assert not begin(database, node, 2, 5 * MB, clock.now)
        with pytest.raises(Problem) as caught:
            async with node.ourselves(11 * MB):
                pass
        assert caught.value.kind is ProblemKind.STORAGE_FULL

    asyncio.run(run())


def test_a_process_that_died_leaves_rows_that_are_cleared_away(
    database: Database, tmp_path: Path, clock: Watch
) -> None:
    node = maker(database, make_folder(tmp_path / "node"), clock)
    promise = store.Promise(Owner(1, 1), MB, MB, "elsewhere", None)
    database.write_now(lambda c: store.add_promise(c, promise, clock.now, clock.now + LASTS_US))
    clock.now += LASTS_US + PAUSE_US + 1

    async def run() -> None:
        async with node.form(caller(), MB, MB, is_repeat=False):
            await node.move_ends()
            counted = database.read_now(lambda c: store.sum_up_begun(c, Owner(1, 1), 0, None))
            assert counted == (1, MB), "only the new one"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("total", "floor"),
    [
        (20 * 10**9, 2**30),  # of 20 GB: 1 GiB, so 900 MB free are too little
        (100 * 10**9, 5 * 10**9),
        (2**30, 2**28),  # a small volume isn't too small altogether
        (40 * MB, 10 * MB),
    ],
)
def test_how_much_stays_free_unless_it_is_set(total: int, floor: int) -> None:
    assert floor_bytes(None, total) == floor
    assert floor_bytes(7, total) == 7
    assert floor_bytes(0, total) == 0
