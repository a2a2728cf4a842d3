"""A page shows 500 tracks of a collection at most, and says how many more there are, whatever changes."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from journeys.long_album import make_long_album
from listenlink.store.opening.open_rows import MOST_TRACKS
from media.make_audio import make

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))


def data_of(page: str) -> dict[str, Any]:
    """What the page's script gets."""
    data: dict[str, Any] = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    return data


def details(client: httpx.Client, link: dict[str, Any]) -> dict[str, Any]:
    """What it gets of an open link."""
    path = f"/v1/music/shared/{link['token']}"
    session = {"Listen-Session": client.get(path).headers["listen-session"]}
    told: dict[str, Any] = client.get(f"{path}/details", headers=session).json()
    return told


def told(client: httpx.Client, link: dict[str, Any]) -> tuple[int, int, int]:
    """How many more there are by the page's data, by its details, and how many there are for machines."""
    page = client.get(f"/v1/music/shared/{link['token']}", headers=HTML).text
    data, opened = data_of(page), details(client, link)
    facts = json.loads(page.partition('ld+json">')[2].partition("</script>")[0])
    assert len(data["tracks"]) == len(opened["tracks"]) == min(MOST_TRACKS, facts["numTracks"])
    return data["more"], opened["more"], facts["numTracks"]


def test_it_says_how_many_more_there_are(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    album = make_long_album(server, owner, song["id"], MOST_TRACKS + 1)
    link = share(owner, album)
    assert told(listener, link) == (1, 1, MOST_TRACKS + 1)
    # One more behind the last that is shown: nothing else of the page is another.
    owner.post(f"/collections/{album}/tracks", json={"track_id": song["id"]}).raise_for_status()
    assert told(listener, link) == (2, 2, MOST_TRACKS + 2)
    shown = listener.get(f"/v1/music/shared/{link['token']}", headers=HTML).text
    for track in data_of(shown)["tracks"][:2]:
        owner.delete(f"/collections/{album}/tracks/{track['id']}").raise_for_status()
    assert told(listener, link) == (0, 0, MOST_TRACKS)


def test_a_hidden_preview_doesnt_say_it_before_it_is_open(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    album = make_long_album(server, owner, song["id"], MOST_TRACKS + 1)
    link = share(owner, album, preview=False)
    page = listener.get(f"/v1/music/shared/{link['token']}", headers=HTML).text
    assert data_of(page)["more"] == 0
    assert details(listener, link)["more"] == 1
