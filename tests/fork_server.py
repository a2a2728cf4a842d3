"""Listenlink's commands and servers, forked from a process that has all of the program loaded.

Each runs the program's own `main` in a process, session and environment of its own, as a started one does;
only the second that an interpreter takes to load the program is spent once. One a test process, started when
first asked for; it ends with the test process. Run as a program, this is that process.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, cast

import fork_children
from copied_databases import copies_of
from forking import MOST_BYTES, Forking, run_and_end

_LOADED = (
    "alembic.command", "asyncpg", "cryptography.x509", "encodings.ascii", "encodings.idna", "fido2.server",
    "jinja2.ext", "multiprocessing.popen_fork", "obstore", "redis.asyncio", "sqlalchemy.ext.asyncio",
    "sqlalchemy.dialects.postgresql.asyncpg", "zxcvbn", "typer._adapters", "typer._click.decorators",
    "listenlink.actions.opening.redis_rate_limits", "listenlink.media.bucket.bucket",
    "listenlink.media.bucket.cloudfront", "listenlink.model.own_authority",
    "listenlink.store.database.postgres_database", "listenlink.store.database.publishing_turn",
    "listenlink.store.opening.connections", "listenlink.store.opening.postgres_playback",
    "listenlink.store.redis.redis_days", "listenlink.store.redis.redis_sessions",
    "listenlink.app", "listenlink.outbound.post", "listenlink.web.pages.reference_writer",
    *(f"listenlink.cli.{name}" for name in (
        "audit", "collections", "copying", "failures", "instance", "keys", "leaving", "licences", "links",
        "numbers", "ordering", "people", "serving", "starting", "tracks", "uploading", "webhooks", "workers",
    )),
)  # fmt: skip
_ENDS_WITHIN_SECONDS = 120


class Forked:
    """A process that runs one command, in the given folder or in this process's; what is asked of it is asked
    as of `subprocess.Popen`."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: dict[str, str],
        output: IO[str],
        errors: IO[str],
        folder: str | None = None,
        given: int | None = None,
    ) -> None:
        """It runs in this folder, or where whoever asks is, and reads from the descriptor that is `given`, or
        nothing."""
        reading, writing = os.pipe()
        asked = json.dumps([list(arguments), environment, folder or str(Path.cwd())]).encode()
        descriptors = [
            output.fileno(),
            errors.fileno(),
            *([] if given is None else [given]),
            writing,
        ]
        try:
            socket.send_fds(_forking(), [asked], descriptors)
        finally:
            os.close(writing)
        self._told = os.fdopen(reading, "rb", buffering=0)
        self.args = list(arguments)
        self.pid = int(self._told.read(8))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The status it ended with, negative for a signal; None while it runs."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self.returncode = int(self._told.read(8) or -signal.SIGKILL)
            self._told.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends. Raises TimeoutExpired."""
        if self.returncode is None and not select.select([self._told], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        status = self.poll()
        assert status is not None
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, if it's still there."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def run(arguments: Sequence[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one command to its end. Raises TimeoutExpired."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        running = Forked(arguments, environment, output, errors)
        try:
            status = running.wait(_ENDS_WITHIN_SECONDS)
        finally:
            running.kill()
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(running.args, status, output.read(), errors.read())


def _start() -> socket.socket:
    """Start what forks; the end of a socket at which it's asked."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_BYTES)
    with theirs:
        subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()],
            env={name: value for name, value in os.environ.items() if not name.startswith("LISTENLINK_")},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    return ours


_forking = functools.cache(_start)


def _become(descriptors: list[int], environment: dict[str, str], folder: str) -> None:
    output, errors, *given = descriptors
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.dup2(output, 1)
    os.dup2(errors, 2)
    for descriptor in given:
        os.dup2(descriptor, 0)
    for descriptor in descriptors:
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    if environment.keys() & {"TESTS_CLOCK_FILE", "TESTS_WAITS"}:
        runpy.run_path(str(Path(environment["PYTHONPATH"], "sitecustomize.py")))


class Later:
    """A part that isn't there yet: all that's asked of it is asked of the one that it becomes."""

    def become(self, real: object) -> None:
        vars(self)["_real"] = real

    def __getattr__(self, name: str) -> object:
        return getattr(vars(self)["_real"], name)


def _load() -> None:
    import gc

    for name in _LOADED:
        importlib.import_module(name)
    import typer

    from listenlink.cli import app
    from listenlink.web import routes as table

    # What each process would make anew, out of every command's and every route's signature.
    command = typer.main.get_command(app)
    vars(typer.main)["get_command"] = lambda _app: command
    parts = [Later() for _ in range(4)]
    routes = table.make_routes(*cast(Any, parts))

    def make_routes(*given: object) -> object:
        """The routes that are made, which lead to these parts from now on: a process has one application."""
        for part, real in zip(parts, given, strict=True):
            part.become(real)
        return routes

    vars(table)["make_routes"] = make_routes
    _copy_databases()
    _keep_certificates()
    # What the program's modules hold is left as it is by the collector, so that it isn't copied.
    gc.collect()
    gc.freeze()


def _keep_certificates() -> None:
    """As `certificates.py` does; nothing else beside this file is imported."""
    sys.path.insert(0, str(Path(__file__).parent))
    importlib.import_module("certificates").keep_certificates()
    sys.path.pop(0)


def _copy_databases() -> None:
    """Make new files as the migrations made the first."""
    from listenlink.store.database import location

    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder, "first")
        vars(location)["create_database"](first)
        made = first.read_bytes()
    vars(location)["create_database"] = copies_of(made)


def _serve(asking: socket.socket) -> None:
    """Fork as asked; in what is forked, run that."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    fork_children.use(ours)
    forking = Forking(asking, kills=False)
    forking.call_when_asked(theirs, lambda: fork_children.start(theirs))
    asked, descriptors = forking.fork_as_asked()
    arguments, environment, folder = json.loads(asked)
    _become(descriptors, environment, folder)
    from listenlink import __main__ as program

    sys.argv = [str(Path(program.__file__)), *(str(argument) for argument in arguments)]
    run_and_end(program.main)


if __name__ == "__main__":
    # As for a started program, whose folder of its own is nothing that it imports from.
    sys.path.pop(0)
    _load()
    _serve(socket.socket(fileno=int(sys.argv[1])))
