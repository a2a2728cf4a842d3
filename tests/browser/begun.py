"""Pages where something has begun that takes its time, so that other tests go on meanwhile."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from browser.middleman import Instead, Middleman
from browser.windows import (
    Window,
    Windows,
    open_player,
    wait_for_words,
    wait_until_heard,
)


class Begun(NamedTuple):
    """A link's page where something has begun that takes its time, and when."""

    window: Window
    link: dict[str, Any]
    began_at: float

    def wait_until(self, seconds: float) -> None:
        """Until it's so old."""
        time.sleep(max(0.0, self.began_at + seconds - time.monotonic()))


def begin(
    windows: Windows, between: Middleman, link: dict[str, Any], part: str, way: Instead
) -> Begun:
    """Somebody presses play where this part of what the page asks for is answered so."""
    window = windows()
    open_player(window, link["url"])
    between.instead[link["token"] + part] = way
    window.press("#play")
    if part:
        wait_until_heard(window)
    else:
        wait_for_words(window, "The server is busy.")
    return Begun(window, link, time.monotonic())
