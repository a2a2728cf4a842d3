"""K6: a backup made under load, restored elsewhere, is a whole instance whose counts are its audit's."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from cast import LISTENLINK, Server, clean_environment, run_forked, share, upload
from engines import of_sqlite
from listenlink.store.audit import open_counts
from listenlink.store.database.sqlite_database import SqliteDatabase
from live.load import SHARED, Reply, Request, connected, get, make_links, press, serving
from media.make_audio import make
from trust.figures import figure

pytestmark = of_sqlite

MOST_OPENS: list[dict[str, Any]] = [{"max_opens": 50}, {"max_opens": 10**6}, {}, {}]
CONNECTIONS = 16


def back_up(data: Path, to: Path, *more: str) -> dict[str, Any]:
    done = run_forked("backup", "--data", str(data), "--to", str(to), "--json", *more)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def restore(source: Path, data: Path) -> dict[str, Any]:
    began = time.monotonic()
    done = run_forked("restore", "--from", str(source), "--data", str(data), "--json")
    assert done.returncode == 0, done.stderr
    figure("restored, slowest seconds", round(took := time.monotonic() - began, 2), joined="most")
    assert took < 60
    return cast(dict[str, Any], json.loads(done.stdout))


def check_the_books(server: Server) -> int:
    """Every link's count is that of its audited opens; how many there were."""
    assert server.query("PRAGMA integrity_check") == [("ok",)]
    rows = server.query(
        "SELECT s.id, s.max_opens, (SELECT count(*) FROM audit a WHERE a.share_id = s.id "
        "AND a.outcome = 1) FROM shares s"
    )
    database = SqliteDatabase(server.database)
    told = database.read_now(lambda c: open_counts.find_opens(c, [row[0] for row in rows]))
    database.close()
    miscounted = [row for row in rows if told[row[0]] != row[2]]
    figure("links whose count isn't that of their lines", len(miscounted))
    assert not miscounted
    assert all(most is None or lines <= most for _, most, lines in rows)
    return sum(lines for _, _, lines in rows)


def test_backups_under_load_and_a_kill(tmp_path: Path) -> None:
    to = tmp_path / "backup"
    with serving(tmp_path) as server:
        links = make_links(server, tmp_path, *MOST_OPENS)
        requests = [
            get(SHARED + link["token"], f"203.0.113.{n}") for link in links for n in range(40)
        ]
        answered = asyncio.run(back_up_under_load(server, requests, to))
        server.kill()
        last = back_up(server.data, tmp_path / "after")
    assert last["objects"] >= 1
    for number, source in enumerate([to, tmp_path / "after"]):
        restore(source, tmp_path / f"restored{number}")
        restored = Server(tmp_path / f"restored{number}", {"RESOLVE_LIMIT_PER_MINUTE": "0"})
        restored.start()
        try:
            opens = check_the_books(restored)
            view = httpx.get(restored.url + SHARED + links[2]["token"]).json()
            audio = "/v1" + view["track"]["playback_url"].partition("/v1")[2]
            assert httpx.get(restored.url + audio).status_code == 200
        finally:
            restored.stop()
        figure("opens restored", opens)
        assert opens > 0
    assert opens >= answered


async def back_up_under_load(server: Server, requests: list[Request], to: Path) -> int:
    """How many opens were answered while three backups were made, one over the other."""
    opened = 0
    backing_up = asyncio.create_task(asyncio.to_thread(back_up_often, server.data, to))

    def choose() -> Request | None:
        return None if backing_up.done() else random.choice(requests)  # noqa: S311

    def heard(reply: Reply) -> None:
        nonlocal opened
        assert reply.status in (200, 404), reply
        opened += reply.status == 200

    async with connected(server.port, CONNECTIONS) as connections:
        await press(connections, choose, heard)
    await backing_up
    return opened


def back_up_often(data: Path, to: Path) -> None:
    for _ in range(3):
        back_up(data, to)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """An instance with a track; nobody serves it."""
    folder = tmp_path_factory.mktemp("made")
    running = Server(folder / "data")
    running.create()
    running.start()
    with running.owner() as owner:
        upload(owner, make("wav16", folder / "a.wav"))
    running.wait_until_derived()
    running.stop()
    running.query("PRAGMA wal_checkpoint(TRUNCATE)")
    return running


