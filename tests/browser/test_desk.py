"""The desk in a browser: in by link, password and passkey, without script, by keyboard, on a small screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect, sync_playwright

from browser.chromium import _FLAGS, NEEDED, SHARED, find_chromium, open_visit
from browser.desk import STATES, AtDesk
from browser.desk_rules import is_right_and_for_everybody, nothing_was_wrong, serving_desk
from browser.listening import Visits
from browser.test_weight import MOST_BYTES, bytes_of
from cast import Server
from engines import of_folder
from listenlink.web.pages.assets import MODULES
from ports import free_port
from signed_in import GOOD, first_email

pytestmark = of_folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Of its own: what is set and ended here is nobody else's."""
    with serving_desk(tmp_path_factory.mktemp("instance")) as running:
        yield running


def test_in_by_a_link_then_by_password(visit: Visits, server: Server) -> None:
    seen = visit()
    desk, page = AtDesk(server, seen.page), seen.page
    link = desk.link()
    page.goto(link)
    page.wait_for_function("!location.hash")
    assert seen.paths().count("/desk/welcome") == 1, "nothing is sent before somebody presses"
    expect(page.get_by_label("Link", exact=True)).to_be_hidden()
    desk.press("Sign in")
    page.wait_for_url("**/desk/welcome/next")
    suggested = page.get_by_label("New password").input_value()
    assert suggested.count("-") == 5
    desk.press("Set password")
    page.wait_for_url("**/desk?done=password_set")
    expect(page.get_by_role("status")).to_contain_text("Your password is set.")
    desk.press("Sign out")
    expect(page.get_by_role("status")).to_have_text("You are signed out.")
    assert desk.go("/desk").url.endswith("/desk/sign-in")
    desk.sign_in_by_password(first_email(server), suggested)
    page.wait_for_url("**/desk")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tracks")
    page.goto(link)
    page.wait_for_function("!location.hash")
    desk.press("Sign in")
    expect(page.get_by_role("alert")).to_contain_text("This link was used already")
    nothing_was_wrong(seen, server)


def test_what_is_offered_can_be_skipped_and_what_is_wrong_stands_beside_its_field(
    visit: Visits, server: Server
) -> None:
    seen = visit()
    desk, page = AtDesk(server, seen.page), seen.page
    desk.sign_in_by_link()
    desk.set_password("short")
    expect(page.get_by_label("New password")).to_have_value("short")
    expect(page.get_by_label("New password")).to_have_accessible_description(
        "A password has 15 characters or more."
    )
    page.get_by_role("link", name="Skip", exact=True).click()
    page.wait_for_url("**/desk")
    nothing_was_wrong(seen, server)


def test_a_passkey_is_added_and_signs_in_and_is_removed(visit: Visits, server: Server) -> None:
    seen = visit()
    desk, page = AtDesk(server, seen.page), seen.page
    desk.sign_in_by_link()
    desk.add_authenticator()
    desk.press("Add a passkey")
    page.wait_for_url("**/desk?done=passkey_added")
    desk.press("Sign out")
    desk.press("Sign in with a passkey")
    page.wait_for_url("**/desk")
    desk.go("/desk/me")
    expect(page.get_by_text("by passkey")).to_be_visible()
    page.get_by_role("button", name="Remove passkey").click()
    page.wait_for_url("**/desk/me?done=passkey_removed")
    desk.press("Sign out")
    desk.press("Sign in with a passkey")
    expect(page.get_by_role("alert").filter(visible=True)).to_be_visible()
    assert "/desk/sign-in" in page.url
    nothing_was_wrong(seen, server)


def test_all_of_it_works_without_script(visit: Visits, server: Server) -> None:
    seen = visit(java_script_enabled=False)
    desk, page = AtDesk(server, seen.page), seen.page
    desk.go("/")
    link = desk.link()
    page.goto(link)
    page.get_by_label("Link", exact=True).fill(link)
    desk.press("Sign in")
    page.wait_for_url("**/desk/welcome/next")
    assert not page.get_by_role("button", name="Add a passkey").is_visible()
    desk.set_password(GOOD)
    page.wait_for_url("**/desk?done=password_set")
    page.get_by_role("link", name="Me", exact=True).click()
    page.get_by_role("button", name="End key").first.click()
    expect(page.get_by_role("status")).to_contain_text("That key is ended")
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_label("Email").fill("third@localhost.example")
    desk.press("Invite")
    assert "#" in page.get_by_label("Invitation").input_value()
    page.get_by_role("link", name="About", exact=True).click()
    expect(page.get_by_role("heading", name="Engines known")).to_be_visible()
    desk.press("Sign out")
    desk.sign_in_by_password(first_email(server), GOOD)
    page.wait_for_url("**/desk")


