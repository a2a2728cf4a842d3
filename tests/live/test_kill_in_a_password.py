"""kill -9 while a link's password is changed: all of the change is there, or nothing of it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from journeys.locked_links import ask
from media.make_audio import make
from trust.figures import FULL

KILLS, LATEST_KILL_SECONDS = (4, 1.2) if FULL else (2, 0.8)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(
        tmp_path / "data",
        {"RESOLVE_LIMIT_PER_MINUTE": "0", "TRUSTED_PROXIES": "127.0.0.1/32"},
    )
    running.create()
    running.start()
    yield running
    if running.process is not None:
        running.stop()


def change_until_killed(server: Server, link: dict[str, Any], passwords: list[str | None]) -> int:
    """Set one after the other until the server dies; the place of the last that was answered."""
    answered = -1

    def change() -> None:
        nonlocal answered
        with server.owner() as owner:
            for place, password in enumerate(passwords):
                try:
                    told = owner.patch(f"/share/{link['id']}", json={"password": password})
                except httpx.HTTPError:
                    return
                if told.status_code == 200:
                    answered = place

    thread = threading.Thread(target=change)
    thread.start()
    time.sleep(random.uniform(0.3, LATEST_KILL_SECONDS))  # noqa: S311
    server.kill()
    thread.join()
    return answered


def test_a_change_is_whole_or_not_there(server: Server, tmp_path: Path) -> None:
    with server.owner() as owner:
        song = upload(owner, make("wav16", tmp_path / "a.wav", sample_count=20_000))
        link = share(owner, song["id"])
    number = int(link["id"][7:], 16)
    for kill in range(KILLS):
        passwords = [f"password {kill} {n}" if n % 3 else None for n in range(400)]
        answered = change_until_killed(server, link, passwords)
        assert 0 <= answered < len(passwords) - 1
        ((has, hashed),) = server.query(
            "SELECT s.has_password, p.hashed FROM shares s "
            "LEFT JOIN share_passwords p ON p.share_id = s.id WHERE s.id = ?",
            number,
        )
        assert bool(has) is (hashed is not None)
        server.start()
        with server.owner() as owner, server.listener() as listener:
            # The address was sealed for this very rotation, or it couldn't be shown.
            assert owner.get(f"/share/{link['id']}").json()["url"] == link["url"]
            # What was answered last holds, or what was on its way then.
            opens = [
                ask(listener, link, password).status_code == 200
                for password in passwords[answered : answered + 2]
            ]
            assert any(opens), (answered, opens)
            if has:
                assert opens.count(True) == 1
                assert ask(listener, link).status_code == 401
