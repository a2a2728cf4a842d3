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
    seen = visit(bypass_csp=True, reduced_motion="reduce")
    arrive(AtDesk(server, seen.page))
    assert violations(seen.page) == []
    for width, zoom in ((320, "100%"), (640, "200%")):
        seen.page.set_viewport_size({"width": width, "height": 640})
        over = seen.page.evaluate(
            f"document.documentElement.style.fontSize = '{zoom}', document.documentElement.scrollWidth"
        )
        assert over <= width
    assert (seen.errors, seen.page.locator("h1").count()) == ([], 1)


def keeps_the_policy(visit: Visits, server: Server, arrive: Callable[[AtDesk], object]) -> None:
    """The same page under the policy, which nothing breaks; it has one heading."""
    seen = visit()
    arrive(AtDesk(server, seen.page))
    seen.page.wait_for_load_state("networkidle")
    nothing_was_wrong(seen, server)
    assert seen.page.locator("h1").count() == 1
