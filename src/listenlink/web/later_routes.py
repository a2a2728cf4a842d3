"""The framework and its routes, made in a thread while links are opened already: they take half of a start,
and a link needs neither (docs/decisions/0086). What needs them waits until they are made.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from listenlink.threads import name_thread
from listenlink.web.response import Receive, Scope, Send

if TYPE_CHECKING:
    from litestar import Litestar

    from listenlink.running.instance import Instance
    from listenlink.web.caller import ClientFinder
    from listenlink.web.public.doors import Doors


# While they are made, whoever opens a link gets the interpreter after so long, instead of 5 ms each time.
_TURN_SECONDS = 0.0005


class LaterRoutes:
    """An ASGI application that is made by `make` once, when it's begun or first asked."""

    def __init__(self, make: Callable[[], Litestar]) -> None:
        self._make = make
        self._beginning = threading.Lock()
        self._making: Future[Any] | None = None
        # Litestar has a type for each kind of scope and message; here they are what ASGI calls them.
        self._made: Any = None

    def begin(self) -> Future[Litestar]:
        """Have them made, unless that is begun; returns at once."""
        with self._beginning:
            if self._making is None:
                self._making = Future()
                self._making.set_running_or_notify_cancel()  # From here on nobody can cancel it.
                threading.Thread(target=self._run, args=(self._making,), daemon=True).start()
            return self._making

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises what making them raised."""
        if self._made is None:
            self._made = await asyncio.wrap_future(self.begin())
        await self._made(scope, receive, send)

    def _run(self, making: Future[Litestar]) -> None:
        name_thread("routes")
        usual_seconds = sys.getswitchinterval()
        sys.setswitchinterval(_TURN_SECONDS)
        try:
            made = self._make()
        except BaseException as error:
            making.set_exception(error)
        else:
            # As what is loaded before (`web/running.py`): it stays.
            gc.freeze()
            making.set_result(made)
        finally:
            sys.setswitchinterval(usual_seconds)


def make_later(doors: Doors, instance: Instance, clients: ClientFinder) -> LaterRoutes:
    """The routes of an instance, not begun yet."""

    def make() -> Litestar:
        # Imported here: nothing else of the server imports the framework.
        from listenlink.web import routes
        from listenlink.web.desk.room import Room

        room = Room(instance.desk, instance.owning, clients)
        return routes.make_routes(doors, instance.owning, room, instance.running)

    return LaterRoutes(make)
