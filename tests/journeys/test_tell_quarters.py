"""How far a track was heard: the furthest quarter, once for each open and track."""

from __future__ import annotations

import random
import threading
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from media.make_audio import make

NOTHING = {"quarter": 0, "half": 0, "three_quarters": 0, "whole": 0}
NAMES = list(NOTHING)


@pytest.fixture(scope="module")
def songs(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=5000)
    return [str(upload(owner, path, title=f"Song {n}")["id"]) for n in range(3)]


@pytest.fixture
def link(owner: httpx.Client, songs: list[str]) -> dict[str, Any]:
    """To a collection of the first two songs."""
    mine = owner.post("/collections", json={"name": "Evening"}).json()["id"]
    for song in songs[:2]:
        owner.post(f"/collections/{mine}/tracks", json={"track_id": song})
    return share(owner, mine)


def session_of(client: httpx.Client, link: dict[str, Any]) -> str:
    return client.get(f"/v1/music/shared/{link['token']}").headers["listen-session"]


def tell(
    client: httpx.Client, link: dict[str, Any], session: str | None, track: str, quarter: Any
) -> int:
    headers = {} if session is None else {"Listen-Session": session}
    path, heard = (
        f"/v1/music/shared/{link['token']}/listen",
        {"track_id": track, "quarter": quarter},
    )
    return client.post(path, headers=headers, json=heard).status_code


def stats(owner: httpx.Client, link: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = owner.get(f"/share/{link['id']}/stats").json()
    return told


def test_each_open_counts_once_for_each_track_as_the_furthest(
    owner: httpx.Client, songs: list[str], link: dict[str, Any], listener: httpx.Client
) -> None:
    first = session_of(listener, link)
    reached = []
    for quarter in (1, 1, 2, 1, 3, 3, 2):
        assert tell(listener, link, first, songs[0], quarter) == 204
        told = stats(owner, link)["quarters"]
        reached.append([name for name in NAMES if told[name]])
        assert sum(told.values()) == 1
    assert reached == [["quarter"]] * 2 + [["half"]] * 2 + [["three_quarters"]] * 3
    assert tell(listener, link, first, songs[1], 4) == 204
    assert tell(listener, link, session_of(listener, link), songs[0], 2) == 204
    told = stats(owner, link)
    assert told["quarters"] == NOTHING | {"half": 1, "three_quarters": 1, "whole": 1}
    (day,) = told["days"]
    assert (day["quarters"], day["opens"], day["listens"]) == (told["quarters"], 2, 0)
    heard = {track["track_id"]: track["quarters"] for track in told["by_track"]}
    assert heard == {
        songs[0]: NOTHING | {"half": 1, "three_quarters": 1}, songs[1]: NOTHING | {"whole": 1},
    }  # fmt: skip


def test_a_quarter_is_no_listen_and_a_player_that_tells_none_goes_on(
    owner: httpx.Client, songs: list[str], link: dict[str, Any], listener: httpx.Client
) -> None:
    session = session_of(listener, link)
    assert tell(listener, link, session, songs[0], 4) == 204
    assert stats(owner, link)["listens"] == 0
    path = f"/v1/music/shared/{link['token']}/listen"
    for heard in ({"track_id": songs[0]}, {"track_id": songs[0], "quarter": None}):
        told = listener.post(path, headers={"Listen-Session": session}, json=heard)
        assert told.status_code == 204
    after = stats(owner, link)
    assert (after["listens"], after["quarters"]) == (1, NOTHING | {"whole": 1})


@pytest.mark.parametrize("quarter", [0, 5, -1, 2**63, 1.5, "3", True, [3], {}])
def test_what_is_no_quarter_is_refused_and_counts_nothing(
    owner: httpx.Client,
    songs: list[str],
    link: dict[str, Any],
    listener: httpx.Client,
    quarter: Any,
) -> None:
    session = session_of(listener, link)
    assert tell(listener, link, session, songs[0], quarter) == 422
    assert stats(owner, link)["quarters"] == NOTHING


def test_nobody_else_can_tell(
    owner: httpx.Client, songs: list[str], link: dict[str, Any], listener: httpx.Client
) -> None:
    session, other = session_of(listener, link), share(owner, songs[0])
    assert tell(listener, link, None, songs[0], 3) == 404
    assert tell(listener, link, session_of(listener, other), songs[0], 3) == 404
    assert tell(listener, link, session, songs[2], 3) == 404
    assert tell(listener, {"token": "shr_" + "0" * 32}, session, songs[0], 3) == 404
    owner.delete(f"/share/{link['id']}").raise_for_status()
    assert tell(listener, link, session, songs[0], 3) == 404
    assert stats(owner, link)["quarters"] == NOTHING


def test_whoever_tells_at_once_adds_nothing(
    server: Server,
    owner: httpx.Client,
    songs: list[str],
    link: dict[str, Any],
    listener: httpx.Client,
) -> None:
    session, chance = session_of(listener, link), random.Random(3)  # noqa: S311
    quarters = [chance.randint(1, 3) for _ in range(40)] + [3]
    chance.shuffle(quarters)

    def tell_some(some: list[int]) -> None:
        with server.listener() as player:
            for quarter in some:
                assert tell(player, link, session, songs[0], quarter) == 204

    threads = [threading.Thread(target=tell_some, args=(quarters[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stats(owner, link)["quarters"] == NOTHING | {"three_quarters": 1}


def test_a_client_tells_within_its_writes(
    server: Server, owner: httpx.Client, songs: list[str], link: dict[str, Any]
) -> None:
    with server.listener() as player:
        session = session_of(player, link)
        statuses = [tell(player, link, session, songs[0], 1 + n % 4) for n in range(125)]
    assert statuses == [204] * 120 + [429] * 5
