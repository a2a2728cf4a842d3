"""Somebody at the desk, without a browser: signed in by a link from the operator's command."""

from __future__ import annotations

import json
from typing import Any

import httpx

from cast import Server

GOOD = "harbour lights at night"
# What a browser sends with a form of the desk's own page.
OWN = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Site": "same-origin"}


def first_email(server: Server) -> str:
    """Of whom the instance was made for."""
    ((email,),) = server.query("SELECT email FROM users ORDER BY created_at LIMIT 1")
    return str(email)


def new_link(server: Server, email: str | None = None) -> str:
    """A one-time link, as the operator gets it."""
    done = server.cli("user", "sign-in-link", email or first_email(server), "--json")
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["url"])


def at_desk(server: Server, email: str | None = None, **headers: str) -> httpx.Client:
    """A client who is signed in."""
    client = stranger(server, **headers)
    answer = client.post("/desk/welcome", data={"link": new_link(server, email)})
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/desk/welcome/next"
    keep_cookie(client, answer)
    return client


def stranger(server: Server, **headers: str) -> httpx.Client:
    """A client who isn't."""
    return httpx.Client(base_url=server.url, headers=OWN | headers, timeout=30)


def cookie_of(answer: httpx.Response) -> str:
    """The pair that an answer sets."""
    return answer.headers["set-cookie"].partition(";")[0]


def keep_cookie(client: httpx.Client, answer: httpx.Response) -> None:
    """Send the pair from now on, also one that is for https alone: a proxy would speak https."""
    client.cookies.clear()
    client.headers["Cookie"] = cookie_of(answer)


def set_password(client: httpx.Client, password: str = GOOD) -> httpx.Response:
    answer = client.post("/desk/me/password", data={"password": password})
    assert answer.status_code == 303, answer.text
    keep_cookie(client, answer)
    return answer


def sign_in(client: httpx.Client, email: str, password: str, **sent: Any) -> httpx.Response:
    return client.post("/desk/sign-in", data={"email": email, "password": password}, **sent)
