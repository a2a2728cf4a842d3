"""The event stream: who has a link open learns within two seconds that it was closed."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from media.make_audio import make


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))


def open_link(listener: httpx.Client, link: dict[str, Any]) -> dict[str, str]:
    opened = listener.get(f"/v1/music/shared/{link['token']}")
    return {"Listen-Session": opened.headers["listen-session"]}


@contextlib.contextmanager
def watching(
    listener: httpx.Client, link: dict[str, Any], session: dict[str, str]
) -> Iterator[tuple[list[str], threading.Thread]]:
    """What the stream says, line by line, read beside the test."""
    told: list[str] = []
    begun = threading.Event()

    def read() -> None:
        path = f"/v1/music/shared/{link['token']}/events"
        with listener.stream("GET", path, headers=session, timeout=30) as stream:
            assert stream.headers["content-type"] == "text/event-stream"
            assert stream.headers["cache-control"] == "no-store"
            for line in stream.iter_lines():
                told.append(line)
                begun.set()

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    assert begun.wait(5)
    yield told, thread
    thread.join(5)


def revoke(owner: httpx.Client, link: dict[str, Any]) -> None:
    owner.delete(f"/share/{link['id']}").raise_for_status()


def rotate(owner: httpx.Client, link: dict[str, Any]) -> None:
    owner.post(f"/share/{link['id']}/rotate").raise_for_status()


def test_closing_a_link_is_told_within_two_seconds(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    """Whether it's revoked or gets a new address, and beside it another one stays open."""
    revoked, rotated, other = (share(owner, song["id"]) for _ in range(3))
    with (
        watching(listener, other, open_link(listener, other)) as (untouched, _),
        watching(listener, revoked, open_link(listener, revoked)) as of_revoked,
        watching(listener, rotated, open_link(listener, rotated)) as of_rotated,
    ):
        time.sleep(1.2)
        ends = ((revoke, revoked, of_revoked), (rotate, rotated, of_rotated))
        for _, _, (told, _) in ends:
            assert "event: ended" not in told
        for close, link, (told, thread) in ends:
            close(owner, link)
            closed_at = time.monotonic()
            thread.join(5)
            # One look a second; what is more is a busy machine.
            assert time.monotonic() - closed_at < 4, close
            assert "event: ended" in told, close
        assert "event: ended" not in untouched
        revoke(owner, other)


def test_removing_the_content_is_told(
    owner: httpx.Client, listener: httpx.Client, tmp_path: Path
) -> None:
    track = upload(owner, make("wav16", tmp_path / "b.wav"))
    link = share(owner, track["id"])
    with watching(listener, link, open_link(listener, link)) as (told, thread):
        owner.delete(f"/tracks/{track['id']}")
        thread.join(5)
        assert "event: ended" in told


def test_without_a_session_of_the_link_there_is_no_stream(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link, other = share(owner, song["id"]), share(owner, song["id"])
    path = f"/v1/music/shared/{link['token']}/events"
    for headers in ({}, open_link(listener, other), {"Listen-Session": "ls1.nonsense"}):
        refused = listener.get(path, headers=headers)
        assert refused.status_code == 404
        assert refused.json()["error"]["message"] == "This share link is no longer available."


@pytest.mark.parametrize("close", [revoke, rotate])
def test_who_has_no_stream_is_told_when_asking(
    owner: httpx.Client,
    listener: httpx.Client,
    song: dict[str, Any],
    close: Callable[[httpx.Client, dict[str, Any]], None],
) -> None:
    link, other = share(owner, song["id"]), share(owner, song["id"])
    session, others = open_link(listener, link), open_link(listener, other)
    path = f"/v1/music/shared/{link['token']}/standing"
    assert listener.get(path, headers=session).status_code == 204
    # Another link's session, or none, says nothing of this one.
    assert listener.get(path, headers=others).status_code == 404
    assert listener.get(path).status_code == 404
    close(owner, link)
    assert listener.get(path, headers=session).status_code == 404
    path = f"/v1/music/shared/{other['token']}/standing"
    assert listener.get(path, headers=others).status_code == 204


def test_asking_costs_an_address_nothing(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    """Many hear music behind one address, each asks once a second; and what is over is soon told too."""
    link = share(owner, song["id"])
    path = f"/v1/music/shared/{link['token']}"
    with server.listener() as client:
        session = open_link(client, link)
        while client.head(path).status_code != 429:
            pass
        lines = len(server.audit())
        for _ in range(130):
            assert client.get(f"{path}/standing", headers=session).status_code == 204
        revoke(owner, link)
        for _ in range(130):
            assert client.get(f"{path}/standing", headers=session).status_code == 404
        assert len(server.audit()) == lines
        # Without a session it's a request for a link as any.
        assert client.get(f"{path}/standing").status_code == 429


def test_head_tells_what_a_get_would_and_ends(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    path = f"/v1/music/shared/{link['token']}/events"
    head = listener.head(path, headers=open_link(listener, link), timeout=5)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == "text/event-stream"
