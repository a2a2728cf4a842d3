"""Where a page offers the archive of a collection: only where it may be taken, and also without script."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cast import Server, share
from journeys.albums import make_album, upload_album
from journeys.seen import BROWSER, part
from signed_in import at_desk

HERE = 'href="?download=all"'


@pytest.fixture(scope="module")
def songs(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return upload_album(owner, tmp_path_factory.mktemp("audio"))


@pytest.fixture(scope="module")
def album(owner: httpx.Client, songs: list[dict[str, Any]]) -> str:
    return make_album(owner, songs)


@pytest.fixture(scope="module")
def desk(server: Server) -> Iterator[httpx.Client]:
    with contextlib.closing(at_desk(server)) as client:
        yield client


def opened(listener: httpx.Client, link: dict[str, Any]) -> str:
    """Where the form leads: the page of the open link."""
    answer = listener.post(f"/v1/music/shared/{link['token']}", headers=BROWSER)
    return str(answer.headers["location"])


def size_of(songs: list[dict[str, Any]]) -> int:
    return sum(len(song["bytes"]) for song in songs)


def test_without_script_it_is_a_way_to_the_archive(
    server: Server, listener: httpx.Client, owner: httpx.Client, songs: list[dict[str, Any]], album: str
) -> None:  # fmt: skip
    link = share(owner, album, allow_download=True)
    place = opened(listener, link)
    page = listener.get(place, headers=BROWSER).text
    assert f"Download all (ZIP, {size_of(songs) / 1000:.1f} kB)" in page
    assert HERE in page
    leads = listener.get(place + "?download=all", headers=BROWSER)
    assert leads.status_code == 303
    assert server.outcome_of(leads) == ("downloaded", None)
    with zipfile.ZipFile(io.BytesIO(httpx.get(leads.headers["location"]).content)) as archive:
        assert len(archive.namelist()) == len(songs)
    owner.patch(f"/share/{link['id']}", json={"allow_download": False}).raise_for_status()
    assert HERE not in listener.get(place, headers=BROWSER).text
    assert listener.get(place + "?download=all", headers=BROWSER).status_code == 404


def test_one_track_has_none(
    listener: httpx.Client, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    link = share(owner, songs[0]["id"], allow_download=True)
    place = opened(listener, link)
    assert HERE not in listener.get(place, headers=BROWSER).text
    assert listener.get(place + "?download=all", headers=BROWSER).status_code == 404


def test_the_script_is_told_how_large_it_is(
    listener: httpx.Client, owner: httpx.Client, songs: list[dict[str, Any]], album: str
) -> None:
    for target, terms, told in (
        (album, {"allow_download": True}, size_of(songs)),
        (album, {}, None),
        (songs[0]["id"], {"allow_download": True}, None),
    ):
        path = f"/v1/music/shared/{share(owner, target, **terms)['token']}"
        session = {"Listen-Session": listener.get(path).headers["listen-session"]}
        details = listener.get(f"{path}/details", headers=session).json()
        assert details["archive_bytes"] == told


def test_the_desk_offers_it_to_its_owner(
    server: Server, owner: httpx.Client, desk: httpx.Client, songs: list[dict[str, Any]], album: str
) -> None:
    page = desk.get(f"/desk/collections/{album}").text
    assert f"Download all (ZIP, {size_of(songs) / 1000:.1f} kB)" in page
    path = part(r'href="([^"]+/archive)"', page)
    leads = desk.get(path)
    assert leads.status_code == 303
    assert leads.headers["location"].startswith("/v1/music/archive/own.")
    got = httpx.get(server.url + leads.headers["location"])
    with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
        assert archive.testzip() is None
    empty = make_album(owner, [], "Empty")
    assert "/archive" not in desk.get(f"/desk/collections/{empty}").text
    assert desk.get(f"/desk/collections/{empty}/archive").status_code == 404
