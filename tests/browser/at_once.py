"""Signed in without the pages for that, which are tried where that is the point."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from signed_in import at_desk

if TYPE_CHECKING:
    from browser.desk import AtDesk

# By organisation and email. Whoever is signed out meanwhile is signed in anew.
_cookies: dict[tuple[str, str | None], str] = {}


def add_cookie(desk: AtDesk, email: str | None = None, *, is_new: bool = False) -> None:
    """That of somebody who signed in already."""
    who = (desk.server.organization_id, email)
    if is_new or who not in _cookies:
        with contextlib.closing(at_desk(desk.server, email)) as client:
            _cookies[who] = client.headers["Cookie"]
    name, _, value = _cookies[who].partition("=")
    desk.page.context.add_cookies([{"name": name, "value": value, "url": desk.url}])


def arrive_signed_in(desk: AtDesk, email: str | None = None) -> None:
    """On the page that comes after signing in."""
    add_cookie(desk, email)
    if not desk.go("/desk/welcome/next").url.endswith("/next"):
        add_cookie(desk, email, is_new=True)
        desk.go("/desk/welcome/next")