@pytest.fixture
def server(made: Server, tmp_path: Path) -> Server:
    """The same, for one test alone."""
    shutil.copytree(made.data, tmp_path / "data", ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    return Server(tmp_path / "data", organization_id=made.organization_id, api_key=made.api_key)


def test_a_second_backup_takes_what_is_new_and_lets_go_of_what_is_gone(
    server: Server, tmp_path: Path
) -> None:
    to = tmp_path / "backup"
    first = back_up(server.data, to)
    assert first["added"] == first["objects"] == 1
    assert back_up(server.data, to)["added"] == 0
    server.start()
    with server.owner() as owner:
        gone = upload(owner, make("wav16", tmp_path / "b.wav", sample_count=5000))
        server.wait_until_derived()
        assert back_up(server.data, to)["added"] == 1
        assert owner.delete(f"/tracks/{gone['id']}").status_code == 200
        told = back_up(server.data, to)
    server.stop()
    assert (told["objects"], told["added"], told["removed"]) == (1, 0, 1)
    stored = [path for path in (to / "objects").glob("*/*") if path.is_file()]
    assert len(stored) == 1
    assert len(list(to.glob("*.db*"))) == 1


def test_keys_are_in_it_only_when_asked_for(server: Server, tmp_path: Path) -> None:
    keys = (server.data / "secrets" / "signing-keys").read_bytes()
    key = keys.split()[1]
    plain, secret = tmp_path / "plain", tmp_path / "secret"
    assert not back_up(server.data, plain)["has_keys"]
    for path in plain.rglob("*"):
        assert path.is_dir() or (
            key not in path.read_bytes() and bytes.fromhex(key.decode()) not in path.read_bytes()
        )
    assert back_up(server.data, secret, "--with-keys")["has_keys"]
    kept = secret / "signing-keys"
    assert kept.read_bytes() == keys
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert not [path for path in secret.rglob("*") if "daily" in path.name]
    assert restore(plain, tmp_path / "one")["has_new_keys"]
    assert not restore(secret, tmp_path / "two")["has_new_keys"]
    assert (tmp_path / "one" / "secrets" / "signing-keys").read_bytes() != keys
    assert (tmp_path / "two" / "secrets" / "signing-keys").read_bytes() == keys
    for path in (tmp_path / "two").rglob("*"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    back_up(server.data, secret)
    assert not kept.exists()


@pytest.mark.parametrize("pattern", ["objects/*/*", "listenlink-*.db", "backup.json"])
@pytest.mark.parametrize("is_lost", [False, True], ids=["damaged", "lost"])
def test_a_damaged_backup_is_refused_and_nothing_is_made(
    server: Server, tmp_path: Path, pattern: str, is_lost: bool
) -> None:
    back_up(server.data, tmp_path / "backup")
    (harmed,) = (tmp_path / "backup").glob(pattern)
    data = bytearray(harmed.read_bytes())
    harmed.unlink()
    if not is_lost:
        data[len(data) // 2] ^= 1
        harmed.write_bytes(data)
    done = run_forked(
        "restore", "--from", str(tmp_path / "backup"), "--data", str(tmp_path / "new")
    )
    assert done.returncode == 1
    assert done.stderr.startswith("listenlink: ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob(".new*"))


def test_nothing_is_overwritten(server: Server, tmp_path: Path) -> None:
    back_up(server.data, tmp_path / "backup")
    before = sorted(path.name for path in server.data.rglob("*"))
    done = run_forked("restore", "--from", str(tmp_path / "backup"), "--data", str(server.data))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert sorted(path.name for path in server.data.rglob("*")) == before
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("Dear all")
    for to in (other, other / "letter.txt", server.data / "backup"):
        done = run_forked("backup", "--data", str(server.data), "--to", str(to))
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), to
    assert [path.name for path in other.iterdir()] == ["letter.txt"]


def test_a_backup_that_is_killed_leaves_the_one_before(server: Server, tmp_path: Path) -> None:
    to = tmp_path / "backup"
    back_up(server.data, to)
    for number in range(4):
        process = subprocess.Popen(
            [*LISTENLINK, "backup", "--data", str(server.data), "--to", str(to)],
            env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(random.uniform(0.2, 0.7))  # noqa: S311
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        restore(to, tmp_path / f"restored{number}")
    back_up(server.data, to)
    assert len(list(to.glob("*.db*"))) == 1


def test_a_restored_link_opens_as_often_as_it_had_left(server: Server, tmp_path: Path) -> None:
    server.start()
    with server.owner() as owner, server.listener() as listener:
        song = upload(owner, make("wav16", tmp_path / "c.wav", sample_count=6000))
        path = SHARED + share(owner, song["id"], max_opens=3)["token"]
        assert listener.get(path).status_code == 200
    back_up(server.data, tmp_path / "backup")
    server.stop()
    restore(tmp_path / "backup", tmp_path / "restored")
    restored = Server(tmp_path / "restored")
    restored.start()
    with restored.listener() as listener:
        assert [listener.get(path).status_code for _ in range(3)] == [200, 200, 404]
    restored.stop()
