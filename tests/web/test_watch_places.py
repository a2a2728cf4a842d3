"""Who finds no place to watch a link comes again and again: that spends nothing of the client's rate."""

from __future__ import annotations

import contextlib
from pathlib import Path

import httpx
import pytest

from cast import Server, upload
from listenlink.actions.watch_links import MOST_OF_A_CLIENT
from listenlink.model.client_address import find_client
from listenlink.settings import PREFIX
from media.make_audio import make
from web.in_process import Answer, House

CLIENT = find_client("127.0.0.1", "", ())


def test_a_watch_that_finds_no_place_spends_nothing(
    server: Server, owner: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in server.settings.items():
        monkeypatch.setenv(PREFIX + name, value)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    house = House(server, upload(owner, make("wav16", tmp_path / "a.wav"))["id"])
    path = f"/v1/music/shared/{house.named['token']}".encode()
    json = {b"accept": b"application/json"}
    try:
        session = house.ask("GET", path, b"", json, b"").headers[b"listen-session"]

        def watch() -> Answer:
            # Without a body it ends by itself.
            return house.ask("HEAD", path + b"/events", b"", {b"listen-session": session}, b"")

        def left() -> int:
            return int(house.ask("HEAD", path, b"", json, b"").headers[b"x-ratelimit-remaining"])

        before = left()
        assert watch().status == 200
        assert before - left() == 2
        with contextlib.ExitStack() as places:
            for _ in range(MOST_OF_A_CLIENT):
                places.enter_context(house.instance.listening.watcher.places.take(CLIENT.number))
            before = left()
            refused = [watch() for _ in range(20)]
            assert {answer.status for answer in refused} == {429}
            assert {answer.headers[b"retry-after"] for answer in refused} == {b"10"}
            assert before - left() == 1
        assert watch().status == 200
    finally:
        house.close()
