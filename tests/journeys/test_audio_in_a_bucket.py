"""The journeys that touch audio, with the audio in a real S3 server: nothing of it goes by way of ours."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from cast import Server, share, upload, wait_for_sound
from listenlink.media.sandbox.picture import Picture, read_picture_header
from media.make_audio import add_cover, make
from object_storage import BUCKET, ObjectStorage
from stored import drafts

RATE = 44_100
TTL_SECONDS = 10
OWN = "own_recording"  # What is signed of a machine's is tried in test_marked_in_a_bucket.py.


@pytest.fixture(scope="module")
def prefix() -> str:
    return f"journeys/{secrets.token_hex(6)}"


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, object_storage: ObjectStorage, prefix: str
) -> Iterator[Server]:
    """As everywhere, but with its audio in the bucket."""
    settings = {
        "TRUSTED_PROXIES": "127.0.0.1/32",
        "STORAGE_URL": object_storage.url(prefix),
        "PLAYBACK_TTL_SECONDS": str(TTL_SECONDS),
    }
    running = Server(tmp_path_factory.mktemp("instance") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def audio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "Evening.wav", sample_count=RATE * 2)


@pytest.fixture(scope="module")
def song(owner: httpx.Client, audio: Path) -> dict[str, Any]:
    return upload(owner, audio, engine=OWN)


def opened(listener: httpx.Client, link: dict[str, Any]) -> httpx.Response:
    return listener.get(f"/v1/music/shared/{link['token']}").raise_for_status()


@pytest.fixture(scope="module", autouse=True)
def given(server: Server, owner: httpx.Client, song: dict[str, Any]) -> tuple[list[str], float]:
    """The addresses of a link that stays and of one that was revoked, and when they were given. Their ten
    seconds, the least that can be set, pass while other tests run."""
    links = [share(owner, song["id"]) for _ in range(2)]
    for told in (links[1], owner.get(f"/share/{links[1]['id']}").json()):
        assert told["revocation_reaches_players_within_seconds"] == TTL_SECONDS
        assert told["revocation_cuts_running_streams"] is False
    with server.listener() as listener:
        urls = [opened(listener, link).json()["track"]["playback_url"] for link in links]
        given_at = time.monotonic()
        owner.delete(f"/share/{links[1]['id']}").raise_for_status()
        assert listener.get(f"/v1/music/shared/{links[1]['token']}").status_code == 404
    assert [httpx.get(url).status_code for url in urls] == [200, 200]
    return urls, given_at


@pytest.fixture
def url(owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]) -> str:
    view = opened(listener, share(owner, song["id"])).json()
    return str(view["track"]["playback_url"])


def test_it_plays_from_the_bucket_by_a_presigned_url(
    server: Server, object_storage: ObjectStorage, url: str, audio: Path
) -> None:
    data = audio.read_bytes()
    parts = urlsplit(url)
    query = {name: value[0] for name, value in parse_qs(parts.query).items()}
    assert parts.netloc == f"127.0.0.1:{object_storage.port}"
    assert query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert 0 < int(query["X-Amz-Expires"]) <= TTL_SECONDS
    whole = httpx.get(url)
    assert (whole.status_code, whole.content) == (200, data)
    assert whole.headers["content-type"] == "audio/wav"
    assert whole.headers["content-disposition"] == "inline"
    part = httpx.get(url, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, data[1000:2000])
    assert httpx.get(url, headers={"Range": f"bytes={len(data)}-"}).status_code == 416
    assert not list((server.data / "objects").glob("*/*"))


@pytest.mark.parametrize("method", ["HEAD", "PUT", "POST", "DELETE", "PATCH"])
def test_only_get_is_presigned(url: str, method: str) -> None:
    assert httpx.request(method, url, content=b"" if method == "HEAD" else b"x").status_code >= 400
    assert httpx.get(url).status_code == 200


def test_a_changed_url_is_refused(url: str, object_storage: ObjectStorage, prefix: str) -> None:
    parts = urlsplit(url)
    other = object_storage.store(prefix)
    other.put("objects/ab/secret", b"not yours")
    name, digit = parts.path.rpartition("/")[2], "0" if url[-1] != "0" else "1"
    changed = [
        url[:-1] + digit,
        url.replace(f"X-Amz-Expires={TTL_SECONDS}", "X-Amz-Expires=604800"),
        url.replace(parts.path, f"/{BUCKET}/{prefix}/objects/ab/secret"),
        url.replace(parts.path, f"/{BUCKET}/ready"),
        url.replace(parts.path, f"/{BUCKET}/"),
        url.replace(name, name.upper()),
        url + "&response-content-disposition=attachment",
        f"{parts.scheme}://{parts.netloc}{parts.path}",
        url.replace("X-Amz-Signature", "X-Amz-Signatur"),
    ]
    for wrong in changed:
        if wrong != url:
            assert httpx.get(wrong).status_code in (400, 403), wrong
    assert httpx.get(url, headers={"X-Amz-Copy-Source": f"/{BUCKET}/ready"}).status_code < 500


def test_a_session_that_ends_sooner_ends_the_url(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    number = int(link["id"].removeprefix("mslink_"), 16)
    ends_at = int(time.time()) + 4
    server.change("UPDATE shares SET expires_at = ? WHERE id = ?", ends_at * 1_000_000, number)
    url = opened(listener, link).json()["track"]["playback_url"]
    assert int(parse_qs(urlsplit(url).query)["X-Amz-Expires"][0]) <= 4


def test_a_collection_has_a_url_for_each_track(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any], tmp_path: Path
) -> None:
    other = upload(owner, path := make("flac", tmp_path / "other.flac"), engine=OWN)
    collection = owner.post("/collections", json={"name": "Two"}).json()
    for track in (song, other):
        owner.post(f"/collections/{collection['id']}/tracks", json={"track_id": track["id"]})
    tracks = opened(listener, share(owner, collection["id"])).json()["tracks"]
    assert len({track["playback_url"] for track in tracks}) == 2
    assert httpx.get(tracks[1]["playback_url"]).content == path.read_bytes()


def test_the_creator_hears_it_from_the_bucket_too(
    owner: httpx.Client, song: dict[str, Any], audio: Path
) -> None:
    assert httpx.get(song["playback_url"]).status_code in (200, 403)  # It may be over by now.
    fresh = owner.get(f"/tracks/{song['id']}").json()["playback_url"]
    assert "X-Amz-Signature" in fresh
    assert httpx.get(fresh).content == audio.read_bytes()


def test_covers_and_renditions_are_made_and_read_back(
    owner: httpx.Client, listener: httpx.Client, tmp_path: Path
) -> None:
    sung = add_cover(make("mp3_cbr", tmp_path / "sung.mp3", sample_count=RATE * 2))
    covered = upload(owner, sung, engine=OWN)["id"]
    assert wait_for_sound(owner, covered)["has_cover"]
    cover = owner.get(f"/tracks/{covered}/cover")
    assert read_picture_header(cover.content) == Picture("mjpeg", 48, 48)
    lossless = make("m4a_alac", tmp_path / "lossless.m4a", sample_count=RATE * 2)
    unplayable = upload(owner, lossless, engine=OWN)["id"]
    assert wait_for_sound(owner, unplayable)["has_rendition"]
    played = httpx.get(opened(listener, share(owner, unplayable)).json()["track"]["playback_url"])
    assert (played.status_code, played.headers["content-type"]) == (200, "audio/mp4")


def test_the_same_bytes_are_one_object_and_go_with_the_last_track(
    owner: httpx.Client, object_storage: ObjectStorage, prefix: str, tmp_path: Path
) -> None:
    path = add_cover(make("mp3_cbr", tmp_path / "twice.mp3", sample_count=RATE * 3))
    before = object_storage.keys(prefix)
    tracks = [upload(owner, path, engine=OWN)["id"] for _ in range(2)]
    wait_for_sound(owner, tracks[0])
    added = set(object_storage.keys(prefix)) - set(before)
    assert added
    owner.delete(f"/tracks/{tracks[0]}").raise_for_status()
    assert set(object_storage.keys(prefix)) >= added
    owner.delete(f"/tracks/{tracks[1]}").raise_for_status()
    assert set(object_storage.keys(prefix)) == set(before)


def test_a_download_has_a_name_and_comes_from_the_bucket(
    owner: httpx.Client, listener: httpx.Client, audio: Path
) -> None:
    song = upload(owner, audio, title='Späte "Lieder"', engine=OWN)
    link = share(owner, song["id"], allow_download=True)
    session = opened(listener, link).headers["listen-session"]
    asked = f"/v1/music/shared/{link['token']}/download/{song['id']}"
    given = listener.get(asked, headers={"Listen-Session": session}).raise_for_status().json()
    saved = httpx.get(given["download_url"])
    assert "X-Amz-Signature" in given["download_url"]
    assert (saved.status_code, saved.content) == (200, audio.read_bytes())
    assert saved.headers["content-disposition"] == (
        "attachment; filename=\"Sp_te _Lieder_.wav\"; filename*=UTF-8''Sp%C3%A4te%20_Lieder_.wav"
    )
    wrong = given["download_url"].replace("Lieder", "Leader")
    assert httpx.get(wrong).status_code == 403


def test_the_page_may_load_from_the_bucket_and_works_without_scripts(
    server: Server, owner: httpx.Client, listener: httpx.Client, audio: Path
) -> None:
    """Without scripts the URL has to live as long as the session, so each request is checked here."""
    link = share(owner, upload(owner, audio, engine=OWN)["id"])
    page = listener.get(f"/v1/music/shared/{link['token']}", headers={"Accept": "text/html"})
    storage = server.settings["STORAGE_URL"].partition("endpoint=")[2]
    assert f"media-src 'self' {storage};" in page.headers["content-security-policy"]
    form = listener.post(f"/v1/music/shared/{link['token']}", headers={"Accept": "text/html"})
    shown = listener.get(form.headers["location"], headers={"Accept": "text/html"}).text
    source = shown.partition('src="' + server.url + "/v1/music/audio/")[2].partition('"')[0]
    played = listener.get(f"/v1/music/audio/{source}", headers={"Range": "bytes=100-399"})
    assert (played.status_code, played.content) == (206, audio.read_bytes()[100:400])
    assert listener.get(f"/v1/music/audio/{source}").content == audio.read_bytes()
    owner.delete(f"/share/{link['id']}")
    assert listener.get(f"/v1/music/audio/{source}").status_code == 403


@pytest.fixture
def ended(given: tuple[list[str], float]) -> list[str]:
    urls, given_at = given
    time.sleep(max(0.0, given_at + TTL_SECONDS + 1.5 - time.monotonic()))
    return urls


def test_a_url_ends_with_its_time(ended: list[str]) -> None:
    assert httpx.get(ended[0]).status_code == 403


def test_revoking_ends_what_the_server_gives_and_says_when_the_rest_ends(ended: list[str]) -> None:
    assert httpx.get(ended[1]).status_code == 403


def test_nothing_is_left_that_has_begun_and_not_ended(
    server: Server, object_storage: ObjectStorage
) -> None:
    server.wait_until_derived()
    assert "<Upload>" not in object_storage.unfinished()
    assert drafts(server) == []
