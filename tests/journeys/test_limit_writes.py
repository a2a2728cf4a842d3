"""Listens, saves and pictures have budgets of their own, and what is refused has others."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import httpx
import pytest

from cast import Server, share
from journeys.seen import meta, see, upload_song

LIMIT, MISSES = 6, 3
SHARED = "/v1/music/shared/"


class Place(NamedTuple):
    """A server with small limits, a song on it and a link to that."""

    server: Server
    song: str
    link: dict[str, Any]

    @property
    def path(self) -> str:
        return SHARED + str(self.link["token"])

    def sessions(self, many: int) -> list[str]:
        """Of as many opens, each by somebody else."""
        opened = []
        for _ in range(many):
            with self.server.listener() as client:
                opened.append(client.get(self.path).headers["listen-session"])
        return opened

    def count(self, table: str) -> int:
        ((many,),) = self.server.query(f"SELECT count(*) FROM {table}")  # noqa: S608
        return int(many)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("limited")
    settings = {"RESOLVE_LIMIT_PER_MINUTE": str(LIMIT), "MISS_LIMIT_PER_MINUTE": str(MISSES)}
    server = Server(folder / "data", settings | {"TRUSTED_PROXIES": "127.0.0.1/32"})
    server.create()
    server.start()
    with server.owner() as owner:
        song = str(upload_song(owner, folder)["id"])
        yield Place(server, song, share(owner, song))
    server.stop()


def tell(client: httpx.Client, path: str, session: str | None, track: str) -> httpx.Response:
    headers = {} if session is None else {"Listen-Session": session}
    return client.post(f"{path}/listen", headers=headers, json={"track_id": track})


def check_429(answer: httpx.Response) -> None:
    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "RATE_LIMIT_EXCEEDED"
    assert 1 <= int(answer.headers["retry-after"]) <= 61


def test_listens_are_limited_and_nothing_is_noted_of_the_rest(place: Place) -> None:
    sessions, before = place.sessions(LIMIT + 3), place.count("listens")
    with place.server.listener() as client:
        told = [tell(client, place.path, session, place.song) for session in sessions]
        assert [answer.status_code for answer in told] == [204] * LIMIT + [429] * 3
        check_429(told[-1])
        assert place.count("listens") == before + LIMIT
        # With no listen left nothing is looked up; and neither refusals nor opens are touched.
        assert tell(client, SHARED + "shr_" + "0" * 32, None, place.song).status_code == 429
        assert [client.get(f"{SHARED}shr_{n:032x}").status_code for n in range(MISSES)] == [404] * 3
        assert [client.get(place.path).status_code for _ in range(LIMIT)] == [200] * LIMIT
    with place.server.listener() as other:
        assert tell(other, place.path, sessions[-1], place.song).status_code == 204


def test_listens_at_the_same_moment_are_as_many_as_there_may_be(place: Place) -> None:
    sessions, before = place.sessions(5 * LIMIT), place.count("listens")
    with place.server.listener() as client, ThreadPoolExecutor(16) as pool:
        answers = pool.map(lambda each: tell(client, place.path, each, place.song), sessions)
        statuses = [answer.status_code for answer in answers]
    assert (statuses.count(204), statuses.count(429)) == (LIMIT, 4 * LIMIT)
    assert place.count("listens") == before + LIMIT


def test_a_refused_listen_spends_a_refusal_and_no_listen(place: Place) -> None:
    (session,) = place.sessions(1)
    with place.server.listener() as client:
        dead = SHARED + "shr_" + "0" * 32
        told = [tell(client, dead, session, place.song) for _ in range(LIMIT + 2)]
        assert [answer.status_code for answer in told] == [404] * LIMIT + [429] * 2
        check_429(told[-1])
        assert client.get(dead).status_code == 429
        assert tell(client, place.path, None, place.song).status_code == 429
        assert tell(client, place.path, session, place.song).status_code == 204
        assert client.get(place.path).status_code == 200


def test_other_doors_refusals_are_spent_at_this_one(place: Place) -> None:
    (session,) = place.sessions(1)
    with place.server.listener() as client:
        tokens = [SHARED + f"shr_{number:032x}" for number in range(MISSES + 1)]
        assert [client.get(token).status_code for token in tokens[:-1]] == [404] * MISSES
        assert tell(client, tokens[-1], session, place.song).status_code == 429
        assert tell(client, tokens[0], session, place.song).status_code == 404


def test_saves_are_limited_and_nothing_is_kept_of_the_rest(place: Place) -> None:
    with place.server.owner(place.server.new_member()["api_key"]) as friend:
        friend.headers["X-Forwarded-For"] = "203.0.113.40"
        url, before = place.server.url + place.path + "/save", place.count("library")
        assert [friend.post(url).status_code for _ in range(LIMIT)] == [201] * LIMIT
        assert place.count("library") == before + 1
        with place.server.owner(place.server.new_member()["api_key"]) as same_place:
            same_place.headers["X-Forwarded-For"] = "203.0.113.40"
            check_429(same_place.post(url))
            assert place.count("library") == before + 1
            same_place.headers["X-Forwarded-For"] = "203.0.113.41"
            assert same_place.post(url).status_code == 201
            dead = place.server.url + SHARED + "shr_" + "1" * 32 + "/save"
            statuses = [same_place.post(dead).status_code for _ in range(LIMIT + 1)]
            assert statuses == [404] * LIMIT + [429]
            assert same_place.post(url).status_code == 201


def test_pictures_are_limited_and_forged_names_spend_none(place: Place) -> None:
    with place.server.listener() as client:
        preview = str(meta(see(client, place.link).text, "og:image"))
        forged = preview[:-1] + ("x" if preview[-1] != "x" else "y")
        assert {client.get(forged).status_code for _ in range(6 * LIMIT)} == {404}
        statuses = [client.head(preview).status_code for _ in range(5 * LIMIT)]
        assert statuses == [200] * 5 * LIMIT
        check_429(client.get(preview))
        assert client.get(place.path).status_code == 200
    with place.server.listener() as other:
        assert other.get(preview).status_code == 200
