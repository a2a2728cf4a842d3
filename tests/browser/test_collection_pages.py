"""The desk's pages about collections in all their states: by axe's rules, by policy, with hostile text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from browser.desk import AtDesk
from browser.desk_collections import STATES
from browser.desk_rules import is_right_and_for_everybody, nothing_was_wrong, serving_desk
from browser.hostile import PAYLOADS, packed
from browser.listening import Visits
from cast import Server, upload
from engines import of_folder
from media.make_audio import make

pytestmark = of_folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Of its own: what is made and moved here is nobody else's."""
    with serving_desk(tmp_path_factory.mktemp("instance")) as running:
        yield running


def test_hostile_text_is_text(
    visit: Visits, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("audio")
    path = make("wav16", folder / "a.wav", sample_count=4410)
    texts = packed(PAYLOADS)
    told_member = server.new_member()
    user = int(told_member["user_id"].partition("_")[2], 16)
    ((email,),) = server.query("SELECT email FROM users WHERE id = ?", user)
    with server.owner(told_member["api_key"]) as owner:
        made = owner.post("/collections", json={"name": texts[0], "description": texts[1]}).json()[
            "id"
        ]
        for text in texts:
            track = upload(owner, path, title=text, artist=text)["id"]
            owner.post(f"/collections/{made}/tracks", json={"track_id": track}).raise_for_status()
    seen = visit()
    desk = AtDesk(server, seen.page)
    desk.sign_in(email)
    for path_asked in ("", f"/{made}", f"/{made}?q=", f"/{made}/delete"):
        desk.go(f"/desk/collections{path_asked}")
    page = desk.go(f"/desk/collections/{made}")
    page.locator("#tracks li").nth(1).get_by_role("button", name="Up", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(f"position 1 of {len(texts)}")
    box = page.locator("#tracks li").first.locator(".handle").bounding_box()
    assert box is not None
    x, y = box["x"] + 5, box["y"] + 5
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 400, steps=6)
    page.keyboard.press("Escape")
    nothing_was_wrong(seen, server)


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_wrong_with_any_page(visit: Visits, server: Server, state: str) -> None:
    is_right_and_for_everybody(visit, server, STATES[state])
