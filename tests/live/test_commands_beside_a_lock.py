"""Commands beside a database that somebody holds: one line in time where it has to be written, and what only
reads does so."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import servers
from cast import free_port, run_forked
from engines import of_sqlite
from fault_proxy import fault_proxy
from listenlink.store.database import sqlite_database
from listenlink.store.database.sqlite import FILE_NAME
from live.database_faults import locked_file

pytestmark = of_sqlite
# What the documentation says, and what a busy machine needs to load a program.
PATIENT_SECONDS, LOADING_SECONDS = 5.0, 8.0
ORG, USER = "org_000000000000", "user_000000000000"
HELD = "another program holds its lock"
WRITES = [
    ["org", "add", "Other", "--user", "a@other.example"],
    ["user", "add", "b@other.example", "--org", ORG],
    ["key", "add", "--org", ORG, "--user", USER],
    ["key", "revoke", "key_000000000000"],
    ["migrate", "--forget-keys"],
    ["serve", "--port", str(free_port())],
]


def test_each_that_writes_names_the_lock(
    data: Path, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_database, "_PATIENT_SECONDS", 0.2)
    with locked_file(data / FILE_NAME):
        for command in WRITES:
            began = time.monotonic()
            line = refused(*command, "--data", str(data))
            assert line.endswith(HELD), command
            assert time.monotonic() - began < PATIENT_SECONDS + LOADING_SECONDS


def test_it_takes_no_longer_than_is_said(data: Path, refused: Callable[..., str]) -> None:
    with locked_file(data / FILE_NAME):
        began = time.monotonic()
        assert refused(*WRITES[1], "--data", str(data)).endswith(HELD)
        assert PATIENT_SECONDS * 0.9 < time.monotonic() - began < PATIENT_SECONDS + LOADING_SECONDS


def test_what_only_reads_does_so(data: Path, tmp_path: Path) -> None:
    reads = [["audit"], ["backup", "--to", str(tmp_path / "backup")]]
    with locked_file(data / FILE_NAME), ThreadPoolExecutor(len(reads)) as threads:
        done = threads.map(lambda command: run_forked(*command, "--data", str(data)), reads)
        assert [(each.returncode, each.stderr) for each in done] == [(0, "")] * len(reads)


def test_a_postgresql_that_hangs_is_named_in_time(data: Path, refused: Callable[..., str]) -> None:
    with fault_proxy(servers.postgres().port) as proxy:
        name = servers.new_database().rpartition("/")[2]
        proxy.hang()
        for command in (WRITES[0], ["key", "list"]):
            began = time.monotonic()
            url = f"postgresql://postgres@127.0.0.1:{proxy.port}/{name}"
            line = refused(*command, "--data", str(data), DATABASE_URL=url)
            assert "LISTENLINK_DATABASE_URL" in line
            assert time.monotonic() - began < PATIENT_SECONDS
        proxy.heal()
