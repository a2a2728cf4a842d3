"""The desk's pages of webhooks in every state; `browser/desk.py` has the others."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from browser.desk_links import ask

if TYPE_CHECKING:
    from browser.desk import AtDesk

# Nobody may connect there, so each thing that is sent fails soon.
NOWHERE = "http://127.0.0.1:9/hook"
# Whose one is that is only looked at, and its path, by organisation.
_made: dict[str, tuple[str, str]] = {}


def add_form(desk: AtDesk, url: str) -> None:
    """Add one by the form on the page of who is signed in."""
    desk.go("/desk/me")
    desk.page.get_by_text("Add a webhook", exact=True).click()
    desk.page.get_by_label("Address").fill(url)
    desk.press("Add webhook")


def add_webhook(desk: AtDesk, **said: Any) -> str:
    """Its id."""
    asked = {"url": NOWHERE, "events": ["link.opened", "link.ended"]} | said
    return str(ask(desk, "/webhooks", asked)["id"])


def wait_until_tried(desk: AtDesk, webhook_id: str) -> None:
    """Until what was sent last to it was tried."""
    for _ in range(200):
        if ask(desk, f"/webhooks/{webhook_id}/deliveries")["items"][0]["attempts"]:
            return
        time.sleep(0.1)
    raise AssertionError("nothing is sent")


def _alone(desk: AtDesk) -> str:
    """As somebody new: there may be so many of each. Their email."""
    told = desk.server.new_member()
    user = int(told["user_id"].partition("_")[2], 16)
    ((email,),) = desk.server.query("SELECT email FROM users WHERE id = ?", user)
    desk.sign_in(str(email))
    return str(email)


def _listed(desk: AtDesk) -> None:
    _alone(desk)
    add_webhook(desk, url="https://hooks.example/T0/B0", shape="slack")
    gone = add_webhook(
        desk, url="https://a-very-long-name-of-a-server.studio-by-the-harbour.example/x"
    )
    failing = add_webhook(desk, events=["link.opened", "link.spent", "link.ending", "track.ready"])
    add_webhook(desk, url="https://ntfy.example/topic", shape="ntfy")
    number = int(gone.removeprefix("mhook_"), 16)
    sql = "UPDATE webhooks SET paused_at = created_at, pause_reason = 'gone' WHERE id = ?"
    desk.server.change(sql, number)
    ask(desk, f"/webhooks/{failing}/test", {})
    wait_until_tried(desk, failing)
    desk.go("/desk/me#webhooks")
    desk.page.get_by_text("Add a webhook", exact=True).click()


def _added(desk: AtDesk) -> None:
    _alone(desk)
    add_form(desk, "https://hooks.example/secret-path")
    desk.page.get_by_label("Secret").wait_for()


def _refused(desk: AtDesk) -> None:
    _alone(desk)
    add_form(desk, "https://ana:word@hooks.example/")
    desk.page.get_by_role("alert").wait_for()


def _tried(desk: AtDesk) -> tuple[str, str]:
    """Whose it is, and the path of one to which was sent, with each outcome."""
    email = _alone(desk)
    made = add_webhook(desk)
    for change in (
        "status = 204, failure = NULL, due_at = NULL, ended_at = created_at",
        "status = 410, failure = 'status', due_at = NULL, ended_at = created_at, attempts = 10",
        "attempts = 1",
    ):
        tried = ask(desk, f"/webhooks/{made}/test", {})["id"]
        wait_until_tried(desk, made)
        number = int(tried.removeprefix("mdelivery_"), 16)
        desk.server.change(f"UPDATE deliveries SET {change} WHERE id = ?", number)  # noqa: S608
    return email, f"/desk/me/webhooks/{made}"


def _one(below: str = "") -> Callable[[AtDesk], None]:
    """These states change nothing, and are of one webhook."""

    def arrive(desk: AtDesk) -> None:
        organization = desk.server.organization_id
        if organization not in _made:
            _made[organization] = _tried(desk)
        email, path = _made[organization]
        desk.sign_in(email)
        desk.go(path + below)

    return arrive


def _off(desk: AtDesk) -> None:
    desk.go(_tried(desk)[1])
    desk.press("Pause")
    desk.page.wait_for_url("**?done=webhook_paused")


WEBHOOK_STATES: dict[str, Callable[[AtDesk], object]] = {
    "webhooks": _listed,
    "webhook-added": _added,
    "webhook-refused": _refused,
    "webhook": _one(),
    "webhook-off": _off,
    "webhook-remove": _one("/remove"),
}
