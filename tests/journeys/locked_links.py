"""A link with a password, and how it's asked."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from cast import share

PASSWORD = "wörds & 100 %"
JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html", "User-Agent": "Mozilla/5.0 Firefox/140.0"}
TITLE = "Harbour Lights"


def locked(owner: httpx.Client, target: str, **terms: Any) -> dict[str, Any]:
    """A new link to the target, with the password."""
    link = share(owner, target, **{"password": PASSWORD, **terms})
    assert link["has_password"] is True
    return link


def path_of(link: dict[str, Any]) -> str:
    return f"/v1/music/shared/{link['token']}"


def sent(password: str) -> dict[str, str]:
    """The header that has it."""
    return {"Share-Password": quote(password, safe="")}


def ask(
    listener: httpx.Client, link: dict[str, Any], password: str | None = None, **headers: str
) -> httpx.Response:
    """The link's JSON, asked for with this password if any, and with these headers."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    with_password = {} if password is None else sent(password)
    return listener.get(path_of(link), headers=JSON | with_password | more)


def unlock(listener: httpx.Client, link: dict[str, Any], password: str = PASSWORD) -> str:
    """The unlock that the password is worth, without an open."""
    answer = listener.head(path_of(link), headers=JSON | sent(password))
    assert answer.status_code == 200, answer.headers
    told: str = answer.headers["share-unlock"]
    return told


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]
