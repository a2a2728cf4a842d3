"""What links can be, all at once: one for each recipient, with a password, pinned, to be taken along."""

from __future__ import annotations

import io
import zipfile
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from journeys.versioned import make_current, put_in, sounds
from signed_in import at_desk

JSON, WORD = {"Accept": "application/json"}, "harbour-lights"
LOCK = {"Share-Password": WORD}


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return sounds(tmp_path_factory.mktemp("audio"))


@pytest.fixture
def song(owner: httpx.Client, takes: list[Path]) -> str:
    return str(upload(owner, takes[0], title="Harbour", engine="own_recording")["id"])


@pytest.fixture
def album(owner: httpx.Client, song: str) -> str:
    made = owner.post("/collections", json={"name": "Album"}).json()["id"]
    owner.post(f"/collections/{made}/tracks", json={"track_id": song}).raise_for_status()
    return str(made)


def opened(listener: httpx.Client, link: dict[str, Any], **more: str) -> httpx.Response:
    return listener.get(f"/v1/music/shared/{link['token']}", headers=JSON | more)


def archive(listener: httpx.Client, link: dict[str, Any], **more: str) -> bytes:
    """The only file in it."""
    session = opened(listener, link, **more).raise_for_status().headers["listen-session"]
    path = f"/v1/music/shared/{link['token']}/download"
    url = listener.get(path, headers={"Listen-Session": session}).json()["download_url"]
    with zipfile.ZipFile(io.BytesIO(listener.get(url).content)) as unpacked:
        (name,) = unpacked.namelist()
        return unpacked.read(name)


def test_each_of_several_links_has_the_password(
    server: Server, owner: httpx.Client, listener: httpx.Client, album: str
) -> None:
    each = [{"label": "Ana"}, {"label": "Ben"}]
    sent = {"recipients": each, "password": WORD, "version": "pinned", "allow_download": True}
    answer = owner.post(f"/collections/{album}/share/batch", json=sent)
    links = answer.raise_for_status().json()["items"]
    assert [(one["has_password"], one["version"]) for one in links] == [(True, "pinned")] * 2
    assert WORD not in answer.text
    for link in links:
        assert opened(listener, link).json()["error"]["code"] == "SHARE_PASSWORD_REQUIRED"
        assert opened(listener, link, **LOCK).status_code == 200
    unlock = opened(listener, links[0], **LOCK).headers["share-unlock"]
    assert opened(listener, links[1], **{"Share-Unlock": unlock}).status_code == 401
    assert owner.patch(f"/share/{links[0]['id']}", json={"password": None}).status_code == 200
    assert opened(listener, links[0]).status_code == 200
    assert opened(listener, links[1]).status_code == 401


def test_the_desk_says_the_password_of_several_links_once(
    server: Server, owner: httpx.Client, album: str
) -> None:
    person = at_desk(server)
    path = f"/desk/collections/{album}/share"
    form = {"recipients": "Ana\nBen", "expires": "none", "password": WORD, "own_key": "a" * 32}
    page = unescape(person.post(path, data=form).text)
    assert page.count(f'value="{WORD}"') == 1
    assert WORD not in person.get("/desk/links").text


def test_an_archive_has_the_versions_that_its_link_leads_to(
    owner: httpx.Client, listener: httpx.Client, song: str, album: str, takes: list[Path]
) -> None:
    old, new = takes[0].read_bytes(), takes[1].read_bytes()
    follows = share(owner, album, allow_download=True)
    pinned = share(owner, album, allow_download=True, version="pinned")
    assert archive(listener, follows) == archive(listener, pinned) == old
    put_in(owner, song, takes[1]).raise_for_status()
    assert archive(listener, follows) == new
    assert archive(listener, pinned) == old
    make_current(owner, song, 1).raise_for_status()
    assert archive(listener, follows) == old
    (sums,) = owner.get(f"/share/{pinned['id']}/stats").json()["by_track"]
    assert (sums["version"], sums["downloads"]) == (1, 2)


def test_a_locked_archive_is_taken_with_the_password_alone(
    owner: httpx.Client, listener: httpx.Client, album: str, takes: list[Path]
) -> None:
    link = share(owner, album, allow_download=True, password=WORD)
    path = f"/v1/music/shared/{link['token']}/download"
    assert listener.get(path).json()["error"]["code"] == "SHARE_PASSWORD_REQUIRED"
    assert archive(listener, link, **LOCK) == takes[0].read_bytes()
