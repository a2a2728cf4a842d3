"""Playback's reads on PostgreSQL: one statement for all who ask at a moment, begun after the last of them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cast import Server, share, upload
from engines import POSTGRESQL, change
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.store.database.postgres import BATCHES, Raw
from listenlink.store.opening.connections import Connections
from listenlink.store.opening.group_queue import MOST_PER_BATCH, MOST_WAITING
from listenlink.store.opening.playback import Playable
from listenlink.store.opening.postgres_playback import PostgresPlaybackReader
from media.make_audio import make


class Slow:
    """In place of connections: statements that end when they're told to, with what was so when they
    began. `state` is the rotation of every link."""

    def __init__(self) -> None:
        self.state = 0
        self.asked: list[tuple[list[int], ...]] = []
        self.let_go = asyncio.Event()

    @contextlib.asynccontextmanager
    async def use(self) -> AsyncIterator[Raw]:
        yield self

    async def fetch(self, sql: str, *lists: list[int]) -> list[tuple[Any, ...]]:
        self.asked.append(lists)
        began_with = self.state
        await self.let_go.wait()
        shared, own = len(lists[0]), len(lists[3])
        places = [*range(1, shared + 1), *(-place for place in range(1, own + 1))]
        return [(place, b"", 0, "", False, began_with, None, None, None, None) for place in places]

    def close(self) -> None:
        """Nothing is open."""


def reader_on(slow: Slow) -> PostgresPlaybackReader:
    connections: Any = slow
    return PostgresPlaybackReader(connections)


async def begin(*asking: Any) -> list[asyncio.Task[Playable | None]]:
    """Ask, and let the loop turn until nothing more happens by itself."""
    tasks = [asyncio.ensure_future(each) for each in asking]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_equal_questions_of_a_moment_are_one() -> None:
    slow = Slow()
    reader = reader_on(slow)
    slow.let_go.set()
    asking = [reader.find_shared(7, 1, 1) for _ in range(300)]
    asking += [reader.find_own(7, 1, 1) for _ in range(200)]
    found = await asyncio.gather(*asking, reader.find_shared(7, 2, 1))
    assert slow.asked == [([7, 7], [1, 2], [1, 1], [7], [1], [1])]
    assert all(found)


async def test_a_question_never_joins_a_read_that_has_begun() -> None:
    """Its asker may know of a revocation that came after that read's beginning."""
    slow = Slow()
    reader = reader_on(slow)
    early = await begin(reader.find_shared(7, 1, 1))
    for state in range(1, 6):
        slow.state = state
        early += await begin(reader.find_shared(7, 1, 1))
    assert 1 <= len(slow.asked) <= BATCHES
    slow.state = 99
    late = await begin(*(reader.find_shared(7, 1, 1) for _ in range(10)))
    slow.let_go.set()
    rotations = [
        found.life.rotation for found in await asyncio.gather(*early) if found and found.life
    ]
    assert all(rotation >= at for at, rotation in enumerate(rotations))
    assert {
        found.life.rotation for found in await asyncio.gather(*late) if found and found.life
    } == {99}


async def test_a_full_queue_is_unavailable_for_who_comes_and_the_queued_are_served() -> None:
    slow = Slow()
    reader = reader_on(slow)
    tasks = []
    for _ in range(BATCHES):
        tasks += await begin(reader.find_shared(7, 1, 1))
    tasks += await begin(*(reader.find_shared(n, 1, 1) for n in range(MOST_WAITING)))
    with pytest.raises(Problem) as told:
        await reader.find_shared(7, 1, 1)
    assert told.value.kind is ProblemKind.UNAVAILABLE
    assert len(slow.asked) == BATCHES
    slow.let_go.set()
    assert all(await asyncio.gather(*tasks))
    assert max(len(lists[0]) for lists in slow.asked) == MOST_PER_BATCH
    assert await reader.find_shared(7, 1, 1)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("node") / "data", engine=POSTGRESQL)
    running.create()
    running.start()
    yield running
    running.stop()


class Shared(NamedTuple):
    """Who asks for what: three tracks of which the last is gone, links to the first and to a collection of
    all but the second, and the creator, somebody who saved the first, and a stranger."""

    tracks: list[int]
    links: list[int]
    people: list[int]


def fill(node: Server, folder: Path) -> Shared:
    member, stranger = node.new_member(), node.new_member()
    songs = [make("wav16", folder / f"{n}.wav", sample_count=5000 + n) for n in range(3)]
    with node.owner() as owner, node.owner(member["api_key"]) as saver:
        there, other, gone = (upload(owner, song)["id"] for song in songs)
        collection = owner.post("/collections", json={"name": "All"}).json()["id"]
        for track in (there, gone):
            path = f"/collections/{collection}/tracks"
            assert owner.post(path, json={"track_id": track}).is_success
        links = [share(owner, target) for target in (there, there, collection, collection)]
        assert saver.post(f"{node.url}/v1/music/shared/{links[0]['token']}/save").is_success
        assert owner.delete(f"/share/{links[1]['id']}").is_success
        assert owner.post(f"/share/{links[2]['id']}/rotate").is_success
        assert owner.delete(f"/tracks/{gone}").is_success
        creator = owner.get(f"{node.url}/v1/caller").json()["user_id"]
    users = (creator, member["user_id"], stranger["user_id"])
    return Shared(
        [number(ids.TRACK, track) for track in (there, other, gone)],
        [number(ids.SHARE, link["id"]) for link in links],
        [number(ids.USER, user) for user in users],
    )


async def test_each_question_of_a_batch_gets_its_own_answer(node: Server, tmp_path: Path) -> None:
    tracks, links, people = fill(node, tmp_path)
    reader = PostgresPlaybackReader(Connections(node.settings["DATABASE_URL"], BATCHES))

    def ask(is_link: bool, who: int, track: int) -> Coroutine[Any, Any, Playable | None]:
        return reader.find_shared(who, track, 1) if is_link else reader.find_own(who, track, 1)

    asked = [(True, link, track) for link, track in itertools.product(links, tracks)]
    asked += [(False, user, track) for user, track in itertools.product(people, tracks)]
    answers = await asyncio.gather(*(ask(*question) for question in asked * 3))
    # Asked alone, each is the same.
    alone = [await ask(*question) for question in asked]
    assert answers == alone * 3
    found = {question: one for question, one in zip(asked, alone, strict=True) if one}
    there, other, _ = tracks
    creator, saver, _ = people
    of_links = [(True, link, there) for link in links]
    own = [(False, creator, there), (False, creator, other), (False, saver, there)]
    assert list(found) == [*of_links, *own]
    lives = [life for each in of_links if (life := found[each].life)]
    states = [(bool(life.revoked_at), life.rotation) for life in lives]
    assert not any(found[each].life for each in own)
    assert states == [(False, 0), (True, 0), (False, 1), (False, 0)]
    change(node.backend, "UPDATE collections SET removed_at = 1", ())
    assert await reader.find_shared(links[2], there, 1) is None
    assert await reader.find_shared(links[0], there, 1)
    reader.close()


def number(prefix: str, public_id: str) -> int:
    found = ids.parse_id(prefix, public_id)
    assert found is not None
    return found
