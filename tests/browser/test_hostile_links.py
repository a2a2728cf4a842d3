"""Whatever a label, a name or what is searched for may be, at the desk it's text."""

from __future__ import annotations

import httpx
from playwright.sync_api import expect

from browser.desk import AtDesk
from browser.hostile import PAYLOADS, packed
from browser.listening import Visits
from cast import Server, share
from engines import of_folder

pytestmark = of_folder

_LABEL = 120


def test_no_label_name_or_search_runs_or_leads_away(
    visit: Visits, server: Server, owner: httpx.Client
) -> None:
    """All of them as labels, as many as fit as names; in lists, on a link's page, in its form, and typed."""
    labels = [text[:_LABEL].replace("\0", "") for text in packed(PAYLOADS, _LABEL)]
    names = packed([text.replace("\0", "") for text in PAYLOADS])
    albums = [owner.post("/collections", json={"name": name[:500]}).json()["id"] for name in names]
    made = [
        share(owner, albums[number % len(albums)], label=label)
        for number, label in enumerate(labels)
    ]
    seen = visit()
    desk, page = AtDesk(server, seen.page), seen.page
    desk.sign_in_by_link()
    shown, following = 0, True
    desk.go("/desk/links")
    while following:
        shown += page.locator(".rows li").count()
        if following := page.get_by_role("link", name="Older", exact=True).is_visible():
            page.get_by_role("link", name="Older", exact=True).click()
    assert shown >= len(made)
    for number in range(0, len(made), 12):
        path = f"/desk/links/{made[number]['id']}"
        for end in ("", "/change", "/new-address", "/close"):
            desk.go(path + end)
            expect(page.locator("h1")).to_be_visible()
        desk.go("/desk/links")
        page.get_by_label("Search by label").fill(labels[number])
        desk.press("Search")
        expect(page.get_by_label("Search by label")).to_be_visible()
    assert (seen.ran, seen.blocked, seen.errors) == ([], [], [])
    assert seen.hosts() <= {f"localhost:{server.port}"}
