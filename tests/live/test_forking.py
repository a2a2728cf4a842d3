"""Workers are forked while nothing else happens: a lock held in that moment is held in them forever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from cast import Server, clean_environment
from listenlink.cli.workers import _Forked

# Each thread but the forking one, as the functions it's in, the innermost first.
WITNESS = """
import os, sys, threading
def tell():
    for number, frame in sys._current_frames().items():
        if number != threading.get_ident():
            names = []
            while frame:
                names.append(frame.f_code.co_qualname)
                frame = frame.f_back
            print("at a fork:", *names, flush=True)
os.register_at_fork(before=tell)
from listenlink.cli import main
main()
"""


def test_what_waits_for_the_workers_only_waits(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", {"WORKERS": "2", "RESOLVE_LIMIT_PER_MINUTE": "0"})
    server.create()
    running = subprocess.Popen(
        [sys.executable, "-c", WITNESS, "serve", "--data", str(server.data), "--port", str(server.port)],
        env=clean_environment(**server.settings) | server.environment,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    with running:
        assert running.stdout is not None
        seen = []
        for line in running.stdout:
            if line.startswith("Listenlink serves"):
                break
            if "_wait_until_ready" in line:
                seen.append(line.split()[3])
        running.send_signal(signal.SIGINT)
    assert seen
    assert set(seen) == {"_Forked.wait_for"}


# The demonstration makes its music before it serves: then the pools have threads that no worker inherits.
FORKED = """
import asyncio, os
from listenlink.threads import DISK, Threads
own = Threads("own", 1)
async def ask():
    return await asyncio.wait_for(asyncio.gather(DISK.run(len, "ab"), own.run(len, "abc")), 10)
asyncio.run(ask())
child = os.fork()
if child == 0:
    os._exit(sum(asyncio.run(ask())))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_process_has_threads_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "5\n", done.stderr


def test_what_looks_after_workers_loads_nothing_that_they_are_made_of() -> None:
    """It does nothing else for as long as the server runs, so it should be small."""
    found = "import sys, listenlink.cli.serving; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", found], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stdout.split())
    assert "granian" in loaded
    assert not loaded & {"sqlalchemy", "litestar", "structlog", "jinja2", "cryptography", "httpx"}


def begin_worker(tried: Path, *, fails: bool) -> int:
    """A process that checks as workers do, noting that it does; it ends in the middle if it `fails`."""

    def check() -> None:
        with tried.open("a") as file:
            file.write("tried\n")
        time.sleep(0.2)
        if fails:
            os._exit(9)

    child = os.fork()
    if child == 0:
        try:
            _Forked.check_once(check)
        finally:
            os._exit(0)
    return child


def test_one_worker_checks_for_all_and_if_it_dies_another(tmp_path: Path) -> None:
    _Forked()
    tried = tmp_path / "tried"
    first = begin_worker(tried, fails=True)
    deadline = time.monotonic() + 20
    while not tried.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    others = [begin_worker(tried, fails=False) for _ in range(3)]
    ended = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in (first, *others)]
    assert ended == [9, 0, 0, 0]
    assert tried.read_text() == "tried\n" * 2


# The application, as a worker makes it: what is loaded by the time it answers, and then with its routes.
LOADED = """
import sys
from listenlink.cli.workers import load_logging
load_logging()
import listenlink.cli.starting
from listenlink.app import create_app
from listenlink.settings import load_settings
listenlink.cli.starting.check_startable(load_settings())
app = create_app()
print(*sys.modules)
app.routes.begin().result()
print(*sys.modules)
"""
# What writes to terminals, passkeys, the other database, what makes manifests and what calls webhooks.
FOR_FEW = {"rich", "fido2", "zxcvbn", "sqlalchemy.dialects.postgresql", "c2pa", "httpx", "redis"}


def loaded_of(packages: set[str], modules: str) -> set[str]:
    """Those packages of which there is a module."""
    return {one for one in packages if f" {one} " in f" {modules} " or f" {one}." in modules}


def test_a_worker_loads_what_it_answers_with(tmp_path: Path) -> None:
    """Each of these takes time of every start, or memory for as long as the server runs."""
    server = Server(tmp_path / "data", {})
    server.create()
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        env=clean_environment(DATA=str(server.data)) | server.environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, at_rest = done.stdout.splitlines()
    later = {"litestar", "yaml", "listenlink.web.desk", "listenlink.web.api"}
    assert loaded_of({"structlog", *later, *FOR_FEW}, first) == {"structlog"}
    assert loaded_of({*later, *FOR_FEW}, at_rest) == later
