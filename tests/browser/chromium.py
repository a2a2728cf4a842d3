"""A real Chromium for the tests, and what is noted of a visit: requests, messages, what ran or was blocked.

What must not happen is told by the browser itself, so `test_witness.py` shows that it would be told.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

NEEDED = "Chromium is needed: as root `sh scripts/test-tools.sh` installs it"
_FLAGS = [
    "--no-sandbox",  # as root there is no other way; all that is visited is our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=document-user-activation-required",
]
RAN, BLOCKED = "[ran]", "[blocked]"
_QUOTED = "The specified value "
# In every frame before its own scripts. A payload's `alert` is the sign that it ran.
_WITNESS = """
for (const name of ["alert", "confirm", "prompt"])
  window[name] = (...told) => console.error("[ran]", name, ...told.map(String));
addEventListener("securitypolicyviolation", (event) =>
  console.error("[blocked]", event.effectiveDirective, event.blockedURI, event.sample));
"""
_PHONE = {"width": 390, "height": 844}
_DESK = {"width": 1280, "height": 900}
SIZES: dict[str, Any] = {"phone": _PHONE, "desk": _DESK}


def find_chromium() -> str | None:
    """Where the browser is, if it's installed. Its shell has no windows around the pages: a visit takes a
    third of the time."""
    names = (
        "chromium-headless-shell",
        "chromium",
        "chromium-browser",
        "google-chrome-stable",
        "google-chrome",
    )
    return next((path for name in names if (path := shutil.which(name))), None)


@contextmanager
def running_chromium(executable: str) -> Iterator[Browser]:
    """A browser, until the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class SharedChromium:
    """One browser for all test files in a row that need it: each window has storage of its own anyway.

    Not for the whole session: as long as Playwright's loop runs in this thread, no asynchronous test can.
    """

    def __init__(self) -> None:
        self._life = ExitStack()
        self._browser: Browser | None = None

    def get(self) -> Browser:
        """It, started where it doesn't run. Skips the test where it isn't installed."""
        if self._browser is None or not self._browser.is_connected():
            self.end()
            executable = find_chromium()
            if executable is None:
                pytest.skip(NEEDED)
            self._browser = self._life.enter_context(running_chromium(executable))
        return self._browser

    def end(self) -> None:
        """Close it."""
        self._life.close()
        self._browser = None


SHARED = SharedChromium()


@dataclass
class Visit:
    """Somebody's window, with storage of its own, and all that happened in it."""

    context: BrowserContext
    page: Page
    messages: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    @property
    def ran(self) -> list[str]:
        """Payloads that were executed."""
        return [text for text in self.messages if text.startswith(RAN)]

    @property
    def blocked(self) -> list[str]:
        """What the page's policy forbade, as the page or the browser tells it."""
        told = (
            "Content Security Policy",
            "Content-Security-Policy",
            "Trusted Type",
            "TrustedScript",
        )
        return [
            text
            for text in self.messages
            if text.startswith(BLOCKED)
            # What a field's type doesn't take is quoted, whatever it speaks of.
            or (any(words in text for words in told) and not text.startswith(_QUOTED))
        ]

    def hosts(self) -> set[str]:
        """All hosts that were asked for anything, with their ports."""
        urls = [urlsplit(request.url) for request in self.requests]
        return {url.netloc for url in urls if url.scheme in ("http", "https", "ws", "wss")}

    def referers(self) -> list[str]:
        """Every `Referer` that went out, by all requests that were sent."""
        sent = [
            request.all_headers() for request in self.requests if request.url.startswith("http")
        ]
        return [headers["referer"] for headers in sent if headers.get("referer")]

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [urlsplit(request.url).path for request in self.requests]


def open_visit(browser: Browser, **options: Any) -> Visit:
    """A new window; `options` are those of a Playwright context."""
    context = browser.new_context(**({"viewport": _DESK, "locale": "en-GB"} | options))
    context.set_default_timeout(15_000)
    context.add_init_script(_WITNESS)
    visit = Visit(context, context.new_page())
    context.on("console", lambda message: visit.messages.append(message.text))
    context.on("weberror", lambda told: visit.errors.append(str(told.error)))
    context.on("request", lambda request: visit.requests.append(request))
    return visit


@dataclass
class Site:
    """Somebody else's site on loopback: serves what it's given, and notes who asks, and with what."""

    pages: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


@contextmanager
def running_site() -> Iterator[Site]:
    """A site without any policy of its own."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, self.headers.get("Referer")))
            body = site.pages.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base's name)
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
