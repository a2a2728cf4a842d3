"""What is told on kept pages changes with time at the moment that it does, and not otherwise."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from cast import Server, share, upload, wait_for_sound
from journeys.faces import FACES, Beside, look, open_session
from journeys.seen import BROWSER
from listenlink.clock import SECOND_US, Clock
from media.make_audio import make

HOUR_US = 3600 * SECOND_US
JSON = {"Accept": "application/json"}


class SetClock(Clock):
    """A clock that stands where it's set."""

    def __init__(self, now_us: int) -> None:
        self.now = now_us
        self.tick = 10**12

    def now_us(self) -> int:
        return self.now

    def tick_us(self) -> int:
        return self.tick


def engines_file(path: Path, since: datetime) -> Path:
    terms = (
        ("2026-01", "commercial_cleared", "2026-01-01"),
        ("later", "unclear", f"{since:%Y-%m-%d}"),
    )
    path.write_text(
        "".join(
            f'[[engine]]\nkey = "studio"\nname = "Studio"\nversion = "{version}"\n'
            f'licence_class = "{kind}"\nrequires_attribution = false\nvalid_from = {day}\n'
            for version, kind, day in terms
        )
    )
    return path


def a_link(owner: httpx.Client, folder: Path) -> dict[str, Any]:
    """To a collection of one track."""
    track = upload(owner, make("wav16", folder / "song.wav"), title="Song")
    wait_for_sound(owner, track["id"])
    album = owner.post("/collections", json={"name": "Evening"}).json()["id"]
    owner.post(f"/collections/{album}/tracks", json={"track_id": track["id"]}).raise_for_status()
    return share(owner, album)


def test_licences_change_with_time_at_the_moment_that_they_do(
    server: Server, owner: httpx.Client, tmp_path: Path, storage_credentials: None
) -> None:
    """Forwards, and back, as when a clock is put right."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    turn_us = int(day.timestamp()) * SECOND_US
    path, link = engines_file(tmp_path / "engines.toml", day), a_link(owner, tmp_path)
    clock = SetClock(turn_us - HOUR_US)
    looking = Beside(server, clock, engines_file=path)
    session = open_session(looking.get, link)
    told, kinds = [], []
    for now_us in (turn_us - 1, turn_us, turn_us + HOUR_US, turn_us - HOUR_US):
        clock.now = now_us
        told.append(look(looking.get, link, session))
        opened = looking.get(f"/v1/music/shared/{link['token']}", headers=JSON).json()
        kinds.append(opened["tracks"][0]["licence"]["licence_class"])
        fresh = Beside(server, SetClock(now_us), engines_file=path)
        assert told[-1] == look(fresh.get, link, session)
        fresh.close()
    looking.close()
    assert kinds == [kinds[0], "unclear", "unclear", kinds[0]]
    assert kinds[0] != "unclear"
    for face in FACES:
        status, before = told[0][face]
        assert status == 200
        assert told[1][face] == told[2][face] != told[0][face] == told[3][face]
        assert before


def test_each_wait_has_a_page_of_its_own(
    server: Server, owner: httpx.Client, tmp_path: Path, storage_credentials: None
) -> None:
    clock = SetClock(Clock().now_us())
    looking = Beside(server, clock, resolve_limit_per_minute=1)
    path = f"/v1/music/shared/{a_link(owner, tmp_path)['token']}"
    assert looking.get(path, headers=BROWSER).status_code == 200
    waits = []
    for _ in range(4):
        answer = looking.get(path, headers=BROWSER)
        assert answer.status_code == 429
        waits.append(answer.headers["retry-after"])
        assert re.search(rf"again in {waits[-1]} seconds", answer.text)
        clock.tick += 7 * SECOND_US
    looking.close()
    assert len(set(waits)) == 4
