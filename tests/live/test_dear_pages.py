"""What 500 tracks cost is paid once: asked again it's cheap, and while eight ask, opens go on.

Everything is a ratio within one run, for machines that do other things too; a noisy one gets another try.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest

from cast import Server, share, upload, wait_for_sound
from engines import of_sqlite
from journeys.faces import Beside, open_session, requests_for
from journeys.long_album import make_long_album
from live.load import FULL, SHARED, Reply, Request, connected, get, press, serving
from media.make_audio import add_cover, make

pytestmark = of_sqlite

DEAR = ("page", "embed", "oembed", "details", "preview", "archive")
MADE_ONCE = ("/docs", "/schema/openapi.json")
ASKED = 9 if FULL else 5
TRIES = 5
ATTACKERS = 8
SECONDS, QUIET_SECONDS = (1.5, 0.5) if FULL else (0.7, 0.2)
# How much cheaper it is to be asked again: 9 to 12 times on an idle machine, and 6.5 to 7.5 for the smaller
# forms beside others' work, which slows down what waits for the disk more than what is made.
TIMES_CHEAPER = 8 if FULL else 5
# The slowest opens while eight ask, as multiples of a usual one: some 10 to 50, and 150 to 1000 where
# everything is made anew for each.
MOST_TIMES = 80.0


class Asked:
    """A server with a link to 500 tracks and one to a single track."""

    def __init__(self, server: Server, owner: httpx.Client, folder: Path) -> None:
        song = add_cover(make("mp3_xing", folder / "song.mp3"))
        track = upload(owner, song, title="Song", artist="Ana")
        wait_for_sound(owner, track["id"])
        self.server = server
        self.one = share(owner, track["id"])
        self.album = make_long_album(server, owner, track["id"])
        self.owner = owner
        self.link = share(owner, self.album, allow_download=True)

    def requests(self, asker: Any, link: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """How each dear form is asked for."""
        session = open_session(asker, link)
        found = requests_for(link, session)
        told = asker(**found["oembed"]).json()
        found["preview"] = {"url": "/v1/" + told["thumbnail_url"].split("/v1/")[1]}
        taken = asker(f"{SHARED}{link['token']}/download", headers=session)
        if taken.status_code == 200:
            # A byte of it: as dear to begin as all of it, and gone sooner.
            url = "/v1/" + taken.json()["download_url"].split("/v1/")[1]
            found["archive"] = {"url": url, "headers": {"Range": "bytes=0-0"}}
        return found


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp("dear")
    with serving(folder) as server, server.owner() as owner:
        yield Asked(server, owner, folder)


def cost(beside: Beside, request: dict[str, Any]) -> float:
    """Seconds of this process's work."""
    began = time.process_time()
    answer = beside.get(**request)
    took = time.process_time() - began
    assert answer.status_code == 200
    return took


@pytest.mark.parametrize("face", ["page", "embed", "oembed", "details"])
def test_what_is_asked_again_costs_a_fraction(asked: Asked, face: str) -> None:
    """The median of several links, each asked for the first time and then again."""
    beside, best = Beside(asked.server), 0.0
    for _ in range(TRIES):
        first, again = list[float](), list[float]()
        for _ in range(ASKED):
            link = share(asked.owner, asked.album)
            request = requests_for(link, open_session(beside.get, link))[face]
            request["headers"] |= {"Accept-Encoding": "identity"}
            first.append(cost(beside, request))
            again += [cost(beside, request) for _ in range(3)]
        print(f"\n{face}: {median(first) * 1e3:.1f} ms, again {median(again) * 1e3:.1f} ms")
        best = max(best, median(first) / median(again))
        if best >= TIMES_CHEAPER:
            break
    beside.close()
    assert best >= TIMES_CHEAPER


def test_pictures_of_many_tracks_cost_little_more_than_those_of_one(asked: Asked) -> None:
    beside, times = Beside(asked.server), dict[str, float]()
    for name, link in (("one", asked.one), ("many", asked.link)):
        request = asked.requests(beside.get, link)["preview"]
        beside.get(**request)
        times[name] = median(cost(beside, request) for _ in range(3 * ASKED))
    beside.close()
    print(f"\n{times}")
    assert times["many"] <= 5 * times["one"]


def wire(request: dict[str, Any]) -> Request:
    """The request as it's sent."""
    url = httpx.URL(request["url"], params=request.get("params"))
    headers = {name.replace("-", "_"): value for name, value in request.get("headers", {}).items()}
    return get(str(url), "198.51.7.7", Accept_Encoding="gzip", **headers)


async def open_steadily(server: Server, link: dict[str, Any], ends_at: float) -> list[Reply]:
    """Somebody who opens a link again and again, honestly."""
    request, replies = get(SHARED + link["token"], "198.51.6.6"), list[Reply]()
    async with connected(server.port, 1) as (connection,):
        while time.monotonic() < ends_at:
            replies.append(await connection.ask(request))
            await asyncio.sleep(0.005)
    assert {reply.status for reply in replies} == {200}
    return replies


def took(replies: list[Reply]) -> list[float]:
    return sorted(reply.heard_at - reply.asked_at for reply in replies)


async def open_among(asked: Asked, dear: Request) -> tuple[list[Reply], list[Reply]]:
    """What somebody honest hears while eight ask for what is dear, and what these hear."""
    ends_at, heard = time.monotonic() + SECONDS, list[Reply]()

    def choose() -> Request | None:
        return dear if time.monotonic() < ends_at else None

    async with connected(asked.server.port, ATTACKERS) as connections:
        attack = asyncio.create_task(press(connections, choose, heard.append))
        loud = await open_steadily(asked.server, asked.one, ends_at)
        await attack
    return loud, heard


@pytest.mark.parametrize("what", [*DEAR, *MADE_ONCE])
async def test_opens_go_on_while_eight_ask_for_what_is_dear(asked: Asked, what: str) -> None:
    with asked.server.listener() as listener:
        known = {path: {"url": path} for path in MADE_ONCE}
        request = (known | asked.requests(listener.get, asked.link))[what]
        status = listener.get(**request).status_code
        assert status in (200, 206)
    dear = wire(request)
    ratios = []
    for _ in range(TRIES):
        quiet = await open_steadily(asked.server, asked.one, time.monotonic() + QUIET_SECONDS)
        loud, heard = await open_among(asked, dear)
        assert {reply.status for reply in heard} == {status}
        assert len(heard) > ATTACKERS
        usual, slowest = median(took(quiet)), took(loud)[math.ceil(0.99 * len(loud)) - 1]
        ratios.append(slowest / usual)
        print(
            f"{what}: {usual * 1e3:.1f} ms, while {len(heard)} are answered {slowest * 1e3:.1f} ms"
        )
        if ratios[-1] <= MOST_TIMES:
            break
    assert min(ratios) <= MOST_TIMES
