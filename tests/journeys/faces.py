"""What a link shows in each of its forms, as a server tells it, or an application in this process."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, cast
from unittest import mock

import httpx

from cast import Server
from fork_server import Later
from journeys.seen import BROWSER
from listenlink.app import build_instance
from listenlink.clock import Clock
from listenlink.running.instance import Instance
from listenlink.settings import Settings
from listenlink.web import routes
from listenlink.web.front import Front

FACES = ("page", "embed", "oembed", "details")
_SIGNED = re.compile(r'"manifest_url":"[^"]*"')
Get = Callable[..., httpx.Response]


class _KeptRoutes:
    """The framework's routes, which keep nothing, for one application after another: to make them takes ten
    times as long as all else of one."""

    idle: ClassVar[list[_KeptRoutes]] = []

    def __init__(self) -> None:
        self._parts = [Later() for _ in range(4)]
        self._make = routes.make_routes
        self._made: Any = None

    def lead_to(self, *given: Any) -> Any:
        """Make them for these parts, or have them lead there from now on."""
        for part, real in zip(self._parts, given, strict=True):
            part.become(real)
        self._made = self._made or self._make(*cast(Any, self._parts))
        return self._made


class Beside:
    """The application once more, on a server's instance, in this process: it has kept nothing yet but, unless
    it's to have its own, the routes and what is made of them."""

    def __init__(
        self,
        server: Server,
        clock: Clock | None = None,
        *,
        has_own_routes: bool = False,
        **settings: Any,
    ) -> None:
        stored = {name.lower(): value for name, value in server.stored.items()}
        given: dict[str, Any] = {"resolve_limit_per_minute": 0} | stored | settings
        self._runner = asyncio.Runner()
        self._url = server.url
        self.instance = self._runner.run(
            self._build(Settings(data=server.data, port=server.port, **given), clock or Clock())
        )
        self.front = Front(self.instance, None)  # type: ignore[arg-type]
        self._routes = (
            _KeptRoutes() if has_own_routes or not _KeptRoutes.idle else _KeptRoutes.idle.pop()
        )
        self.front.routes._make = partial(self._make_routes, self.front.routes._make)

    def _make_routes(self, make: Callable[[], Any]) -> Any:
        with mock.patch.object(routes, "make_routes", self._routes.lead_to):
            return make()

    async def _build(self, settings: Settings, clock: Clock) -> Instance:
        return build_instance(settings, clock)

    def get(self, url: str, **asked: Any) -> httpx.Response:
        """One GET."""
        return self.get_at_once(1, url, **asked)[0]

    def get_at_once(self, many: int, url: str, **asked: Any) -> list[httpx.Response]:
        """So many at the same moment."""

        async def ask() -> list[httpx.Response]:
            transport: Any = httpx.ASGITransport(self.front)
            async with httpx.AsyncClient(transport=transport, base_url=self._url) as client:
                return await asyncio.gather(*(client.get(url, **asked) for _ in range(many)))

        return self._runner.run(ask())

    def let_others_go_on(self) -> bool:
        """Called by what a request does: whether others have their turn while this waits for it. False after
        twenty seconds without one, as where it's called in the loop that serves them all."""
        turn = threading.Event()
        self._runner.get_loop().call_soon_threadsafe(turn.set)
        return turn.wait(20)

    def close(self) -> None:
        """End it."""
        self.instance.close()
        self._runner.close()
        _KeptRoutes.idle.append(self._routes)


def open_session(get: Get, link: dict[str, Any]) -> dict[str, str]:
    """The header by which an open link tells its details."""
    opened = get(f"/v1/music/shared/{link['token']}", headers={"Accept": "application/json"})
    return {"Listen-Session": opened.headers["listen-session"]}


def requests_for(
    link: dict[str, Any], session: dict[str, str], language: str = "en"
) -> dict[str, dict[str, Any]]:
    """How each form is asked for."""
    path, spoken = f"/v1/music/shared/{link['token']}", {"Accept-Language": language}
    return {
        "page": {"url": path, "headers": BROWSER | spoken},
        "embed": {"url": f"/embed/{link['token']}", "headers": spoken},
        "oembed": {"url": "/oembed", "headers": spoken, "params": {"url": link["url"]}},
        "details": {"url": f"{path}/details", "headers": spoken | session},
    }


def look(get: Get, link: dict[str, Any], session: dict[str, str], language: str = "en") -> Any:
    """Each form's status and text, without the addresses in it that are good for some minutes."""
    found = {}
    for face, asked in requests_for(link, session, language).items():
        answer = get(**asked)
        text = _SIGNED.sub('"manifest_url":"…"', answer.text) if answer.status_code == 200 else ""
        found[face] = (answer.status_code, text)
    return found
