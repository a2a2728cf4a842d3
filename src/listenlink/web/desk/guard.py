"""Who is let in to the desk's routes, and from where.

A route says whom it's for: `opt={"desk": "anybody" | "person" | "owner"}`.
"""

from __future__ import annotations

import contextlib
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

from listenlink.actions.signing_in.sign_in import find_person
from listenlink.errors import Problem, ProblemKind
from listenlink.web.desk.errors import may_be_page
from listenlink.web.desk.room import Room
from listenlink.web.headers import headers_of
from listenlink.web.response import Scope
from listenlink.web.same_origin import require_ours

_NOTHING_THERE = (404, 405)


class DeskGuard:
    """The one place that admits people to the desk."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def admit(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        """Raise Problem unless this route of the desk may be used, from where this comes; with or without a
        cookie, because signing in is worth forging too. Who is signed in is kept in the request's state."""
        whom = handler.opt.get("desk")
        if whom is None or handler.opt.get("public"):
            return
        scope: Scope = dict(connection.scope)
        desk = self._room.desk
        require_ours(scope["method"], headers_of(scope), self._room.origins)
        secret = self._room.cookie.find(scope)
        person = await find_person(desk.database, secret, desk.clock.now_us())
        if person is None and whom != "anybody":
            raise Problem(ProblemKind.AUTHENTICATION_REQUIRED)
        if person is not None and whom == "owner" and person.role != "owner":
            raise Problem(ProblemKind.INSUFFICIENT_PERMISSIONS)
        connection.state.person = person

    async def recognise(self, error: Exception, scope: Any) -> None:
        """Find who is signed in where nothing is, so that no guard was asked: the page that says so has the
        way to all other pages. Anything else is told without asking a database that may be what is wrong."""
        is_nothing = isinstance(error, HTTPException) and error.status_code in _NOTHING_THERE
        if is_nothing and may_be_page(scope["path"], headers_of(scope)):
            desk = self._room.desk
            with contextlib.suppress(Problem):
                secret = self._room.cookie.find(scope)
                scope.setdefault("state", {})["person"] = await find_person(
                    desk.database, secret, desk.clock.now_us()
                )
