"""The desk's pages of links in every state; `browser/desk.py` has the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from browser.desk import AtDesk

_ASK = """async ([method, path, body]) => {
  const answer = await fetch(`/v1/music/${document.body.dataset.organization}${path}`, {
    method, headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json(); }"""


def ask(desk: AtDesk, path: str, body: Any = None, method: str = "") -> Any:
    """What the API answers who is signed in in this window."""
    return desk.page.evaluate(_ASK, [method or ("GET" if body is None else "POST"), path, body])


def make_link(desk: AtDesk, **terms: Any) -> dict[str, Any]:
    """A new link to an empty collection, of who is signed in in this window."""
    album = ask(desk, "/collections", {"name": "Evening, and a long night by the harbour"})["id"]
    made: dict[str, Any] = ask(desk, f"/collections/{album}/share", terms)
    return made


def _links(desk: AtDesk) -> None:
    desk.sign_in()
    for link in (
        make_link(desk, label="Ana", max_opens=5),
        make_link(desk),
        make_link(desk, label="Unbroken" * 15, max_opens=1),
    ):
        httpx.get(link["url"])
    ask(desk, f"/share/{make_link(desk, label='Closed')['id']}", method="DELETE")
    make_link(desk, label="Soon", starts_at="2999-01-01T00:00:00Z")
    desk.go("/desk/links")


def _nobodys(desk: AtDesk) -> None:
    """Of somebody who has none."""
    told = desk.server.new_member()
    user = int(told["user_id"].partition("_")[2], 16)
    ((email,),) = desk.server.query("SELECT email FROM users WHERE id = ?", user)
    desk.sign_in(email)
    desk.go("/desk/links")


def _at(end: str = "", **terms: Any) -> Callable[[AtDesk], None]:
    def arrive(desk: AtDesk) -> None:
        desk.sign_in()
        link = make_link(desk, **terms)
        for agent in ("Mozilla/5.0 (X11) Firefox/140.0", "curl/8.1", "Slackbot 1.0"):
            headers = {"User-Agent": agent, "Accept": "application/json"}
            httpx.get(link["url"], headers=headers)
        desk.go(f"/desk/links/{link['id']}{end}")
        for closed in desk.page.get_by_text("The same as a table").all():
            closed.click()

    return arrive


def _of_somebody_else(desk: AtDesk) -> None:
    """As an owner sees it."""
    told = desk.server.new_member()
    made = httpx.Client(
        base_url=f"{desk.server.url}/v1/music/{told['organization_id']}",
        headers={"X-API-Key": told["api_key"]},
    )
    with made as client:
        album = client.post("/collections", json={"name": "Somebody's <evening>"}).json()["id"]
        link = client.post(f"/collections/{album}/share", json={"label": "For Zoe"}).json()
    httpx.get(link["url"], headers={"Accept": "application/json"})
    desk.sign_in()
    desk.go(f"/desk/links/{link['id']}")


def _everybodys(desk: AtDesk) -> None:
    _of_somebody_else(desk)
    make_link(desk, label="Unbroken" * 15)
    desk.go("/desk/links?whose=everybody")


def _new(desk: AtDesk) -> None:
    desk.sign_in()
    desk.go(f"/desk/links/{make_link(desk)['id']}")


def _numbers(desk: AtDesk) -> None:
    _at(label="Ana")(desk)
    desk.page.get_by_role("link", name="Evening, and").click()
    desk.page.get_by_role("link", name="Numbers").click()


def _no_numbers(desk: AtDesk) -> None:
    desk.sign_in()
    album = ask(desk, "/collections", {"name": "Evening"})["id"]
    desk.go(f"/desk/collections/{album}/numbers")


def _done(name: str) -> Callable[[AtDesk], None]:
    """Asked, and done."""

    def arrive(desk: AtDesk) -> None:
        _at(label="Ana")(desk)
        for _ in range(2):
            desk.press(name)
        desk.page.wait_for_url("**?done=*")

    return arrive


def _refused(desk: AtDesk) -> None:
    _at("/change", label="Ana")(desk)
    desk.page.get_by_label("Opens", exact=True).fill("1")
    desk.press("Change")


LINK_STATES: dict[str, Callable[[AtDesk], object]] = {
    "links": _links,
    "links-none": _nobodys,
    "links-everybody": _everybodys,
    "link-of-somebody-else": _of_somebody_else,
    "link": _at(label="Ana", max_opens=3, expires_in_days=7),
    "link-new": _new,
    "link-change": _at("/change", expires_in_days=7),
    "link-change-refused": _refused,
    "link-new-address": _at("/new-address"),
    "link-turned": _done("New address"),
    "link-close": _at("/close"),
    "link-closed": _done("Close link"),
    "numbers": _numbers,
    "numbers-none": _no_numbers,
}
