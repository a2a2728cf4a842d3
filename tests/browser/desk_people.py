"""The desk's pages of people in every state; `browser/desk.py` has the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from browser.desk import AtDesk


def new_member(desk: AtDesk, role: str = "member") -> tuple[str, str]:
    """Somebody with a collection and a link to it: their id and e-mail."""
    told = desk.server.new_member(role)
    path = f"{desk.server.url}/v1/music/{told['organization_id']}"
    with httpx.Client(headers={"X-API-Key": told["api_key"]}) as client:
        album = client.post(path + "/collections", json={"name": "Evening"}).json()["id"]
        client.post(f"{path}/collections/{album}/share").raise_for_status()
    user = int(told["user_id"].partition("_")[2], 16)
    ((email,),) = desk.server.query("SELECT email FROM users WHERE id = ?", user)
    return str(told["user_id"]), str(email)


def _at(what: str, role: str = "member") -> Callable[[AtDesk], None]:
    def arrive(desk: AtDesk) -> None:
        new_member(desk, "owner")
        user_id, _ = new_member(desk, role)
        desk.sign_in()
        desk.go(f"/desk/people/{user_id}/{what}")

    return arrive


def _oneself(desk: AtDesk) -> None:
    _, email = new_member(desk, "owner")
    desk.sign_in(email)
    desk.go("/desk/people")
    row = desk.page.get_by_role("listitem").filter(has_text=email)
    row.get_by_role("button", name="Remove", exact=True).click()


def _last_owner(desk: AtDesk) -> None:
    told = desk.server.new_organization()
    user = int(told["user_id"].partition("_")[2], 16)
    ((email,),) = desk.server.query("SELECT email FROM users WHERE id = ?", user)
    desk.sign_in(email)
    desk.go(f"/desk/people/{told['user_id']}/remove")


def _taken_back_too_late(desk: AtDesk) -> None:
    desk.sign_in()
    desk.go("/desk/people")
    desk.page.get_by_label("Email").fill("late@localhost.example")
    desk.press("Invite")
    desk.server.change("DELETE FROM sign_in_links WHERE email = 'late@localhost.example'")
    row = desk.page.get_by_role("listitem").filter(has_text="late@localhost.example")
    row.get_by_role("button", name="Take back").click()
    desk.page.get_by_role("alert").wait_for()


PEOPLE_STATES: dict[str, Callable[[AtDesk], object]] = {
    "people-remove": _at("remove"),
    "people-remove-oneself": _oneself,
    "people-remove-last-owner": _last_owner,
    "people-end-keys": _at("end-keys"),
    "people-too-late": _taken_back_too_late,
}
