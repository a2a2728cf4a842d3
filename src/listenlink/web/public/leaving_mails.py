"""Where whoever gets mails leaves, by the address that each mail has (RFC 8058).

Looking changes nothing: mail programs, and what scans mails, do that unasked. A press does, here or in the
mail program, whose request comes without any cookie and from anywhere.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from listenlink.actions.telling.manage_settings import find_leaving, leave_mails
from listenlink.model.leave_address import PATH
from listenlink.model.owner import Owner
from listenlink.threads import WORK
from listenlink.web import headers as fixed
from listenlink.web.given import Given
from listenlink.web.headers import headers_of, text_of, text_pairs
from listenlink.web.pages.languages import choose_language
from listenlink.web.public.doors import Doors

_PATH = PATH + "{leave:str}"
_PUBLIC = {"public": True}


@get(_PATH, opt=_PUBLIC, include_in_schema=False)
async def ask_to_leave(
    leave: FromPath[str], doors: Given[Doors], request: Request[Any, Any, Any]
) -> Response[bytes]:
    """A button."""
    await _find(doors, request, leave)
    return await _page(doors, request, is_done=False)


@post(_PATH, opt=_PUBLIC, include_in_schema=False, status_code=200)
async def leave_by_press(
    leave: FromPath[str], doors: Given[Doors], request: Request[Any, Any, Any]
) -> Response[bytes]:
    """No more mails. Whoever they were for isn't named: addresses are found in forwarded mails, too."""
    listening, scope = doors.listening, dict(request.scope)
    # What the form says is nothing else than that it was pressed.
    await request.body()
    owner = await _find(doors, request, leave)
    client = doors.clients.find(scope, headers_of(scope))
    tick_us = listening.clock.tick_us()
    await leave_mails(listening.database, listening.limits, client, owner, tick_us)
    return await _page(doors, request, is_done=True)


async def _find(doors: Doors, request: Request[Any, Any, Any], address: str) -> Owner:
    listening, scope = doors.listening, dict(request.scope)
    client = doors.clients.find(scope, headers_of(scope))
    return await find_leaving(
        listening.leave_addresses, listening.limits, client, address, listening.clock.tick_us()
    )


async def _page(doors: Doors, request: Request[Any, Any, Any], *, is_done: bool) -> Response[bytes]:
    accepted = text_of(headers_of(dict(request.scope)), b"accept-language")
    language = choose_language(accepted)
    text = await WORK.run(doors.writer.leaving, language, is_done=is_done)
    headers = text_pairs([*fixed.page(None), *fixed.robots(False)])
    headers["content-language"] = language
    return Response(text.encode(), headers=headers, media_type="text/html")
