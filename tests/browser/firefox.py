"""A real Firefox for the tests, driven by WebDriver BiDi (W3C), which it speaks itself.

Only what the tests of the player need: go somewhere, press something, read something.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NEEDED = "Firefox is needed: as root `sh scripts/test-tools.sh` installs it (Debian: firefox-esr)"
_LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
_START_SECONDS = 60
_ANSWER_SECONDS = 30
# Nobody else is asked for anything: what isn't on loopback meets a closed port.
Preferences = dict[str, bool | int | str]
_PREFERENCES: Preferences = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "localhost, 127.0.0.1",
    "media.autoplay.default": 1,
    "intl.accept_languages": "en-GB, en",
}


def find_firefox() -> str | None:
    """Where the browser is, if it's installed."""
    return next((path for name in ("firefox-esr", "firefox") if (path := shutil.which(name))), None)


class BidiError(Exception):
    """What Firefox couldn't do, in its words."""


class Firefox:
    """One running browser. Commands are answered in the order in which they are sent."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._last = 0
        self.send("session.new", capabilities={})

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of one command. Raises BidiError, and TimeoutError."""
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._socket.recv(_ANSWER_SECONDS))
            if told.get("id") != self._last:
                continue
            if told["type"] == "error":
                raise BidiError(f"{method}: {told['error']}: {told['message']}")
            result: dict[str, Any] = told["result"]
            return result


@dataclass
class FirefoxWindow:
    """Somebody's window with storage of its own. `frame` is which of the frames in its page is meant."""

    firefox: Firefox
    user: str
    context: str

    def _place(self, frame: int | None) -> str:
        if frame is None:
            return self.context
        tree = self.firefox.send("browsingContext.getTree", root=self.context)["contexts"][0]
        return str(tree["children"][frame]["context"])

    def goto(self, url: str) -> None:
        """Load a page, to the end."""
        self.firefox.send(
            "browsingContext.navigate", context=self.context, url=url, wait="complete"
        )

    def press(self, selector: str, frame: int | None = None) -> None:
        """Click as a person does: the page takes it for a gesture."""
        place = self._place(frame)
        locator = {"type": "css", "value": selector}
        found = self.firefox.send("browsingContext.locateNodes", context=place, locator=locator)
        element = {"type": "element", "element": {"sharedId": found["nodes"][0]["sharedId"]}}
        actions = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": element},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self.firefox.send(
            "input.performActions",
            context=place,
            actions=[{"type": "pointer", "id": "mouse", "actions": actions}],
        )

    def ask(self, expression: str, frame: int | None = None) -> Any:
        """The value of an expression of JSON's types."""
        told = self.firefox.send(
            "script.evaluate",
            expression=f"JSON.stringify({expression}) ?? 'null'",
            target={"context": self._place(frame)},
            awaitPromise=True,
        )
        if told["type"] == "exception":
            raise BidiError(told["exceptionDetails"]["text"])
        return json.loads(told["result"]["value"])

    def close(self) -> None:
        """Close it, with its storage."""
        self.firefox.send("browser.removeUserContext", userContext=self.user)


def open_firefox_window(firefox: Firefox) -> FirefoxWindow:
    """A new one."""
    user = firefox.send("browser.createUserContext")["userContext"]
    made = firefox.send("browsingContext.create", type="tab", userContext=user)
    return FirefoxWindow(firefox, user, made["context"])


@contextlib.contextmanager
def running_firefox(executable: str, preferences: Preferences) -> Iterator[Firefox]:
    """A browser with a profile of its own, and these preferences in it."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});"
            for name, value in (_PREFERENCES | preferences).items()
        ]
        Path(folder, "user.js").write_text("\n".join(lines))
        log = Path(folder, "log")
        command = [executable, "--headless", "--no-remote", "--profile", folder]
        with log.open("w") as output:
            process = subprocess.Popen(
                [*command, "--remote-debugging-port=0"],
                env=os.environ | {"HOME": folder},
                stdout=output,
                stderr=output,
            )
        try:
            address = _wait_for_address(process, log)
            with connect(f"{address}/session", max_size=None, proxy=None) as socket:
                yield Firefox(socket)
        finally:
            process.terminate()
            process.wait(20)


def _wait_for_address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        found = _LISTENS.search(log.read_text())
        if found:
            return found[1]
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError("Firefox didn't begin to listen: " + log.read_text())
