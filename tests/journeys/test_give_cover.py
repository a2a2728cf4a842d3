"""Covers that are given to tracks and collections: what listeners see, and what becomes of the bytes."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload, wait_for_sound
from journeys.seen import meta, see
from media.make_audio import add_cover, make
from media.make_pictures import BLUE, GREEN, RED, WHITE, colour_at, plain
from signed_in import at_desk
from stored import drafts, stored_audio


@pytest.fixture(scope="module")
def covered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song with a white cover inside."""
    path = make("mp3_cbr", tmp_path_factory.mktemp("audio") / "song.mp3")
    return add_cover(path, plain(WHITE))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song without a cover."""
    return make("wav16", tmp_path_factory.mktemp("audio") / "bare.wav", sample_count=20_000)


@pytest.fixture
def track(owner: httpx.Client, covered: Path) -> Iterator[str]:
    made = str(upload(owner, covered, title="Song")["id"])
    wait_for_sound(owner, made)
    yield made
    owner.delete(f"/tracks/{made}")


@pytest.fixture
def collection(owner: httpx.Client, track: str, bare: Path) -> Iterator[str]:
    """Of a song without a cover, and one with."""
    first = str(upload(owner, bare)["id"])
    made = str(owner.post("/collections", json={"name": "All"}).json()["id"])
    for member in (first, track):
        owner.post(f"/collections/{made}/tracks", json={"track_id": member}).raise_for_status()
    yield made
    owner.delete(f"/collections/{made}")
    owner.delete(f"/tracks/{first}")


def give(owner: httpx.Client, thing: str, picture: bytes) -> None:
    answer = owner.put(f"/{thing}/cover", content=picture)
    assert (answer.status_code, answer.json()["success"]) == (200, True), answer.text


def take(owner: httpx.Client, thing: str, **how: str) -> None:
    assert owner.delete(f"/{thing}/cover", params=how).status_code == 200


def covers_seen(listener: httpx.Client, link: dict[str, Any]) -> dict[str, Any]:
    """The colours that a listener sees: on the page, of each track, and in the preview's art."""
    page = see(listener, link).text
    found = re.search(r'<img id="cover" src="([^"]+)"', page)
    preview = listener.get(str(meta(page, "og:image"))).raise_for_status()
    opened = listener.get(f"/v1/music/shared/{link['token']}")
    session = {"Listen-Session": opened.headers["Listen-Session"]}
    details = listener.get(f"/v1/music/shared/{link['token']}/details", headers=session).json()
    assert (details["cover"] is None) == (found is None)

    def seen(path: str | None) -> Any:
        return None if path is None else colour_at(listener.get(path).raise_for_status().content)

    for each in details["tracks"]:
        assert seen(each["cover"]) == seen(each["cover_large"])
    return {
        "page": seen(found.group(1) if found else None),
        "tracks": [seen(each["cover"]) for each in details["tracks"]],
        "preview": colour_at(preview.content, 0.25, 0.5),
    }


def own_cover(owner: httpx.Client, thing: str) -> Any:
    answers = [owner.get(f"/{thing}/cover", params={"size": size}) for size in ("large", "small")]
    if {answer.status_code for answer in answers} == {404}:
        return None
    (colour,) = {colour_at(answer.raise_for_status().content) for answer in answers}
    return colour


def test_a_track_shows_what_it_was_given_last_or_nothing_or_its_files_own(
    owner: httpx.Client, listener: httpx.Client, track: str
) -> None:
    link, path = share(owner, track), f"tracks/{track}"

    def is_seen(colour: Any) -> None:
        seen = covers_seen(listener, link)
        assert (seen["page"], seen["tracks"]) == (colour, [colour])
        assert (seen["preview"] == colour) is (colour is not None)
        assert own_cover(owner, path) == colour
        assert owner.get(f"/{path}/sound").json()["has_cover"] is (colour is not None)

    is_seen(WHITE)
    for colour, kind in ((RED, "JPEG"), (GREEN, "PNG"), (BLUE, "WEBP")):
        give(owner, path, plain(colour, kind))
        is_seen(colour)
    for _ in range(2):
        take(owner, path)
        is_seen(None)
    for _ in range(2):
        take(owner, path, restore="true")
        is_seen(WHITE)


def test_a_collection_shows_what_it_was_given_before_its_tracks_covers(
    owner: httpx.Client, listener: httpx.Client, collection: str, track: str
) -> None:
    link, path = share(owner, collection), f"collections/{collection}"

    def is_seen(colour: Any, *tracks: Any) -> None:
        seen = covers_seen(listener, link)
        assert (seen["page"], seen["tracks"]) == (colour, list(tracks))
        assert (seen["preview"] == colour) is (colour is not None)
        assert own_cover(owner, path) == colour

    is_seen(WHITE, None, WHITE)
    give(owner, path, plain(RED))
    is_seen(RED, None, WHITE)
    owner.patch(f"/{path}", json={"cover_track_id": track})
    is_seen(RED, None, WHITE)
    give(owner, f"tracks/{track}", plain(BLUE))
    is_seen(RED, None, BLUE)
    take(owner, path)
    is_seen(None, None, BLUE)
    owner.patch(f"/{path}", json={"cover_track_id": track})
    is_seen(BLUE, None, BLUE)
    give(owner, path, plain(GREEN))
    take(owner, path, restore="true")
    is_seen(BLUE, None, BLUE)
    take(owner, f"tracks/{track}")
    is_seen(None, None, None)


