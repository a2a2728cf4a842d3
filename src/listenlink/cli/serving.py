"""`listenlink serve`: looks after the workers, which are forked and check everything before they serve."""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from listenlink.capacity import current_capacity, make_room
from listenlink.cli.listening import ListeningServer, open_socket
from listenlink.cli.workers import _Forked
from listenlink.errors import RefusesToStart, fault_of_system
from listenlink.media.sandbox.unreadable import make_unreadable
from listenlink.running.shutdown import FINISHED_WITHIN_SECONDS
from listenlink.settings import PREFIX, Settings, load_settings

_READY_WITHIN_SECONDS = 30.0
_CLOSED_WITHIN_SECONDS = 3.0
_GONE_WITHIN_SECONDS = 1.0
_ASKED_EVERY_SECONDS = 0.05
_STOPPING = b"""
Stopping: whoever listens is cut off. What is being uploaded may take %d more seconds.
Ctrl-C again stops without waiting.
"""


def serve(
    data: Path | None,
    host: str | None,
    port: int | None,
    public_url: str | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Serve until stopped, reporting once when ready. Raises RefusesToStart."""
    settings = load_settings(
        data=data, host=host, port=port, public_url=public_url, workers=workers
    )

    def tell() -> None:
        connections = current_capacity().connections
        if not settings.resolve_limit_per_minute:
            print(
                "No rate limit: anybody may try as many links as the server can answer.",
                file=sys.stderr,
            )
        if as_json:
            told = {"url": settings.base_url, "pid": os.getpid()}
            print(json.dumps(told | {"connections": connections}), flush=True)
        else:
            print(f"Listenlink serves {settings.data} at {settings.base_url}", flush=True)
            print(f"Up to {connections:,} connections at once.", flush=True)

    run_server(settings, tell)


def run_server(settings: Settings, when_ready: Callable[[], None]) -> None:
    """Run the server in this process; `when_ready` is called from a thread once it answers."""
    make_unreadable()
    check_addresses(settings)
    export_settings(settings)
    forked = _Forked()
    server = ListeningServer(
        "listenlink.cli.workers:worker_app",
        make_room(),
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=settings.workers,
        websockets=False,
        respawn_failed_workers=True,
        log_access=False,
        log_level=LogLevels.warning,
        workers_kill_timeout=math.ceil(
            settings.leave_after_seconds + FINISHED_WITHIN_SECONDS + _CLOSED_WITHIN_SECONDS
        ),
    )
    server.on_startup(partial(_pass_on_sigint, server))
    threading.Thread(
        target=_wait_until_ready, args=(settings, forked, server, when_ready), daemon=True
    ).start()
    server.serve()
    if server.refusal is not None:
        raise RefusesToStart(server.refusal)


def _pass_on_sigint(server: Any) -> None:
    """The server sends its workers SIGTERM, whatever signal it got itself. SIGINT means: stop at once; a
    second one, without waiting for anything."""
    stop = signal.getsignal(signal.SIGINT)
    told = 0

    def leave_at_once(signal_number: int, frame: FrameType | None) -> None:
        nonlocal told
        told += 1
        for worker in server.wrks:
            worker.interrupt_by_parent = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.inner.pid, signal.SIGUSR1 if told == 1 else signal.SIGKILL)
        if told == 1 and sys.stderr.isatty():
            # Not by print: this may interrupt one.
            os.write(sys.stderr.fileno(), _STOPPING % FINISHED_WITHIN_SECONDS)
        if callable(stop):
            stop(signal_number, frame)

    signal.signal(signal.SIGINT, leave_at_once)


def check_addresses(settings: Settings) -> None:
    """Raise RefusesToStart for an address that can't be listened on. All else is checked by the first worker
    (`cli/starting.py`), so that this process, which only looks after workers, needn't load what they are made
    of (docs/decisions/0086)."""
    _check_address(settings.host, settings.port)
    if settings.metrics_address is not None:
        host, first = settings.metrics_address
        for port in range(first, first + settings.workers):
            _check_address(host, port)


def _check_address(host: str, port: int) -> None:
    """Raise RefusesToStart if nobody can listen there. A server that was killed takes a moment to go away, so
    an address in use is tried again for a while."""
    deadline = time.monotonic() + _GONE_WITHIN_SECONDS
    while True:
        try:
            return open_socket(host, port).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                reason = fault_of_system(error)
                break
        except UnicodeError:
            reason = "there is no such host"
            break
        time.sleep(_ASKED_EVERY_SECONDS)
    raise RefusesToStart(f"{host}:{port} can't be listened on: {reason}") from None


def export_settings(settings: Settings) -> None:
    """Put what the command line gave into the environment, where workers read their settings."""
    os.environ[PREFIX + "DATA"] = str(settings.data.resolve())
    os.environ[PREFIX + "HOST"] = settings.host
    os.environ[PREFIX + "PORT"] = str(settings.port)
    os.environ[PREFIX + "PUBLIC_URL"] = settings.base_url


def _wait_until_ready(
    settings: Settings, forked: _Forked, server: ListeningServer, tell: Callable[[], None]
) -> None:
    """Tell once the server answers, and what isn't as it should be; end it if a worker can't start."""
    forked.wait_for(settings.workers)
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    answer: tuple[int, dict[str, str]] | None = None
    while answer is None or answer[0] != 200:
        refusal = forked.find_refusal(_ASKED_EVERY_SECONDS)
        if refusal is not None:
            server.refuse(refusal)
            return
        # Before that nobody takes the question, and it would be waited for.
        if forked.made:
            answer = _ask_readiness(settings)
        if time.monotonic() > deadline:
            deadline = math.inf
            _warn("it runs, but isn't ready", answer[1] if answer else {})
    _warn("not everything is as it should be", answer[1])
    tell()
    refusal = forked.find_refusal(None)
    if refusal is not None:
        server.refuse(refusal)


def _ask_readiness(settings: Settings) -> tuple[int, dict[str, str]] | None:
    """The status and the findings of `/readyz`; None if there is no answer."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    connection = http.client.HTTPConnection(host, settings.port, timeout=2)
    with (
        contextlib.closing(connection),
        contextlib.suppress(OSError, http.client.HTTPException, ValueError),
    ):
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())["checks"]
    return None


def _warn(what: str, checks: dict[str, str]) -> None:
    wrong = ", ".join(f"{name}: {word}" for name, word in checks.items() if word != "ok")
    if wrong or not checks:
        print(f"listenlink: {what}: {wrong or 'it does not answer'}", file=sys.stderr, flush=True)
