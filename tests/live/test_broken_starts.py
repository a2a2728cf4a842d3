"""A database that is broken, or gone: one line from every command that says what is wrong, exit status 1."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

import servers
from cast import Server, free_port
from engines import of_sqlite
from listenlink.store.database.columns import SCHEMA_VERSION
from live.refusals import serve

# What reads or writes an instance's folder.
COMMANDS = {
    "serve": ["serve"],
    "audit": ["audit"],
    "erase-client": ["erase-client", "203.0.113.7"],
    "org list": ["org", "list"],
    "user list": ["user", "list"],
    "key list": ["key", "list"],
    "org add": ["org", "add", "Label", "--user", "a@b.example"],
    "migrate": ["migrate"],
    "demo": ["demo"],
    "backup": ["backup", "--to", "backed-up"],
}
pytestmark = of_sqlite


def garble(path: Path, offset: int, count: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(os.urandom(count))


def in_sqlite(path: Path, sql: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.executescript(sql)
    connection.close()


def replace(path: Path, put: Callable[[], object]) -> None:
    path.unlink()
    put()


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "zero bytes": (lambda path: os.truncate(path, 0), "it's empty, 0 bytes"),
    "its head is damaged": (lambda path: garble(path, 0, 100), "isn't a database, or it's damaged"),
    "its middle is damaged": (lambda path: garble(path, 4096, 300_000), "it's damaged"),
    "cut": (lambda path: os.truncate(path, 40_000), "it's damaged"),
    "a text": (lambda path: path.write_text("dear diary"), "isn't a database"),
    "a folder": (lambda path: replace(path, path.mkdir), "a folder is in the database's place"),
    "a link to nowhere": (
        lambda path: replace(path, lambda: path.symlink_to("/nonexistent/db")), "no such file",
    ),
    "a pipe": (lambda path: replace(path, lambda: os.mkfifo(path)), "it isn't a file"),
    "somebody else's tables": (
        lambda path: replace(path, lambda: in_sqlite(path, "CREATE TABLE letters (x)")),
        "not an instance's",
    ),
    "a newer release's": (
        lambda path: in_sqlite(path, "UPDATE alembic_version SET version_num = '0999'"),
        f"newer release (0999; this one knows {SCHEMA_VERSION})",
    ),
}  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_database_is_named_by_every_command(
    data: Path, broken: str, refused: Callable[..., str]
) -> None:
    path, (damage, said) = data / "listenlink.db", BROKEN[broken]
    damage(path)
    before = set(data.rglob("*"))
    for command in COMMANDS.values():
        line = refused(*command, "--data", str(data))
        assert line.startswith(f"listenlink: {data}"), command
        assert said in line
    # Nothing was made of it, least of all a new and empty instance.
    added = set(data.rglob("*")) - before
    assert {path.name for path in added} <= {"listenlink.db-wal", "listenlink.db-shm"}


def test_an_empty_file_is_not_served_as_an_empty_instance(data: Path) -> None:
    """And in a process of its own there is one line too."""
    os.truncate(data / "listenlink.db", 0)
    assert serve(data).endswith("listenlink.db: it's empty, 0 bytes; restore a backup")


def test_tables_that_are_missing_end_the_server_and_not_its_worker_alone(data: Path) -> None:
    """Not found before the worker begins, which then says it, and isn't started again and again."""
    in_sqlite(data / "listenlink.db", "DROP TABLE audio_objects")
    assert "its tables aren't those of an instance" in serve(data)
    limitless = {"WORKERS": "2", "RESOLVE_LIMIT_PER_MINUTE": "0"}
    assert "its tables aren't those of an instance" in serve(data, **limitless)


def test_postgresql_that_is_gone_or_does_not_let_in(
    tmp_path: Path, refused: Callable[..., str]
) -> None:
    server = Server(tmp_path / "data", engine="postgresql")
    server.create()
    url = server.settings["DATABASE_URL"]
    postgres = servers.postgres()
    port, name = str(postgres.port), url.rpartition("/")[2]
    servers.run_sql(postgres, name, f"CREATE ROLE stranger_to_{name} LOGIN")
    broken = {
        url.replace(port, str(free_port())): "connection refused",
        url.replace("127.0.0.1", "nosuch.invalid"): "there is no such host",
        url.replace(name, "nosuch"): "there is no database of this name",
        url.replace("postgres@", "nosuch@"): "this user isn't let in",
        url.replace("postgres@", f"stranger_to_{name}:word@"): "this user lacks the rights",
        url + "?sslmode=nonsense": "its URL can't be read",
        url + "?sslmode=require": "it refuses the connection",
    }
    for wrong, said in broken.items():
        line = refused("org", "list", "--data", str(server.data), DATABASE_URL=wrong)
        assert line.endswith(f"the database of LISTENLINK_DATABASE_URL can't be used: {said}")
    gone = next(iter(broken))
    for command in (["serve"], ["audit"], ["migrate"], ["demo"], ["init"]):
        line = refused(*command, "--data", str(server.data), DATABASE_URL=gone)
        assert line.endswith("can't be used: connection refused")
    servers.run_sql(postgres, name, "UPDATE alembic_version SET version_num = '0999'")
    for name in ("serve", "migrate"):
        line = refused(name, "--data", str(server.data), DATABASE_URL=url)
        assert "newer release (0999" in line


def test_what_is_gone_and_may_be_gone_is_said_when_it_serves(tmp_path: Path) -> None:
    """Without Redis a node limits by itself, without the bucket links open: both start, and say so."""
    server = Server(
        tmp_path / "data",
        {
            "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
            "STORAGE_URL": f"s3://bucket/x?endpoint=http://127.0.0.1:{free_port()}",
        },
        engine="sqlite",
    )
    server.create()
    server.start()
    try:
        assert server.log is not None
        for _ in range(200):
            said = server.log.read_text()
            if "not everything is as it should be: " in said:
                break
            assert server.process is not None
            assert server.process.poll() is None
            signal.sigtimedwait([], 0.05)
        assert "storage: bucket_unavailable, limits: not_shared" in said
        assert "Traceback" not in said
    finally:
        server.stop()
