"""Webhooks at the desk in a browser: added, the secret copied, tried and removed; with and without script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from standardwebhooks import Webhook

from browser.desk import AtDesk
from browser.desk_rules import nothing_was_wrong, serving_desk
from browser.desk_webhooks import add_form
from browser.listening import Visits
from cast import Server
from engines import of_folder
from outbound.receiver import receiving

pytestmark = of_folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("instance")
    with serving_desk(folder, OUTBOUND_NETWORKS="127.0.0.0/8") as running:
        yield running


@pytest.mark.parametrize("has_script", [True, False])
def test_one_is_added_tried_and_removed(visit: Visits, server: Server, has_script: bool) -> None:
    permissions = ["clipboard-read", "clipboard-write"] if has_script else []
    seen = visit(java_script_enabled=has_script, permissions=permissions)
    desk, page = AtDesk(server, seen.page), seen.page
    if has_script:
        desk.sign_in()
    else:
        desk.go("/desk/welcome")
        page.get_by_label("Link").fill(desk.link())
        desk.press("Sign in")
    with receiving() as receiver:
        add_form(desk, receiver.url)
        secret = page.get_by_label("Secret").input_value()
        if has_script:
            desk.press("Copy secret")
            expect(page.locator("#copied")).to_have_text("Copied.")
            assert page.evaluate("navigator.clipboard.readText()") == secret
        desk.press("Send a test")
        expect(page.get_by_role("status")).to_contain_text("A test is on its way.")
        sent = page.get_by_role("list", name="What was sent lately")
        for _ in range(100):
            if "arrived" in sent.inner_text():
                break
            page.wait_for_timeout(100)
            page.get_by_role("link", name="Look again").click()
        expect(sent).to_contain_text("arrived")
        Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)
    desk.press("Remove")
    desk.press("Remove webhook")
    expect(page.get_by_role("status")).to_have_text("The webhook is removed.")
    nothing_was_wrong(seen, server)
