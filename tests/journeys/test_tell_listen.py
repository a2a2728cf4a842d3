"""A listen counts once for each open and track, and only for who opened the link."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from media.make_audio import make


@pytest.fixture(scope="module")
def songs(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=5000)
    return [str(upload(owner, path)["id"]) for _ in range(3)]


@pytest.fixture
def link(owner: httpx.Client, songs: list[str]) -> dict[str, Any]:
    """To a collection of the first two songs."""
    mine = owner.post("/collections", json={"name": "Evening"}).json()["id"]
    for song in songs[:2]:
        owner.post(f"/collections/{mine}/tracks", json={"track_id": song})
    return share(owner, mine)


def session_of(client: httpx.Client, link: dict[str, Any]) -> str:
    return client.get(f"/v1/music/shared/{link['token']}").headers["listen-session"]


def tell(client: httpx.Client, link: dict[str, Any], session: str | None, track: str) -> int:
    headers = {} if session is None else {"Listen-Session": session}
    path = f"/v1/music/shared/{link['token']}/listen"
    return client.post(path, headers=headers, json={"track_id": track}).status_code


def listens(owner: httpx.Client, link: dict[str, Any]) -> int:
    told: int = owner.get(f"/share/{link['id']}/stats").json()["listens"]
    return told


def test_a_listen_counts_once_for_each_open_and_track(
    owner: httpx.Client, songs: list[str], link: dict[str, Any], listener: httpx.Client
) -> None:
    first = session_of(listener, link)
    assert [tell(listener, link, first, songs[0]) for _ in range(3)] == [204] * 3
    assert listens(owner, link) == 1
    assert tell(listener, link, first, songs[1]) == 204
    assert tell(listener, link, session_of(listener, link), songs[0]) == 204
    assert listens(owner, link) == 3
    (day,) = owner.get(f"/share/{link['id']}/stats").json()["days"]
    assert (day["opens"], day["listens"]) == (2, 3)


def test_nobody_else_can_tell(
    owner: httpx.Client, songs: list[str], link: dict[str, Any], listener: httpx.Client
) -> None:
    other = share(owner, songs[0])
    session = session_of(listener, link)
    assert tell(listener, link, None, songs[0]) == 404
    assert (
        tell(listener, link, session[:-1] + ("0" if session[-1] != "0" else "1"), songs[0]) == 404
    )
    assert tell(listener, link, session_of(listener, other), songs[0]) == 404
    assert tell(listener, link, session, songs[2]) == 404
    assert tell(listener, link, session, "nonsense") == 404
    assert tell(listener, {"token": "shr_" + "0" * 32}, session, songs[0]) == 404
    assert listens(owner, link) == 0


@pytest.mark.parametrize("end", ["revoke", "rotate"])
def test_a_session_ends_with_its_link(
    owner: httpx.Client, songs: list[str], link: dict[str, Any], listener: httpx.Client, end: str
) -> None:
    session = session_of(listener, link)
    assert tell(listener, link, session, songs[0]) == 204
    if end == "revoke":
        owner.delete(f"/share/{link['id']}")
        turned = link
    else:
        turned = owner.post(f"/share/{link['id']}/rotate").json()
    assert tell(listener, turned, session, songs[1]) == 404
    assert listens(owner, link) == 1


def test_of_a_deleted_track_no_listen_counts(
    owner: httpx.Client, listener: httpx.Client, tmp_path: Path
) -> None:
    song = upload(owner, make("wav16", tmp_path / "b.wav"))["id"]
    link = share(owner, song)
    session = session_of(listener, link)
    standing = f"/v1/music/shared/{link['token']}/standing"
    assert listener.get(standing, headers={"Listen-Session": session}).status_code == 204
    owner.delete(f"/tracks/{song}").raise_for_status()
    assert tell(listener, link, session, song) == 404
    assert listener.get(standing, headers={"Listen-Session": session}).status_code == 404
    assert listens(owner, link) == 0


def test_refusals_are_limited(server: Server, songs: list[str]) -> None:
    with server.listener() as stranger:
        statuses = [tell(stranger, {"token": f"shr_{n:032x}"}, None, songs[0]) for n in range(22)]
    assert statuses == [404] * 20 + [429] * 2


def test_a_wrong_body_is_named(link: dict[str, Any], listener: httpx.Client) -> None:
    path = f"/v1/music/shared/{link['token']}/listen"
    assert listener.post(path, json={}).status_code == 422
    assert listener.post(path, content=b"{").status_code == 400
