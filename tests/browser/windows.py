"""A window in Chromium or in Firefox, with as much as is the same in both: for tests that run in each."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from playwright.sync_api import Frame

from browser import chromium, firefox

BROWSERS = ("chromium", "firefox")
# A sound device that only seems to be one: the machine of the tests has none.
_SOUND: firefox.Preferences = {"media.cubeb.force_mock_context": True}
_STATE = """Object.fromEntries(["elapsed", "status", "title", "now", "rest"].map(id =>
  [id, document.getElementById(id)?.textContent ?? ""]).concat([
  ["button", document.querySelector("#play .unseen")?.textContent],
  ["disabled", document.getElementById("play")?.disabled]]))"""


class Window(Protocol):
    """Somebody's window with storage of its own. `frame` is which of the frames in its page is meant."""

    def goto(self, url: str) -> None:
        """Load a page, to the end."""

    def press(self, selector: str, frame: int | None = None) -> None:
        """Click as a person does."""

    def ask(self, expression: str, frame: int | None = None) -> Any:
        """The value of an expression of JSON's types."""

    def close(self) -> None:
        """Close it, with its storage."""


Windows = Callable[[], Window]


class ChromiumWindow:
    """See `Window`."""

    def __init__(self, visit: chromium.Visit) -> None:
        self._visit = visit

    def _place(self, frame: int | None) -> Frame:
        main = self._visit.page.main_frame
        return main if frame is None else main.child_frames[frame]

    def goto(self, url: str) -> None:
        """Load a page, to the end."""
        self._visit.page.goto(url)

    def press(self, selector: str, frame: int | None = None) -> None:
        """Click as a person does."""
        self._place(frame).click(selector)

    def ask(self, expression: str, frame: int | None = None) -> Any:
        """The value of an expression of JSON's types."""
        return self._place(frame).evaluate(expression)

    def close(self) -> None:
        """Close it, with its storage."""
        self._visit.context.close()


@contextlib.contextmanager
def running_windows(name: str, *, has_sound: bool = True) -> Iterator[Windows]:
    """A way to open windows of this browser; skips the test where it isn't installed."""
    if name == "chromium":
        yield lambda: ChromiumWindow(chromium.open_visit(chromium.SHARED.get()))
        return
    found = firefox.find_firefox()
    if found is None:
        pytest.skip(firefox.NEEDED)
    with firefox.running_firefox(found, _SOUND if has_sound else {}) as running:
        yield lambda: firefox.open_firefox_window(running)


def wait_for(what: Callable[[], Any], seconds: float = 15) -> Any:
    """What it gives once that is something."""
    deadline = time.monotonic() + seconds
    while not (told := what()):
        assert time.monotonic() < deadline, "it didn't come"
        time.sleep(0.05)
    return told


def open_player(window: Window, url: str) -> None:
    """The page or the embed, once its script runs."""
    window.goto(url)
    wait_until_alive(window)


def wait_until_alive(window: Window, frame: int | None = None) -> None:
    """Until the player's script runs."""
    alive = "document.documentElement.classList.contains('alive')"
    wait_for(lambda: window.ask(alive, frame))


def state(window: Window, frame: int | None = None) -> dict[str, Any]:
    """The texts that the player shows, and what its button is for."""
    told: dict[str, Any] = window.ask(_STATE, frame)
    return told


def wait_until_heard(window: Window, frame: int | None = None, seconds: float = 15) -> None:
    """Until it plays: the time moves only while it sounds."""
    wait_for(lambda: state(window, frame)["elapsed"] not in ("", "0:00"), seconds)


def wait_for_words(
    window: Window, words: str, frame: int | None = None, seconds: float = 15
) -> None:
    """Until the player says this."""
    deadline = time.monotonic() + seconds
    while words not in (told := state(window, frame))["status"]:
        assert time.monotonic() < deadline, told
        time.sleep(0.05)
