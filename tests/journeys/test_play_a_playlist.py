"""A link to a collection in a media player: an extended M3U, whose addresses last as long as the session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import share, upload
from journeys.seen import opens
from journeys.test_play_in_a_player import SHARED, VLC
from listenlink.model.page import Page, PageTrack
from listenlink.web.public.player_door import write_playlist
from media.make_audio import make


@pytest.fixture(scope="module")
def album(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Two tracks, of 2 and 3 seconds."""
    folder = tmp_path_factory.mktemp("audio")
    made: dict[str, Any] = owner.post("/collections", json={"name": "Évenings, #2"}).json()
    for seconds, terms in (
        (2, {"title": "Käse, 茶", "artist": "The Ferry"}),
        (3, {"title": "#EXTM3U"}),
    ):
        path = make("wav16", folder / f"{seconds}.wav", sample_count=44_100 * seconds, channels=1)
        track = upload(owner, path, **terms)
        owner.post(f"/collections/{made['id']}/tracks", json={"track_id": track["id"]})
    return made


@pytest.mark.parametrize("preview", [True, False])
def test_a_collection_is_a_playlist(
    owner: httpx.Client, listener: httpx.Client, album: dict[str, Any], preview: bool
) -> None:
    link = share(owner, album["id"], max_opens=1, preview=preview)
    looked = listener.head(SHARED + link["token"], headers=VLC)
    assert (looked.status_code, looked.headers["content-type"]) == (200, "audio/x-mpegurl")
    assert opens(owner, link) == 0
    answer = listener.get(SHARED + link["token"], headers=VLC)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/x-mpegurl")
    assert answer.headers["cache-control"] == "no-store"
    lines = answer.content.decode().splitlines()
    assert lines[:3] == ["#EXTM3U", "#PLAYLIST:Évenings, #2", "#EXTINF:2,The Ferry - Käse, 茶"]
    assert lines[4] == "#EXTINF:3,#EXTM3U"
    assert len(lines) == 6
    for url in (lines[3], lines[5]):
        path = httpx.URL(url).path
        fields = path.rpartition("/")[2].split(".")
        assert fields[4] == fields[5], "it lasts as long as the session"
        assert listener.get(path, headers={"Range": "bytes=0-9"}).status_code == 206
    again = listener.get(SHARED + link["token"], headers=VLC)
    assert again.content == answer.content
    assert opens(owner, link) == 1


def test_an_empty_collection_is_an_empty_playlist(
    owner: httpx.Client, listener: httpx.Client, tmp_path: Path
) -> None:
    made = owner.post("/collections", json={"name": "Nothing"}).json()
    answer = listener.get(SHARED + share(owner, made["id"])["token"], headers=VLC)
    assert answer.text == "#EXTM3U\n#PLAYLIST:Nothing\n"


@pytest.mark.parametrize(
    "hostile",
    [
        "a\nhttp://evil.example/x", "a\r\n#EXTINF:1,b", "a\x0bb", "a\x0cb", "a\x85b", "a\u2028http://b",
        "a\u2029b", "a\x1cb", "a\x00b", "a\u202eb", "\n\n", "\ufeff#EXTM3U",
    ],
)  # fmt: skip
def test_no_text_can_become_a_line(hostile: str) -> None:
    track = PageTrack(
        number=1, id="mtrack_1", title=hostile, artist=hostile, seconds=9.5, peaks=None, cover=None,
        cover_small=None, licence=None, engine_name="",  # type: ignore[arg-type]
    )  # fmt: skip
    page = Page(
        share_id=1, rotation=0, is_public=False, allow_download=False, is_collection=True, expires_at=None,
        mark="", title=hostile, artist=None, description=None, tracks=(track,), cover=None,
    )  # fmt: skip
    text = write_playlist(page, ["http://127.0.0.1/v1/music/audio/x"])
    assert len(text.splitlines()) == 4
    assert [line for line in text.splitlines() if "http:" in line and not line.startswith("#")] == [
        "http://127.0.0.1/v1/music/audio/x"
    ]
    assert all(character.isprintable() for character in text.replace("\n", ""))