def test_the_keyboard_gets_everywhere_in_order(visit: Visits, server: Server) -> None:
    seen = visit()
    desk, page = AtDesk(server, seen.page), seen.page
    desk.sign_in_by_link()
    desk.set_password(GOOD)
    page.wait_for_url("**/desk?done=password_set")
    desk.press("Sign out")
    page.wait_for_url("**/desk/sign-in?done=signed_out")
    names = []
    for _ in range(6):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        )
        if names[-1] == "email":
            page.keyboard.type(first_email(server))
        if names[-1] == "password":
            page.keyboard.type(GOOD)
    assert names == [
        "Skip to the page", "Listenlink", "email", "password", "Sign in", "Sign in with a passkey",
    ]  # fmt: skip
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_wrong_with_any_page(visit: Visits, server: Server, state: str) -> None:
    is_right_and_for_everybody(visit, server, STATES[state])


def test_times_are_the_readers_own_and_utc_on_hover(visit: Visits, server: Server) -> None:
    seen = visit(timezone_id="Asia/Tokyo")
    desk = AtDesk(server, seen.page)
    desk.sign_in()
    moment = desk.go("/desk/me").locator("time").first
    assert str(moment.get_attribute("title")).endswith(" UTC")
    expect(moment).not_to_contain_text("UTC")


def test_the_desk_is_light_and_the_share_page_has_nothing_of_it(
    visit: Visits, server: Server
) -> None:
    """Its own scripts and styles, with those that it shares, without the pages themselves."""
    seen = visit()
    for state in ("me", "people-invited", "tracks", "track"):
        STATES[state](AtDesk(server, seen.page))
    seen.page.wait_for_load_state("networkidle")
    # What a page is left before is asked for again by the next; until then it has no size.
    files = bytes_of(r for r in seen.requests if "/assets/" in r.url and r.failure is None)
    names = {url.rpartition("/")[2].partition(".")[0] for url in files}
    assert {"desk", "passkeys", "copy", "moments", "share", "tracks", "track"} <= names
    assert 0 < sum(files.values()) <= MOST_BYTES
    assert not {"desk", "passkeys", "copy", "welcome", "tracks", "track", "own_sound"} & {
        asset.path.rpartition("/")[2].partition(".")[0] for asset in MODULES
    }


def test_forms_are_taken_over_plain_http_by_name(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Off the loopback a browser sends no `Sec-Fetch-Site` there: the `Origin` alone tells."""
    executable = find_chromium()
    if executable is None:
        pytest.skip(NEEDED)
    SHARED.end()
    port = free_port()
    url = f"http://desk.test:{port}"
    named = Server(tmp_path_factory.mktemp("named") / "data", {"PUBLIC_URL": url}, port=port)
    named.create()
    named.start()
    flags = [*_FLAGS, "--host-resolver-rules=MAP desk.test 127.0.0.1"]
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=flags)
            seen = open_visit(browser)
            desk = AtDesk(named, seen.page, url)
            desk.sign_in_by_link()
            posted = next(r for r in seen.requests if r.method == "POST").all_headers()
            assert "sec-fetch-site" not in posted, "else this shows nothing"
            assert posted["origin"] == url
            desk.set_password(GOOD)
            seen.page.wait_for_url("**/desk?done=password_set")
            desk.go("/desk/me")
            expect(seen.page.get_by_text("At this address there can be none")).to_be_visible()
            desk.press("Sign out")
            expect(seen.page.get_by_text("This connection isn't encrypted")).to_be_visible()
            desk.sign_in_by_password(first_email(named), GOOD)
            seen.page.wait_for_url("**/desk")
            assert (seen.blocked, seen.errors) == ([], [])
            browser.close()
    finally:
        named.stop()
