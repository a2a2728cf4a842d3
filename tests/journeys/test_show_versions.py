"""Whatever shows a link is of the version that the link leads to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload, wait_for_sound
from journeys.people_with_tracks import Person
from journeys.versioned import (
    opened,
    page,
    put_in,
    sounds,
)


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return sounds(tmp_path_factory.mktemp("audio"))


@pytest.fixture
def song(owner: httpx.Client, takes: list[Path]) -> str:
    return str(upload(owner, takes[0], title="Harbour", engine="own_recording")["id"])


@pytest.fixture(scope="module")
def friend(server: Server) -> Iterator[Person]:
    made = Person(server, server.new_organization())
    yield made
    made.desk.close()
    made.owner.close()


def test_every_form_of_a_link_is_of_the_same_version(
    owner: httpx.Client, listener: httpx.Client, song: str, takes: list[Path]
) -> None:
    links = {
        2: share(owner, song, version="pinned", allow_download=True),
        3: share(owner, song, allow_download=True),
    }
    put_in(owner, song, takes[1]).raise_for_status()
    wait_for_sound(owner, song)
    for seconds, link in links.items():
        path = f"/v1/music/shared/{link['token']}"
        take = takes[seconds - 2].read_bytes()
        (data,) = re.findall(
            r'<script type="application/json" id="data">(.*?)</script>',
            page(listener, link),
            re.DOTALL,
        )
        shown = json.loads(data)["tracks"][0]
        assert (shown["seconds"], shown["version"]) == (seconds, seconds - 1)
        session = {"Listen-Session": opened(listener, link).headers["listen-session"]}
        details = listener.get(f"{path}/details", headers=session).json()["tracks"][0]
        assert (details["seconds"], details["version"]) == (seconds, seconds - 1)
        url = listener.get(f"{path}/download/{song}", headers=session).json()["download_url"]
        assert httpx.get(url).content == take
        oembed = listener.get("/oembed", params={"url": link["url"]}).json()
        assert oembed["duration"] == seconds
        assert listener.get(f"/embed/{link['token']}").status_code == 200
        player = listener.get(
            path, headers={"User-Agent": "VLC/3.0.18 LibVLC/3.0.18", "Accept": "*/*"}
        )
        assert player.status_code == 302, player.text
        assert httpx.get(player.headers["location"]).content == take


def test_a_saved_copy_stays_with_the_link_that_it_came_by(
    owner: httpx.Client, friend: Person, song: str, takes: list[Path]
) -> None:
    pinned = share(owner, song, version="pinned")
    saved = friend.owner.base_url.join(f"/v1/music/shared/{pinned['token']}/save")
    friend.owner.post(str(saved)).raise_for_status()
    put_in(owner, song, takes[1]).raise_for_status()
    copy = friend.owner.get(f"/tracks/{song}").json()
    assert (copy["measured_duration_seconds"], copy["version"]) == (2, 1)
    assert httpx.get(copy["playback_url"]).content == takes[0].read_bytes()
    (in_list,) = friend.owner.get("/tracks").json()["items"]
    assert in_list["measured_duration_seconds"] == 2
    assert "0:02" in friend.page()
    friend.page(f"/desk/tracks/{song}")
    owner.patch(f"/share/{pinned['id']}", json={"version": "follows"}).raise_for_status()
    assert friend.owner.get(f"/tracks/{song}").json()["version"] == 2
    owner.patch(f"/share/{pinned['id']}", json={"version": "pinned"}).raise_for_status()
    owner.delete(f"/tracks/{song}/versions/1").raise_for_status()
    assert friend.owner.get(f"/tracks/{song}").status_code == 404
    assert friend.owner.get("/tracks").json()["items"] == []
    friend.page()


def test_the_creators_own_file_is_the_current_ones(
    server: Server, friend: Person, takes: list[Path]
) -> None:
    song = str(upload(friend.owner, takes[0], engine="own_recording")["id"])
    put_in(friend.owner, song, takes[1]).raise_for_status()
    answer = friend.desk.get(f"/desk/tracks/{song}/original", follow_redirects=False)
    assert answer.status_code in (302, 303), answer.text
    address = friend.desk.base_url.join(answer.headers["location"])
    assert friend.desk.get(str(address)).content == takes[1].read_bytes()
    friend.page(f"/desk/tracks/{song}")


def test_a_collection_shows_each_track_as_its_link_leads_to_it(
    owner: httpx.Client, listener: httpx.Client, song: str, takes: list[Path]
) -> None:
    other = str(upload(owner, takes[2], title="Pier")["id"])
    album = owner.post("/collections", json={"name": "Evening"}).json()["id"]
    owner.post(f"/collections/{album}/tracks", json={"track_id": other}).raise_for_status()
    pinned, follows = share(owner, album, version="pinned"), share(owner, album)
    # Younger than the links, and in their collection later.
    younger = str(upload(owner, takes[0], title="Young")["id"])
    put_in(owner, younger, takes[1]).raise_for_status()
    for track in (song, younger):
        owner.post(f"/collections/{album}/tracks", json={"track_id": track}).raise_for_status()
    put_in(owner, song, takes[1]).raise_for_status()

    def lengths(link: dict[str, Any]) -> list[float]:
        tracks = opened(listener, link).json()["tracks"]
        played = [len(httpx.get(track["playback_url"]).content) for track in tracks]
        assert played == [
            takes[round(track["measured_duration_seconds"]) - 2].stat().st_size for track in tracks
        ]
        return [track["measured_duration_seconds"] for track in tracks]

    assert lengths(pinned) == [4, 2, 2]
    assert lengths(follows) == [4, 3, 3]
    owner.delete(f"/tracks/{song}/versions/1").raise_for_status()
    assert lengths(pinned) == [4, 2]
    assert "Harbour" not in page(listener, pinned)
    assert "Harbour" in page(listener, follows)


def test_numbers_keep_the_version(
    owner: httpx.Client, listener: httpx.Client, song: str, takes: list[Path]
) -> None:
    link = share(owner, song, allow_download=True)
    path = f"/v1/music/shared/{link['token']}"
    put_in(owner, song, takes[1]).raise_for_status()
    for version in (1, 2, None):
        session = {"Listen-Session": opened(listener, link).headers["listen-session"]}
        said = {"track_id": song} | ({"version": version} if version else {})
        for more in ({}, {"quarter": 2}, {"quarter": 3}):
            listener.post(f"{path}/listen", json=said | more, headers=session).raise_for_status()
        listener.get(f"{path}/download/{song}", headers=session).raise_for_status()
    rows = owner.get(f"/share/{link['id']}/stats").json()["by_track"]
    told = {
        row["version"]: (row["listens"], row["downloads"], row["quarters"]["three_quarters"])
        for row in rows
    }
    assert told == {1: (1, 0, 1), 2: (2, 3, 2)}
    assert sum(row["quarters"]["half"] for row in rows) == 0
