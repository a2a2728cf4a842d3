"""A new version behind the same link: who follows hears it, who is pinned hears what they were sent, and what
is playing goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cast import Server, share, upload
from engines import of_folder
from journeys.people_with_tracks import Person
from journeys.seen import BROWSER
from journeys.versioned import (
    heard,
    listed,
    make_current,
    opened,
    put_in,
    put_in_pieces,
    sounds,
)


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return sounds(tmp_path_factory.mktemp("audio"))


@pytest.fixture
def song(owner: httpx.Client, takes: list[Path]) -> str:
    return str(upload(owner, takes[0], title="Harbour")["id"])


@pytest.fixture(scope="module")
def friend(server: Server) -> Iterator[Person]:
    made = Person(server, server.new_organization())
    yield made
    made.desk.close()
    made.owner.close()


def test_a_link_follows_and_a_pinned_one_stays(
    owner: httpx.Client, listener: httpx.Client, song: str, takes: list[Path]
) -> None:
    first, second = (path.read_bytes() for path in takes[:2])
    follows, pinned = share(owner, song), share(owner, song, version="pinned")
    assert (follows["version"], pinned["version"]) == ("follows", "pinned")
    answer = put_in(owner, song, takes[1])
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["id"], told["version"], told["versions"]) == (song, 2, 2)
    assert told["measured_duration_seconds"] == 3
    assert httpx.get(told["playback_url"]).content == second
    assert heard(listener, follows) == second
    assert heard(listener, pinned) == first
    later = share(owner, song, version="pinned")
    assert heard(listener, later) == second
    lengths = [
        opened(listener, link).json()["track"]["measured_duration_seconds"]
        for link in (follows, pinned, later)
    ]
    assert lengths == [3, 2, 3]


def test_a_link_can_be_pinned_later_and_follow_again(
    owner: httpx.Client, listener: httpx.Client, song: str, takes: list[Path]
) -> None:
    link = share(owner, song)
    put_in(owner, song, takes[1]).raise_for_status()
    for version, take in (("pinned", 0), ("follows", 1)):
        answer = owner.patch(f"/share/{link['id']}", json={"version": version})
        assert answer.raise_for_status().json()["version"] == version
        assert owner.get(f"/share/{link['id']}").json()["version"] == version
        assert heard(listener, link) == takes[take].read_bytes()
    refused = owner.patch(f"/share/{link['id']}", json={"version": "first"})
    assert refused.status_code == 422


@of_folder
def test_what_plays_goes_on_with_the_old_audio_until_its_url_ends(
    owner: httpx.Client, listener: httpx.Client, song: str, takes: list[Path]
) -> None:
    link = share(owner, song)
    answer = opened(listener, link)
    url = answer.json()["track"]["playback_url"]
    begun = httpx.get(url, headers={"Range": "bytes=0-999"})
    put_in(owner, song, takes[1]).raise_for_status()
    first = takes[0].read_bytes()
    more = httpx.get(url, headers={"Range": "bytes=1000-", "If-Range": begun.headers["etag"]})
    assert (more.status_code, begun.content + more.content) == (206, first)
    renewed = opened(listener, link, answer.headers["listen-session"])
    newer = renewed.json()["track"]["playback_url"]
    whole = httpx.get(newer, headers={"Range": "bytes=0-", "If-Range": begun.headers["etag"]})
    assert (whole.status_code, whole.content) == (200, takes[1].read_bytes())
    assert whole.headers["etag"] != begun.headers["etag"]
    # The version is signed.
    assert url.count(".0001.") == 1
    assert httpx.get(url.replace(".0001.", ".0002.")).status_code == 403


@of_folder
def test_versions_are_listed_made_current_and_removed(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: str, takes: list[Path]
) -> None:
    pinned = share(owner, song, version="pinned")
    link, before = share(owner, song), listed(owner, song)
    assert [(one["version"], one["current"]) for one in before] == [(1, True)]
    put_in(owner, song, takes[1]).raise_for_status()
    put_in(owner, song, takes[2], current="false").raise_for_status()
    versions = listed(owner, song)
    assert [one["version"] for one in versions] == [3, 2, 1]
    assert [one["current"] for one in versions] == [False, True, False]
    assert [one["length_change_seconds"] for one in versions] == [1, 0, -1]
    assert [one["size_bytes"] for one in versions] == [
        path.stat().st_size for path in reversed(takes)
    ]
    assert heard(listener, link) == takes[1].read_bytes()
    answer = make_current(owner, song, 3)
    assert (answer.status_code, answer.json()["version"], answer.json()["current"]) == (
        200,
        3,
        True,
    )
    assert heard(listener, link) == takes[2].read_bytes()
    assert owner.delete(f"/tracks/{song}/versions/3").status_code == 409
    url = opened(listener, pinned).json()["track"]["playback_url"]
    assert owner.delete(f"/tracks/{song}/versions/1").status_code == 200
    assert httpx.get(url).status_code == 403
    assert opened(listener, pinned).json()["available"] is False
    assert listener.get(f"/v1/music/shared/{pinned['token']}", headers=BROWSER).status_code == 200
    assert [one["removed"] for one in listed(owner, song)] == [False, False, True]
    assert owner.get(f"/tracks/{song}").json()["versions"] == 2
    for answer in (
        owner.delete(f"/tracks/{song}/versions/1"),
        make_current(owner, song, 1),
        make_current(owner, song, 9),
    ):
        assert answer.status_code == 404


def test_a_version_comes_in_pieces_too(
    owner: httpx.Client, listener: httpx.Client, song: str, takes: list[Path]
) -> None:
    link = share(owner, song)
    told = put_in_pieces(owner, song, takes[1]).raise_for_status().json()
    assert (told["track"]["id"], told["track"]["version"]) == (song, 2)
    assert heard(listener, link) == takes[1].read_bytes()


def test_what_is_sent_again_makes_no_second_version(
    owner: httpx.Client, song: str, takes: list[Path]
) -> None:
    sent = {"Idempotency-Key": f"again-{song}"}
    answers = []
    for _ in range(2):
        with takes[1].open("rb") as file:
            answers.append(
                owner.post(f"/tracks/{song}/versions", files={"file": file}, headers=sent)
            )
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert len(listed(owner, song)) == 2
