"""What a visit in a browser spends of the rate of its address: one unit, with play and everything."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from browser.listening import Visits, collect, opens, wait_until_past
from cast import Server, share
from journeys.visiting import left


@pytest.mark.parametrize("kind", ["page", "collection", "hidden", "embed", "without script"])
def test_a_visit_spends_one(
    visit: Visits, server: Server, owner: httpx.Client, songs: list[dict[str, Any]], kind: str
) -> None:
    target = collect(owner, songs)["id"] if kind == "collection" else songs[0]["id"]
    link = share(owner, target, preview=kind != "hidden")
    address = f"198.51.100.{60 + len(kind)}"
    seen = visit(
        java_script_enabled=kind != "without script",
        extra_http_headers={"X-Forwarded-For": address},
    )
    with server.listener(address) as same:
        before = left(same, link)
        seen.page.goto(
            link["url"].replace("/v1/music/shared/", "/embed/") if kind == "embed" else link["url"]
        )
        seen.page.locator("#play").click()
        if kind == "without script":
            seen.page.wait_for_selector("audio[controls]")
        else:
            wait_until_past(seen.page, 0)
            # The last that it asks for; what came of it stands in the audit.
            while not any(path.endswith("/events") for path in seen.paths()):
                seen.page.wait_for_timeout(50)
            seen.page.wait_for_timeout(300)
        assert opens(owner, link) == 1
        assert before - left(same, link) == 1 + 1, seen.paths()
