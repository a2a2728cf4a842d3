"""A whole collection taken along as one ZIP, by who has its link and by whose it is."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import httpx
import pytest

from cast import Server, share
from journeys.albums import Taken, make_album, upload_album

NAMES = ["01 Dawn.wav", "02 Noon_ the _hot_ hour_.flac", "03 Dusk_.._night.mp3"]


@pytest.fixture(scope="module")
def songs(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return upload_album(owner, tmp_path_factory.mktemp("audio"))


@pytest.fixture
def album(owner: httpx.Client, songs: list[dict[str, Any]]) -> str:
    return make_album(owner, songs)


@pytest.fixture
def taken(owner: httpx.Client, listener: httpx.Client, album: str) -> Taken:
    return Taken(owner, listener, album)


def unpacked(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def test_it_holds_the_files_as_they_were_put_in_by_their_order(
    server: Server, listener: httpx.Client, songs: list[dict[str, Any]], taken: Taken
) -> None:
    asked = taken.ask()
    assert server.outcome_of(asked) == ("downloaded", None)
    assert asked.headers["cache-control"] == "no-store"
    got = listener.get(asked.json()["download_url"])
    assert got.status_code == 200
    assert got.headers["content-type"] == "application/zip"
    assert got.headers["content-length"] == str(len(got.content))
    assert got.headers["content-disposition"] == (
        "attachment; filename=\"One day.zip\"; filename*=UTF-8''One%20day.zip"
    )
    assert unpacked(got.content) == dict(zip(NAMES, [song["bytes"] for song in songs], strict=True))


def test_its_length_and_tag_are_known_beforehand(listener: httpx.Client, taken: Taken) -> None:
    url = taken.url()
    head, got = listener.head(url), listener.get(url)
    for told in ("content-length", "etag", "content-type", "accept-ranges", "content-disposition"):
        assert head.headers[told] == got.headers[told]
    assert (head.status_code, head.content) == (200, b"")
    etag = got.headers["etag"]
    assert not etag.startswith("W/")
    assert listener.get(url, headers={"If-None-Match": etag}).status_code == 304
    assert listener.get(url, headers={"If-Match": '"x"'}).status_code == 412
    assert listener.get(taken.url()).headers["etag"] == etag


def test_a_part_goes_on_byte_for_byte_while_nothing_has_changed(
    listener: httpx.Client, owner: httpx.Client, album: str, taken: Taken
) -> None:
    url = taken.url()
    whole = listener.get(url)
    size, etag = len(whole.content), whole.headers["etag"]
    for start in (0, 1, 29, 31, 5000, 60_000, 150_000, size - 400, size - 22, size - 1):
        part = listener.get(url, headers={"Range": f"bytes={start}-", "If-Range": etag})
        assert part.status_code == 206
        assert part.headers["content-range"] == f"bytes {start}-{size - 1}/{size}"
        assert part.content == whole.content[start:]
    assert listener.get(url, headers={"Range": f"bytes={size}-"}).status_code == 416
    # Called something else, it's another archive.
    (last,) = owner.get(f"/collections/{album}/tracks?offset=2").json()["items"]
    owner.patch(f"/tracks/{last['track_id']}", json={"title": "Night"}).raise_for_status()
    again = listener.get(url, headers={"Range": "bytes=100-", "If-Range": etag})
    assert again.status_code == 200
    assert again.headers["etag"] != etag
    assert list(unpacked(again.content))[2] == "03 Night.mp3"
    owner.patch(f"/tracks/{last['track_id']}", json={"title": "Dusk/../night"}).raise_for_status()


def test_what_is_removed_or_moved_is_so_in_the_next_archive(
    listener: httpx.Client, owner: httpx.Client, songs: list[dict[str, Any]], album: str, taken: Taken
) -> None:  # fmt: skip
    url = taken.url()
    tags = {listener.head(url).headers["etag"]}
    owner.delete(f"/collections/{album}/tracks/{songs[0]['id']}").raise_for_status()
    got = listener.get(url)
    tags.add(got.headers["etag"])
    assert list(unpacked(got.content)) == [
        "01 Noon_ the _hot_ hour_.flac",
        "02 Dusk_.._night.mp3",
    ]
    order = {"ordered_track_ids": [songs[2]["id"], songs[1]["id"]]}
    owner.patch(f"/collections/{album}/order", json=order).raise_for_status()
    tags.add(listener.head(url).headers["etag"])
    assert len(tags) == 3
    for song in songs[1:]:
        owner.delete(f"/collections/{album}/tracks/{song['id']}").raise_for_status()
    assert listener.get(url).status_code == 403
    assert taken.ask().status_code == 404


def test_only_with_a_session_of_a_link_that_allows_it(
    server: Server, listener: httpx.Client, owner: httpx.Client, songs: list[dict[str, Any]], album: str,
    taken: Taken,
) -> None:  # fmt: skip
    assert listener.get(f"{taken.path}/download").status_code == 404
    other = share(owner, songs[0]["id"], allow_download=True)
    path = f"/v1/music/shared/{other['token']}"
    session = {"Listen-Session": listener.get(path).headers["listen-session"]}
    assert listener.get(f"{taken.path}/download", headers=session).status_code == 404
    # One track has no archive.
    assert listener.get(f"{path}/download", headers=session).status_code == 404
    url = taken.url()
    owner.patch(f"/share/{taken.link['id']}", json={"allow_download": False}).raise_for_status()
    refused = taken.ask()
    assert refused.status_code == 404
    assert server.outcome_of(refused) == ("viewed", None)
    assert listener.get(url).status_code == 403


@pytest.mark.parametrize("end", ["revoke", "rotate", "remove", "expire"])
def test_it_ends_with_its_link(
    server: Server, listener: httpx.Client, owner: httpx.Client, album: str, taken: Taken, end: str
) -> None:
    url = taken.url()
    assert listener.head(url).status_code == 200
    share_id = taken.link["id"]
    if end == "revoke":
        owner.delete(f"/share/{share_id}").raise_for_status()
    elif end == "rotate":
        owner.post(f"/share/{share_id}/rotate").raise_for_status()
    elif end == "remove":
        owner.delete(f"/collections/{album}").raise_for_status()
    else:
        number = int(share_id.removeprefix("mslink_"), 16)
        server.change("UPDATE shares SET expires_at = 1 WHERE id = ?", number)
    refused = listener.get(url)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "PLAYBACK_REFUSED")
    assert listener.head(url).status_code == 403


def test_it_has_one_spelling_and_no_other_use(listener: httpx.Client, taken: Taken) -> None:
    url = taken.url()
    forged = url[:-1] + ("0" if url[-1] != "0" else "1")
    for wrong in (forged, url + "?x", url.upper(), url.replace("/archive/", "/download/")):
        assert listener.get(wrong).status_code in (403, 404)
    assert listener.get(url.replace("/archive/", "/audio/")).status_code == 403


def test_it_counts_a_download_of_each_track(
    owner: httpx.Client, songs: list[dict[str, Any]], taken: Taken
) -> None:
    url = taken.url()
    httpx.get(url).raise_for_status()
    httpx.get(url, headers={"Range": "bytes=100-"}).raise_for_status()
    told = owner.get(f"/share/{taken.link['id']}/stats").json()
    assert told["downloads"] == 3
    assert {track["track_id"]: track["downloads"] for track in told["by_track"]} == {
        song["id"]: 1 for song in songs
    }
    lines = owner.get(f"/share/{taken.link['id']}/opens").json()["items"]
    assert [line["outcome"] for line in lines] == ["downloaded", "opened"]


def test_its_owner_takes_their_own_and_nobody_elses(
    server: Server, owner: httpx.Client, songs: list[dict[str, Any]], album: str
) -> None:
    url = owner.get(f"/collections/{album}/download").json()["download_url"]
    assert list(unpacked(httpx.get(url).content).values()) == [song["bytes"] for song in songs]
    with server.owner(server.new_member()["api_key"]) as colleague:
        assert colleague.get(f"/collections/{album}/download").status_code == 404
    empty = owner.post("/collections", json={"name": "Empty"}).json()["id"]
    assert owner.get(f"/collections/{empty}/download").status_code == 404
    owner.delete(f"/collections/{album}").raise_for_status()
    assert httpx.get(url).status_code == 403
