"""What a link was told stays so, whatever was asked for before the link was made and is done afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from journeys.versioned import heard, make_current, opened, put_in, sounds
from pieces import begin, send

SECOND_US = 1_000_000


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return sounds(tmp_path_factory.mktemp("audio"))


def licence(listener: httpx.Client, link: dict[str, Any]) -> Any:
    told = opened(listener, link).json()
    return (told.get("track") or told["tracks"][0])["licence"]


def test_links_made_while_a_version_arrives_are_from_before_it(
    server: Server, owner: httpx.Client, listener: httpx.Client, takes: list[Path]
) -> None:
    """It's sent for as long as it takes, in one request; links are made, and opened, in the middle of it."""
    track = str(upload(owner, takes[0], engine="suno")["id"])
    album = owner.post("/collections", json={"name": "Evening"}).json()["id"]
    owner.post(f"/collections/{album}/tracks", json={"track_id": track}).raise_for_status()
    data, go_on = takes[1].read_bytes(), threading.Event()
    begun = begin(owner, len(data), track_id=track, engine="studio")

    def slowly() -> Iterator[bytes]:
        yield data[:70_000]
        assert go_on.wait(30)
        yield data[70_000:]

    with ThreadPoolExecutor(1) as thread, server.owner() as other:
        sending = thread.submit(send, owner, begun, 0, slowly())
        time.sleep(0.5)
        links = [share(other, one) for one in (track, album)]
        pinned = share(other, track, version="pinned")
        before = [licence(listener, one) for one in (*links, pinned)]
        go_on.set()
        assert sending.result().status_code == 204
    assert heard(listener, links[0]) == takes[1].read_bytes()
    assert heard(listener, pinned) == takes[0].read_bytes()
    assert [licence(listener, one) for one in (*links, pinned)] == before
    # Who is sent a link from now on is told of the new one alone.
    assert licence(listener, share(owner, track)) != before[0]


def test_a_change_holds_for_no_link_that_is_there(
    server: Server, owner: httpx.Client, listener: httpx.Client, takes: list[Path]
) -> None:
    """As where it waited for its turn to write, or came by a node whose clock is behind."""
    track = str(upload(owner, takes[0], engine="suno")["id"])
    put_in(owner, track, takes[1], engine="studio").raise_for_status()
    make_current(owner, track, 1).raise_for_status()
    link, pinned = share(owner, track), share(owner, track, version="pinned")
    server.change("UPDATE shares SET created_at = created_at + ?", 5 * SECOND_US)
    before = licence(listener, link)
    make_current(owner, track, 2).raise_for_status()
    assert licence(listener, link) == before
    assert heard(listener, pinned) == takes[0].read_bytes()


def test_a_declaration_holds_for_no_link_that_is_there(
    server: Server, owner: httpx.Client, listener: httpx.Client, takes: list[Path]
) -> None:
    track = str(upload(owner, takes[0], engine="own_recording")["id"])
    link = share(owner, track)
    server.change("UPDATE shares SET created_at = created_at + ?", 5 * SECOND_US)
    before = licence(listener, link)
    owner.patch(
        f"/tracks/{track}", json={"declared_licence": "CC-BY-4.0", "confirmed": True}
    ).raise_for_status()
    assert licence(listener, link) == before
