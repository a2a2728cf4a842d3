"""`listenlink serve`: checks everything first, then hands over to the server."""

from __future__ import annotations

import contextlib
import ctypes
import json
import math
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from listenlink.actions.create_instance import check_instance
from listenlink.actions.find_instance import load_ring, locate_database
from listenlink.actions.prepare_folder import prepare_folder
from listenlink.capacity import current_capacity, make_room
from listenlink.cli.listening import ListeningServer
from listenlink.errors import Problem, RefusesToStart
from listenlink.media.choose_storage import check_storage
from listenlink.media.folder.folder import Folder
from listenlink.running.shutdown import FINISHED_WITHIN_SECONDS
from listenlink.settings import PREFIX, Settings, load_settings
from listenlink.store.database.location import DatabaseLocation

_READY_WITHIN_SECONDS = 30.0
_GONE_WITHIN_SECONDS = 3.0
_CLOSED_WITHIN_SECONDS = 3.0
_PR_SET_PDEATHSIG = 1


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


class _Forked:
    """Tells the parent that its workers have been forked.

    A worker inherits every lock that a thread of the parent holds at the moment of the fork, and would
    wait for it forever; so until then, the only other thread must do nothing but wait for this.
    """

    _writing_end = -1

    def __init__(self) -> None:
        self._reading_end, _Forked._writing_end = os.pipe()

    def wait_for(self, workers: int) -> None:
        """Return once this many workers have been forked."""
        while workers > 0:
            workers -= len(os.read(self._reading_end, workers))

    @classmethod
    def tell(cls) -> None:
        """Report one worker as forked; each worker calls this once."""
        os.write(cls._writing_end, b"!")


def run_server(settings: Settings, when_ready: Callable[[], None]) -> None:
    """Run the server in this process; `when_ready` is called from a thread once it answers."""
    check_startable(settings)
    export_settings(settings)
    forked = _Forked()
    threading.Thread(
        target=_wait_until_ready, args=(settings, forked, when_ready), daemon=True
    ).start()
    server = ListeningServer(
        "listenlink.cli.serving:worker_app",
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
    server.serve()


def _pass_on_sigint(server: Any) -> None:
    """The server sends its workers SIGTERM, whatever signal it got itself. SIGINT means: stop at once."""
    stop = signal.getsignal(signal.SIGINT)

    def leave_at_once(signal_number: int, frame: FrameType | None) -> None:
        for worker in server.wrks:
            worker.interrupt_by_parent = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.inner.pid, signal.SIGUSR1)
        if callable(stop):
            stop(signal_number, frame)

    signal.signal(signal.SIGINT, leave_at_once)


def worker_app() -> Any:
    """The application, in a worker that won't outlive the server: an orphan would hold the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _Forked.tell()
    from listenlink.app import create_app

    return create_app()


def check_startable(settings: Settings) -> None:
    """Raise RefusesToStart for what would otherwise fail in a worker, where nobody would see it."""
    check_instance(settings)
    load_ring(settings)
    check_storage(settings, os.environ)
    for warning in prepare_folder(settings.data, has_objects=settings.storage_url is None):
        print(f"listenlink: {warning}", file=sys.stderr)
    _check_alone(settings)
    _check_address(settings.host, settings.port)
    if settings.metrics_address is not None:
        host, first = settings.metrics_address
        for port in range(first, first + settings.workers):
            _check_address(host, port)


def _check_address(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "no such address"
            raise RefusesToStart(f"{host}:{port} can't be listened on: {reason}") from None


def _check_alone(settings: Settings) -> None:
    """Two servers without Redis would each allow a client the whole limit, so the second is refused.

    A server that was killed takes a moment to go away, so this is retried for a while.
    """
    folder = Folder(settings.data)
    deadline = time.monotonic() + _GONE_WITHIN_SECONDS
    is_limited = settings.resolve_limit_per_minute and not settings.redis_url
    location = locate_database(settings)
    while is_limited and (folder.is_served() or _is_served(location)):
        if time.monotonic() > deadline:
            raise RefusesToStart(
                f"{location} is served already, and two servers can't share a rate limit; "
                f"stop the other, set {PREFIX}REDIS_URL, or {PREFIX}RESOLVE_LIMIT_PER_MINUTE=0"
            )
        time.sleep(0.05)


def _is_served(location: DatabaseLocation) -> bool:
    try:
        return location.is_served()
    except Problem:
        raise RefusesToStart(f"{location} can't be reached now") from None


def export_settings(settings: Settings) -> None:
    """Put what the command line gave into the environment, where workers read their settings."""
    os.environ[PREFIX + "DATA"] = str(settings.data.resolve())
    os.environ[PREFIX + "HOST"] = settings.host
    os.environ[PREFIX + "PORT"] = str(settings.port)
    os.environ[PREFIX + "PUBLIC_URL"] = settings.base_url


def _wait_until_ready(settings: Settings, forked: _Forked, when_ready: Callable[[], None]) -> None:
    forked.wait_for(settings.workers)
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://{host}:{settings.port}/readyz", timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            when_ready()
            return
