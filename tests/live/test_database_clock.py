"""PostgreSQL's clock, set while nodes run on it: they go on by their own, say so, and delete nothing."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import servers
from cast import Server, share, upload
from engines import POSTGRESQL
from faked_time import FakedTime, needs_faketime
from listenlink.clock import DAY_US, SECOND_US
from live.load import FULL
from media.make_audio import make

HOUR, DAY, YEAR = 3600, 86_400, 365 * 86_400
STEPS = [3, HOUR, -HOUR, DAY, -DAY, -10 * YEAR, 10 * YEAR] if FULL else [3, -HOUR, 10 * YEAR]
pytestmark = needs_faketime


@pytest.fixture(scope="module")
def faked() -> Iterator[FakedTime]:
    # Not the tests' own folder, which PostgreSQL's user can't enter.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield FakedTime(Path(folder))


@pytest.fixture(scope="module")
def postgres(faked: FakedTime) -> Iterator[servers.Program]:
    server = servers.new_postgres(under=faked.under)
    yield server
    server.kill()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, postgres: servers.Program) -> Iterator[Server]:
    url = servers.new_database(postgres)
    server = Server(
        tmp_path_factory.mktemp("instance") / "data",
        {"DATABASE_URL": url, "TRUSTED_PROXIES": "127.0.0.1/32"},
        engine=POSTGRESQL,
    )
    server.create()
    server.start()
    yield server
    server.stop()


def wait_for_word(node: Server, word: str) -> None:
    told = ""
    for _ in range(200):
        ready = httpx.get(node.url + "/readyz").raise_for_status().json()
        told = ready["checks"]["clock"]
        if told == word:
            return
        time.sleep(0.1)
    raise AssertionError(told)


def test_a_database_whose_clock_is_set_stops_nothing_and_deletes_nothing(
    faked: FakedTime, node: Server, tmp_path: Path
) -> None:
    wait_for_word(node, "ok")
    with node.owner() as owner:
        track = upload(owner, make("wav24", tmp_path / "song.wav"))["id"]
        link, ended = share(owner, track), share(owner, track)
    number = int(ended["id"].removeprefix("mslink_"), 16)
    node.change(
        "UPDATE shares SET expires_at = ? WHERE id = ?", round(time.time() * 1e6) - 1, number
    )
    for opened, seconds in enumerate(STEPS, 1):
        faked.set(seconds)
        wait_for_word(node, "apart_from_database")
        with node.listener() as listener:
            assert listener.get(f"/v1/music/shared/{link['token']}").status_code == 200
            assert listener.get(f"/v1/music/shared/{ended['token']}").status_code == 404
        # Whoever starts now does too, and deletes no line of the oldest day that is kept.
        if abs(seconds) > DAY:
            node.change("UPDATE audit SET at = at - ?", 90 * DAY_US)
            node.stop()
            node.start()
            time.sleep(1)
            node.change("UPDATE audit SET at = at + ?", 90 * DAY_US)
        assert (
            node.query("SELECT count(*) FROM audit WHERE share_id IS NOT NULL")[0][0] == 2 * opened
        )
    faked.set(0)
    wait_for_word(node, "ok")
    # No key is in use for ten years, nor has the mark gone there.
    now_us = time.time_ns() // 1000
    node.stop()
    node.start()
    for sql in ("SELECT max(used_at) FROM signing_keys", "SELECT reached_at FROM time_marks"):
        assert node.query(sql)[0][0] <= now_us + 120 * SECOND_US, sql


def test_a_node_whose_clock_is_wrong_takes_no_other_with_it(
    faked: FakedTime, node: Server, tmp_path: Path
) -> None:
    faked.set(0)
    ahead = FakedTime(tmp_path / "ahead")
    ahead.set(10 * YEAR)
    other = Server(
        tmp_path / "other",
        node.settings | {"RESOLVE_LIMIT_PER_MINUTE": "0"},
        ahead.environment,
        organization_id=node.organization_id,
        api_key=node.api_key,
    )
    node.stop()
    node.settings["RESOLVE_LIMIT_PER_MINUTE"] = "0"
    node.start()
    secrets = node.data / "secrets" / "signing-keys"
    other.settings["SIGNING_KEYS_FILE"] = str(secrets)
    with node.owner() as owner:
        track = upload(owner, make("wav16", tmp_path / "song.wav"))["id"]
        link = share(owner, track, expires_in_days=30)
    other.start()
    try:
        wait_for_word(other, "apart_from_database")
        assert httpx.get(f"{other.url}/v1/music/shared/{link['token']}").status_code == 404
        assert httpx.get(f"{node.url}/v1/music/shared/{link['token']}").status_code == 200
        node.stop()
        node.start()
        wait_for_word(node, "ok")
        assert httpx.get(f"{node.url}/v1/music/shared/{link['token']}").status_code == 200
        # Set right while it runs, it forgets what only it had reached.
        ahead.set(0)
        wait_for_word(other, "ok")
        assert httpx.get(f"{other.url}/v1/music/shared/{link['token']}").status_code == 200
    finally:
        other.stop()
