"""What stands between a browser and the server: passes all on, notes it, and can answer in its place."""

from __future__ import annotations

import contextlib
import http.client
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding"}
_CHUNK_BYTES = 16 * 1024
_LINK = re.compile(r"/v1/music/shared/([^/?]+)(\?.*)?")
_AUDIO = re.compile(rb"/v1/music/audio/[^\"?]+")


@dataclass
class Instead:
    """What is answered in the server's place; `seconds` is how long that takes."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/html"
    seconds: float = 0
    has_begun: bool = True


@dataclass
class Middleman:
    """`instead` is by what a path contains. `asked` are the paths that were asked for, without queries, and
    when (monotonic seconds); but for files of the page and for what a browser asks only to know whether it
    may (OPTIONS). Audio, whose path doesn't say so, has the link behind it that it was told of."""

    port: int
    instead: dict[str, Instead] = field(default_factory=dict)
    asked: list[tuple[str, float]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)

    def about(self, link: dict[str, Any], part: str = "", until: float = float("inf")) -> list[str]:
        """The paths that have to do with this link and contain this; `until` is the last that counts."""
        return [p for p, at in self.asked if link["token"] in p and part in p and at <= until]

    def count(self, links: list[dict[str, Any]], part: str) -> int:
        """How many of the paths have to do with one of these links and contain this."""
        return sum(len(self.about(link, part)) for link in links)

    def opens(self, token: str) -> int:
        """How often the link itself was asked for by the page's script."""
        return sum(path == f"/v1/music/shared/{token} json" for path, _ in self.asked)

    def note(self, method: str, path: str, accept: str) -> None:
        """Somebody asks for this."""
        if method == "OPTIONS" or path.startswith("/assets/"):
            return
        path = path.partition("?")[0]
        link = self.links.get(path, "")
        kind = " json" if "application/json" in accept else ""
        self.asked.append((f"{path}{kind}{link and ' of ' + link}", time.monotonic()))

    def hear(self, path: str, answer: bytes) -> None:
        """What a link answers says where its audio is."""
        if (opened := _LINK.fullmatch(path)) is not None:
            self.links |= dict.fromkeys(map(bytes.decode, _AUDIO.findall(answer)), opened[1])

    def find(self, path: str) -> Instead | None:
        """What is to be answered to this."""
        return next((told for part, told in self.instead.items() if part in path), None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, middleman: Middleman, server_port: int) -> None:
        super().__init__(("127.0.0.1", middleman.port), _Handler)
        self.middleman = middleman
        self.passed_to = server_port

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever leaves early is no error."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        middleman = self.server.middleman
        middleman.note(self.command, self.path, self.headers.get("Accept", ""))
        instead = middleman.find(self.path)
        if instead is not None and self.command != "OPTIONS":
            self._answer(instead)
        else:
            self._pass_on()
        self.close_connection = True

    do_POST = do_HEAD = do_OPTIONS = do_GET

    def _answer(self, told: Instead) -> None:
        if not told.has_begun:
            time.sleep(told.seconds)
        self.send_response(told.status)
        self.send_header("Content-Type", told.content_type)
        self.send_header("Content-Length", str(len(told.body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Connection", "close")
        self.end_headers()
        time.sleep(told.seconds if told.has_begun else 0)
        self.wfile.write(told.body)

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = http.client.HTTPConnection("127.0.0.1", self.server.passed_to, timeout=60)
        headers, is_link = dict(self.headers.items()), _LINK.fullmatch(self.path) is not None
        if is_link:
            # What it answers is read here.
            headers.pop("Accept-Encoding", None)
        asked.request(self.command, self.path, body or None, headers)
        answer = asked.getresponse()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        while chunk := answer.read() if is_link else answer.read1(_CHUNK_BYTES):
            self.server.middleman.hear(self.path, chunk)
            self.wfile.write(chunk)
        asked.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base's name)
        """Nothing to say."""


@contextlib.contextmanager
def running_middleman(port: int, server_port: int) -> Iterator[Middleman]:
    """On `port`, before the server on `server_port`."""
    middleman = Middleman(port)
    server = _Server(middleman, server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield middleman
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
