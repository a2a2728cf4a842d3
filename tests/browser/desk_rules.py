"""What holds of every page of the desk, and a server of one's own to see it on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from browser.chromium import Visit
from browser.desk import AtDesk
from browser.listening import Visits
from browser.test_accessibility import violations
from cast import Server

# How wide the page is with letters of this size, and what runs over, if it's wider than the window.
_RUNS_OVER = """([zoom, width]) => {
  const root = document.documentElement;
  root.style.fontSize = zoom;
  if (root.scrollWidth <= width) return [];
  const over = (one) => one.getBoundingClientRect().right > width;
  const found = [...document.querySelectorAll("body *")].filter(over);
  return [root.scrollWidth, ...found.map((one) => one.outerHTML.slice(0, 90))];
}"""


@contextlib.contextmanager
def serving_desk(folder: Path, **settings: str) -> Iterator[Server]:
    """A server of its own: what is changed and removed there is nobody else's."""
    running = Server(folder / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


def nothing_was_wrong(seen: Visit, server: Server) -> None:
    """No policy was broken, nothing ran or failed, and nobody else was asked."""
    assert (seen.blocked, seen.ran, seen.errors) == ([], [], [])
    assert seen.hosts() <= {f"localhost:{server.port}"}


def is_for_everybody(visit: Visits, server: Server, arrive: Callable[[AtDesk], object]) -> None:
    """A page has nothing wrong by axe's rules, and nothing runs over 320 px, also where letters are twice as
    large."""
    seen = visit(reduced_motion="reduce")
    arrive(AtDesk(server, seen.page))
    _is_for_everybody(seen)


def is_right_and_for_everybody(
    visit: Visits, server: Server, arrive: Callable[[AtDesk], object]
) -> None:
    """The same of a page on which nothing goes on; it breaks no policy."""
    seen = visit(reduced_motion="reduce")
    arrive(AtDesk(server, seen.page))
    seen.page.wait_for_load_state()
    _is_for_everybody(seen)
    # That took longer than what the page asks for by itself.
    nothing_was_wrong(seen, server)


def _is_for_everybody(seen: Visit) -> None:
    assert violations(seen.page) == []
    for width, zoom in ((320, "100%"), (640, "200%")):
        seen.page.set_viewport_size({"width": width, "height": 640})
        over = seen.page.evaluate(_RUNS_OVER, [zoom, width])
        assert not over, over
    assert (seen.errors, seen.page.locator("h1").count()) == ([], 1)
