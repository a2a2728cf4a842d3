"""A server whose machine's clock is set, before it starts and while it runs, on the embedded database."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from engines import SQLITE, of_sqlite
from faked_time import FakedTime
from listenlink.clock import DAY_US
from media.make_audio import make
from pieces import begin, look
from shorter_waits import READY_REMEMBERED, REMEMBERED_SECONDS, shorter

HOUR, DAY, YEAR = 3600, 86_400, 365 * 86_400
pytestmark = of_sqlite


class Case:
    """An instance on a machine whose clock a test sets, its owner, and a track."""

    def __init__(self, folder: Path) -> None:
        self.time = FakedTime(folder / "time")
        self.server = Server(
            folder / "data",
            {"TRUSTED_PROXIES": "127.0.0.1/32"},
            self.time.environment | shorter(READY_REMEMBERED),
            engine=SQLITE,
        )
        self.server.create()
        self.server.start()
        with self.server.owner() as owner:
            self.track = upload(owner, make("wav24", folder / "song.wav"))["id"]

    def restart(self, seconds: float) -> None:
        """Stop it, set the clock so far ahead of the right one, and start it."""
        self.server.stop()
        self.time.set(seconds)
        self.server.start()

    def clock_word(self) -> str:
        """What `/readyz` says of the clock; it's remembered for a while."""
        time.sleep(REMEMBERED_SECONDS)
        told = httpx.get(self.server.url + "/readyz").raise_for_status().json()
        assert told["status"] == "ready"
        return str(told["checks"]["clock"])

    def link(self, ends_in: float | None = None) -> dict[str, Any]:
        """A new link, which ends so many seconds from now by the right clock."""
        with self.server.owner() as owner:
            made = share(owner, self.track)
        if ends_in is not None:
            ends_at = round((time.time() + ends_in) * 1e6)
            self.server.change("UPDATE shares SET expires_at = ? WHERE label IS NULL AND id = ?",
                               ends_at, int(made["id"].removeprefix("mslink_"), 16))  # fmt: skip
        return made

    def open(self, link: dict[str, Any], session: str | None = None) -> httpx.Response:
        headers = {"Listen-Session": session} if session else {}
        with self.server.listener() as listener:
            return listener.get(f"/v1/music/shared/{link['token']}", headers=headers)

    def collection(self, key: str) -> str:
        """A collection made with this Idempotency-Key."""
        with self.server.owner() as owner:
            made = owner.post("/collections", json={"name": "A"}, headers={"Idempotency-Key": key})
            return str(made.raise_for_status().json()["id"])

    def has_upload(self, path: str) -> bool:
        with self.server.owner() as owner:
            return look(owner, path).status_code == 200

    def lines(self) -> int:
        return int(self.server.query("SELECT count(*) FROM audit")[0][0])

    def confirm(self) -> None:
        done = self.server.cli("clock", "--confirm")
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    made = Case(tmp_path_factory.mktemp("instance"))
    yield made
    made.server.stop()


@pytest.fixture
def case(instance: Case) -> Iterator[Case]:
    yield instance
    instance.time.set(0)
    instance.confirm()
    wait_for(lambda: instance.clock_word() == "ok")


def wait_for(happened: Callable[[], bool]) -> None:
    for _ in range(600):
        if happened():
            return
        time.sleep(0.1)
    raise AssertionError("it didn't happen")


def days_of(case: Case) -> set[str]:
    return {path.name for path in (case.server.data / "secrets" / "daily").iterdir()}


def test_a_start_ten_years_ahead_deletes_nothing_and_what_it_ended_stays_ended(case: Case) -> None:
    endless, ending, key = case.link(), case.link(ends_in=HOUR), secrets.token_hex(8)
    assert [case.open(link).status_code for link in (endless, ending)] == [200, 200]
    made, lines, days = case.collection(key), case.lines(), days_of(case)
    with case.server.owner() as owner:
        begun = begin(owner, 100, engine="studio", filename="a.wav")
    case.restart(10 * YEAR)
    assert case.clock_word() == "unconfirmed"
    assert "clock: unconfirmed" in case.server.log.read_text()  # type: ignore[union-attr]
    assert case.open(ending).status_code == 404
    late = case.open(endless)
    assert late.status_code == 200
    assert case.collection(key) == made
    case.restart(0)
    assert case.clock_word() == "unconfirmed"
    assert case.open(ending).status_code == 404
    assert case.collection(key) == made
    told = json.loads(case.server.cli("clock", "--json").stdout)
    assert told["unseen_seconds"] // YEAR == 10
    assert datetime.fromisoformat(told["reached"]).year >= datetime.now(UTC).year + 9
    case.confirm()
    wait_for(lambda: case.clock_word() == "ok")
    assert [case.open(link).status_code for link in (endless, ending)] == [200, 200]
    assert case.collection(key) == made
    assert case.has_upload(begun)
    assert case.lines() == lines + 5
    assert days <= days_of(case)
    # What was signed ten years ahead isn't good for ten years.
    session = late.headers["Listen-Session"]
    again = case.open(endless, session)
    assert again.headers["Listen-Session"] != session
    url = late.json()["track"]["playback_url"]
    assert httpx.get(url).status_code in (403, 404)
    assert httpx.get(again.json()["track"]["playback_url"]).status_code == 200