def test_a_cover_of_one_track_is_not_that_of_anothers_with_the_same_audio(
    server: Server, owner: httpx.Client, listener: httpx.Client, track: str, covered: Path
) -> None:
    other = server.owner(server.new_member()["api_key"])
    theirs = str(upload(other, covered)["id"])
    wait_for_sound(other, theirs)
    link = share(other, theirs)
    give(owner, f"tracks/{track}", plain(RED))
    assert covers_seen(listener, link)["page"] == WHITE
    take(other, f"tracks/{theirs}")
    assert (own_cover(owner, f"tracks/{track}"), own_cover(other, f"tracks/{theirs}")) == (
        RED,
        None,
    )
    # The same picture is stored once, and stays for whoever still shows it.
    give(other, f"tracks/{theirs}", plain(RED))
    owner.delete(f"/tracks/{track}")
    assert covers_seen(listener, link)["page"] == RED
    picture = other.get(f"/tracks/{theirs}/cover").content
    assert hashlib.sha256(picture).hexdigest() in stored_audio(server)
    other.delete(f"/tracks/{theirs}")
    other.close()


def test_who_has_seen_one_cover_is_shown_the_next_at_once(
    owner: httpx.Client, listener: httpx.Client, track: str
) -> None:
    """Browsers keep a picture for minutes; its owner's is asked for each time."""
    link, path = share(owner, track), f"tracks/{track}"
    addresses = set()
    for colour in (RED, GREEN):
        give(owner, path, plain(colour))
        addresses.add(re.search(r'<img id="cover" src="([^"]+)"', see(listener, link).text)[1])  # type: ignore[index]
        # Once more changes nothing, and so nothing is asked for anew.
        tag = owner.get(f"/{path}/cover").headers["etag"]
        give(owner, path, plain(colour))
        addresses.add(re.search(r'<img id="cover" src="([^"]+)"', see(listener, link).text)[1])  # type: ignore[index]
        known = owner.get(f"/{path}/cover", headers={"If-None-Match": tag})
        assert (known.status_code, known.content) == (304, b"")
        assert known.headers["cache-control"] == "private, no-cache"
    assert len(addresses) == 2


def test_a_hidden_preview_hides_what_was_given(
    owner: httpx.Client, listener: httpx.Client, collection: str
) -> None:
    give(owner, f"collections/{collection}", plain(RED))
    link = share(owner, collection, preview=False)
    page = see(listener, link).text
    assert "/v1/music/picture/" not in page
    opened = listener.get(f"/v1/music/shared/{link['token']}")
    session = {"Listen-Session": opened.headers["Listen-Session"]}
    details = listener.get(f"/v1/music/shared/{link['token']}/details", headers=session).json()
    cover = details["cover"]
    assert colour_at(listener.get(cover).content) == RED
    owner.delete(f"/share/{link['id']}")
    assert listener.get(cover).status_code == 404


def test_what_was_replaced_or_taken_away_or_belonged_to_what_is_deleted_is_gone(
    server: Server, owner: httpx.Client, bare: Path
) -> None:
    server.wait_until_derived()
    song = str(upload(owner, bare)["id"])
    album = str(owner.post("/collections", json={"name": "All"}).json()["id"])
    wait_for_sound(owner, song)
    for path in (f"tracks/{song}", f"collections/{album}"):
        before = stored_audio(server)
        for colour in (RED, GREEN):
            give(owner, path, plain(colour, width=300, height=300))
            picture = owner.get(f"/{path}/cover").content
            assert set(stored_audio(server)) - set(before) >= {hashlib.sha256(picture).hexdigest()}
            assert len(stored_audio(server)) == len(before) + 2
        take(owner, path)
        assert stored_audio(server) == before
        give(owner, path, plain(BLUE))
        take(owner, path, restore="true")
        assert stored_audio(server) == before
        give(owner, path, plain(BLUE, width=300, height=300))
        owner.delete(f"/{path}").raise_for_status()
        assert set(stored_audio(server)) <= set(before)
    assert server.query("SELECT count(*) FROM dropped_objects") == [(0,)]
    assert drafts(server) == []


def test_the_desk_asks_for_a_collections_picture_where_there_is_one(
    server: Server, owner: httpx.Client, collection: str
) -> None:
    """Of a track in it, given, taken away: the page knows, and nobody is told of one that isn't there."""

    def is_asked() -> bool:
        return f"/collections/{collection}/cover?size=small" in desk.get("/desk/collections").text

    with contextlib.closing(at_desk(server)) as desk:
        assert is_asked()
        owner.delete(f"/collections/{collection}/cover").raise_for_status()
        assert not is_asked()
        owner.put(f"/collections/{collection}/cover", content=plain(GREEN)).raise_for_status()
        assert is_asked()
