"""Ctrl-C: the server says what it does and goes at once, whoever listens; a second one waits for nothing."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cast import LISTENLINK, Server, clean_environment, share, upload
from engines import of_folder
from live.slow_reader import SlowReader
from media.make_audio import make

pytestmark = of_folder
# A second or so, on a machine that has other things to do.
AT_ONCE_SECONDS = 3.0
CTRL_C = b"\x03"


class Terminal:
    """A server in a terminal of its own, in the foreground."""

    def __init__(self, server: Server) -> None:
        self._keyboard, screen = os.openpty()
        self.process = subprocess.Popen(
            [*LISTENLINK, "serve", "--data", str(server.data), "--port", str(server.port)],
            env=clean_environment(**server.settings), preexec_fn=lambda: os.login_tty(screen),
        )  # fmt: skip
        os.close(screen)
        self.shown = b""
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while piece := os.read(self._keyboard, 4096):
                self.shown += piece

    def press(self, keys: bytes) -> None:
        os.write(self._keyboard, keys)

    def end(self) -> None:
        self.process.kill()
        self.process.wait(10)
        self._reading.join(10)
        os.close(self._keyboard)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Server, Terminal]]:
    server = Server(tmp_path / "data")
    server.create()
    terminal = Terminal(server)
    server.process, server.log = terminal.process, tmp_path / "log"  # type: ignore[assignment]
    server.log.touch()
    server.wait_until_ready()
    yield server, terminal
    terminal.end()


def gone_after(terminal: Terminal) -> float:
    began_at = time.monotonic()
    assert terminal.process.wait(20) == 0
    return time.monotonic() - began_at


def test_whoever_listens_is_cut_off_at_once(
    running: tuple[Server, Terminal], tmp_path: Path
) -> None:
    server, terminal = running
    with server.owner() as owner:
        song = upload(owner, make("wav16", tmp_path / "long.wav", sample_count=3_000_000))
        link = share(owner, song["id"])
    view = httpx.get(link["url"])
    session = {"Listen-Session": view.headers["listen-session"]}
    with (
        SlowReader(view.json()["track"]["playback_url"], 100_000) as listening,
        SlowReader(view.json()["track"]["playback_url"], None),
        httpx.stream("GET", link["url"] + "/events", headers=session),
        httpx.Client() as idle,
    ):
        idle.get(server.url + "/healthz")
        while listening.received < 50_000:
            time.sleep(0.02)
        terminal.press(CTRL_C)
        assert gone_after(terminal) < AT_ONCE_SECONDS
        assert listening.finish(within_seconds=5)
    assert b"Stopping: whoever listens is cut off." in terminal.shown
    assert b"Ctrl-C again stops without waiting." in terminal.shown
    assert b"Traceback" not in terminal.shown


def test_an_upload_is_waited_for_until_ctrl_c_is_pressed_again(
    running: tuple[Server, Terminal],
) -> None:
    server, terminal = running
    with socket.create_connection(("127.0.0.1", server.port)) as stream:
        stream.sendall(
            f"POST /v1/music/{server.organization_id}/tracks HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"X-API-Key: {server.api_key}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            "Content-Length: 1000\r\n\r\n--b\r\n".encode()
        )
        time.sleep(0.5)
        terminal.press(CTRL_C)
        time.sleep(2.5)
        assert terminal.process.poll() is None
        terminal.press(CTRL_C)
        assert gone_after(terminal) < AT_ONCE_SECONDS
    assert b"Traceback" not in terminal.shown