@pytest.mark.parametrize(
    ("behind", "how"),
    [
        pytest.param(HOUR, "killed", id="an hour, killed"),
        pytest.param(DAY, "restarted", id="a day, restarted"),
        pytest.param(10 * YEAR, "running", id="ten years, running"),
    ],
)
def test_a_clock_that_is_set_back_reopens_nothing(case: Case, behind: int, how: str) -> None:
    endless, ending, key = case.link(), case.link(ends_in=1), secrets.token_hex(8)
    made, lines = case.collection(key), case.lines()
    session = case.open(endless).headers["Listen-Session"]
    wait_for(lambda: case.open(ending).status_code == 404)
    if how == "killed":
        case.server.kill()
        case.time.set(-behind)
        case.server.start()
    elif how == "restarted":
        case.restart(-behind)
    else:
        case.time.set(-behind)
    assert case.open(ending).status_code == 404
    assert case.open(endless, session).headers["Listen-Session"] == session
    assert case.collection(key) == made
    assert case.clock_word() == "behind"
    # Time goes on: what ends while the clock is behind ends.
    soon = case.link(ends_in=1)
    assert case.open(soon).status_code == 200
    wait_for(lambda: case.open(soon).status_code == 404)
    assert case.lines() > lines
    case.time.set(0)
    wait_for(lambda: case.clock_word() == "ok")
    assert case.open(ending).status_code == 404


@pytest.mark.parametrize("ahead", [HOUR, DAY])
def test_a_clock_that_is_set_ahead_for_a_moment_costs_nothing_that_was_kept(
    case: Case, ahead: int
) -> None:
    endless, ending, key = case.link(), case.link(ends_in=ahead + 60), secrets.token_hex(8)
    made = case.collection(key)
    # Ten minutes before it's a day old, and the oldest that is kept.
    case.server.change(
        "UPDATE idempotent_answers SET created_at = created_at - ?", DAY_US * 143 // 144
    )
    assert case.open(endless).status_code == 200
    case.server.change("UPDATE audit SET at = at - ?", 90 * DAY_US)
    lines = case.lines()
    case.time.set(ahead)
    assert case.collection(key) == made
    assert case.open(ending).status_code == 200
    case.restart(ahead)
    assert case.open(ending).status_code == 200
    assert case.collection(key) == made
    assert case.lines() == lines + 2
    case.restart(0)
    assert case.collection(key) == made
    assert case.open(ending).status_code == 200
    assert case.lines() == lines + 3


def test_a_repeat_is_known_as_one_while_the_clock_is_ahead(case: Case, tmp_path: Path) -> None:
    """Else it would be refused for a quota that its first request has used up."""
    song = make("wav24", tmp_path / "song.wav")
    whose = case.server.organization_id

    def send() -> httpx.Response:
        with case.server.owner() as owner, song.open("rb") as file:
            return owner.post(
                "/tracks", data={"engine": "studio"}, files={"file": ("song.wav", file)},
                headers={"Idempotency-Key": "once"},
            )  # fmt: skip

    made = send()
    assert made.status_code == 201
    ((tracks,),) = case.server.query("SELECT count(*) FROM tracks WHERE removed_at IS NULL")
    assert case.server.cli("org", "quota", whose, "--tracks", str(tracks)).returncode == 0
    case.time.set(3 * DAY)
    again = send()
    assert case.server.cli("org", "quota", whose, "--none").returncode == 0
    assert (again.status_code, again.content) == (201, made.content)


def test_old_lines_are_deleted_where_the_clock_is_right(case: Case) -> None:
    link = case.link()
    case.open(link)
    case.server.stop()
    case.server.change("UPDATE audit SET at = at - ?", 92 * DAY_US)
    # Lines of a clock that was ahead, as some tests leave them, go later (`store/audit/old_lines.py`).
    old_us = round(time.time() * 1e6) - 91 * DAY_US

    def old_lines() -> int:
        return int(case.server.query("SELECT count(*) FROM audit WHERE at < ?", old_us)[0][0])

    assert old_lines() > 0
    case.server.start()
    wait_for(lambda: old_lines() == 0)
