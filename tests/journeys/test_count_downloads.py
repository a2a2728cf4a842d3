"""Each address of a file that is given is a download: in the audit before it's given, and in the numbers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from media.make_audio import make


@pytest.fixture(scope="module")
def songs(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=200_000)
    return [upload(owner, path, title=f"Song {n}") for n in range(2)]


@pytest.fixture
def link(owner: httpx.Client, songs: list[dict[str, Any]]) -> dict[str, Any]:
    mine = owner.post("/collections", json={"name": "Evening"}).json()["id"]
    for song in songs:
        owner.post(f"/collections/{mine}/tracks", json={"track_id": song["id"]})
    return share(owner, mine, allow_download=True)


def begin(client: httpx.Client, link: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Open it; its path and the session's header."""
    path = f"/v1/music/shared/{link['token']}"
    return path, {"Listen-Session": client.get(path).headers["listen-session"]}


def stats(owner: httpx.Client, link: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = owner.get(f"/share/{link['id']}/stats").json()
    return told


def lines(owner: httpx.Client, link: dict[str, Any]) -> list[str]:
    told = owner.get(f"/share/{link['id']}/opens").json()["items"]
    return [line["outcome"] for line in reversed(told)]


def test_an_address_is_a_download_whatever_is_fetched_by_it(
    server: Server, owner: httpx.Client, songs: list[dict[str, Any]], link: dict[str, Any],
    listener: httpx.Client,
) -> None:  # fmt: skip
    path, session = begin(listener, link)
    given = listener.get(f"{path}/download/{songs[0]['id']}", headers=session)
    assert server.outcome_of(given) == ("downloaded", None)
    url = given.json()["download_url"]
    for part in ("bytes=0-", "bytes=0-0", "bytes=1000-1999", "bytes=5000-"):
        assert httpx.get(url, headers={"Range": part}).status_code == 206
    assert httpx.get(url).status_code == 200
    assert stats(owner, link)["downloads"] == 1
    for song in (songs[0], songs[1]):
        listener.get(f"{path}/download/{song['id']}", headers=session).raise_for_status()
    told = stats(owner, link)
    (day,) = told["days"]
    assert (told["downloads"], day["downloads"], told["opens"], day["opens"]) == (3, 3, 1, 1)
    by_track = {track["track_id"]: track["downloads"] for track in told["by_track"]}
    assert by_track == {songs[0]["id"]: 2, songs[1]["id"]: 1}
    assert lines(owner, link) == ["opened"] + ["downloaded"] * 3


def test_what_is_not_offered_is_no_download(
    owner: httpx.Client, songs: list[dict[str, Any]], link: dict[str, Any], listener: httpx.Client
) -> None:
    path, session = begin(listener, link)
    asked = f"{path}/download/{songs[0]['id']}"
    assert listener.get(asked).status_code == 404
    assert listener.get(f"{path}/download/mtrack_000000000000", headers=session).status_code == 404
    assert listener.get(f"{path}/download/x", headers=session).status_code == 404
    owner.patch(f"/share/{link['id']}", json={"allow_download": False}).raise_for_status()
    assert listener.get(asked, headers=session).status_code == 404
    assert stats(owner, link)["downloads"] == 0
    assert lines(owner, link) == ["opened"] + ["viewed"] * 4
    # By another link's session, which might have it by that one.
    other = share(owner, songs[0]["id"], allow_download=True)
    _, theirs = begin(listener, other)
    assert listener.get(asked, headers=theirs).status_code == 404
    assert [stats(owner, one)["downloads"] for one in (link, other)] == [0, 0]
    owner.patch(f"/share/{link['id']}", json={"allow_download": True}).raise_for_status()
    owner.delete(f"/share/{link['id']}").raise_for_status()
    assert listener.get(asked, headers=session).status_code == 404
    assert stats(owner, link)["downloads"] == 0
    assert lines(owner, link)[-1] == "refused"


def test_a_spent_budget_counts_none_and_looks_nothing_up(
    server: Server, owner: httpx.Client, songs: list[dict[str, Any]], link: dict[str, Any]
) -> None:
    with server.listener() as eager:
        path, session = begin(eager, link)
        asked = f"{path}/download/{songs[0]['id']}"
        statuses = [eager.get(asked, headers=session).status_code for _ in range(122)]
    assert statuses == [200] * 119 + [429] * 3
    assert stats(owner, link)["downloads"] == 119


def test_downloads_stay_when_the_lines_are_let_go(
    server: Server, owner: httpx.Client, songs: list[dict[str, Any]], link: dict[str, Any],
    listener: httpx.Client,
) -> None:  # fmt: skip
    path, session = begin(listener, link)
    listener.get(f"{path}/download/{songs[0]['id']}", headers=session).raise_for_status()
    number = int(link["id"].removeprefix("mslink_"), 16)
    before = stats(owner, link)
    for table in ("audit", "audit_by_share"):
        server.change(f"DELETE FROM {table} WHERE share_id = ?", number)  # noqa: S608
    assert stats(owner, link)["downloads"] == before["downloads"] == 1
