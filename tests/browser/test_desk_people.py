"""People at the desk in a browser: removed, without keys, invited and not; and everybody's links."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from browser.desk import AtDesk
from browser.desk_links import ask, make_link
from browser.desk_people import new_member
from browser.desk_rules import nothing_was_wrong, serving_desk
from browser.listening import Visits
from cast import Server
from engines import of_folder

pytestmark = of_folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Of its own: who is removed here is nobody else's."""
    with serving_desk(tmp_path_factory.mktemp("instance")) as running:
        yield running


def row_of(page: Page, email: str) -> Locator:
    members = page.get_by_role("list", name="Members")
    return members.get_by_role("listitem").filter(has_text=email)


def press(row: Locator, name: str) -> None:
    row.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("has_script", [True, False])
def test_a_member_is_removed_and_the_links_end_or_go_on(
    visit: Visits, server: Server, has_script: bool
) -> None:
    seen = visit(java_script_enabled=has_script)
    desk, page = AtDesk(server, seen.page), seen.page
    _, email = new_member(desk)
    _, heir = new_member(desk, "owner")
    if has_script:
        desk.sign_in()
    else:
        link = desk.link()
        page.goto(link)
        page.get_by_label("Link", exact=True).fill(link)
        desk.press("Sign in")
    desk.go("/desk/people")
    press(row_of(page, email), "Remove")
    expect(page.get_by_role("heading", level=1)).to_have_text("Remove this member?")
    expect(page.get_by_text("1 link that isn't closed")).to_be_visible()
    handing = page.get_by_role("radio", name="Hand tracks and links to an owner")
    expect(handing).to_be_checked()
    page.get_by_role("radio", name="End their links").check()
    page.get_by_label("To which owner").select_option(label=heir)
    desk.press("Remove")
    expect(page.get_by_role("status")).to_contain_text("They are removed.")
    expect(row_of(page, email)).to_have_count(0)
    nothing_was_wrong(seen, server)


def test_keys_end_without_being_shown(visit: Visits, server: Server) -> None:
    seen = visit()
    desk, page = AtDesk(server, seen.page), seen.page
    _, email = new_member(desk)
    desk.sign_in()
    desk.go("/desk/people")
    expect(row_of(page, email)).to_contain_text("1 API key")
    press(row_of(page, email), "End API keys")
    expect(page.get_by_text("1 key works.")).to_be_visible()
    desk.press("End API keys")
    expect(page.get_by_role("status")).to_contain_text("Their API keys are ended")
    expect(row_of(page, email)).to_contain_text("no API keys")
    expect(row_of(page, email).get_by_role("button", name="End API keys")).to_have_count(0)
    nothing_was_wrong(seen, server)


def test_an_invitation_is_taken_back_by_keyboard(visit: Visits, server: Server) -> None:
    seen = visit()
    desk, page = AtDesk(server, seen.page), seen.page
    desk.sign_in()
    desk.go("/desk/people")
    page.get_by_label("Email").fill("not.yet@localhost.example")
    desk.press("Invite")
    waiting = page.get_by_role("list", name="Who is invited").get_by_role("listitem")
    waiting = waiting.filter(has_text="not.yet@localhost.example")
    taking = waiting.get_by_role("button", name="Take back")
    expect(taking).to_have_accessible_description("not.yet@localhost.example")
    taking.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The invitation is taken back.")
    expect(waiting).to_have_count(0)
    nothing_was_wrong(seen, server)


def test_an_owner_finds_everybodys_links_and_their_numbers_go_on(
    visit: Visits, server: Server
) -> None:
    seen = visit()
    desk, page = AtDesk(server, seen.page), seen.page
    told = server.new_member()
    ((email,),) = server.query(
        "SELECT email FROM users WHERE id = ?", int(told["user_id"].partition("_")[2], 16)
    )
    desk.sign_in(email)
    made = make_link(desk, label="For Zoe")
    desk.press("Sign out") if page.get_by_role("button", name="Sign out").count() else None
    desk.sign_in()
    own = make_link(desk, label="My own")
    desk.go("/desk/people")
    page.get_by_role("link", name="All links of the organisation").click()
    names = page.get_by_role("list").get_by_role("link", name=re.compile("For Zoe|My own"))
    expect(names).to_have_count(2)
    page.get_by_label("Whose").select_option(label=email)
    desk.press("Search")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Links of {email}")
    page.get_by_role("link", name="For Zoe").click()
    expect(page.get_by_text(f"made by {email}")).to_be_visible()
    for absent in ("Change", "New address", "Close link", "Copy link"):
        expect(page.get_by_role("button", name=absent)).to_have_count(0)
    expect(page.get_by_label("Address")).to_have_count(0)
    httpx.get(made["url"], headers={"Accept": "application/json"}).raise_for_status()
    expect(page.locator('[data-tile="opens"]')).to_have_text("1", timeout=15_000)
    assert ask(desk, f"/share/{own['id']}")["url"] == own["url"]
    nothing_was_wrong(seen, server)


def test_who_is_signed_in_finds_a_way_where_nothing_is(visit: Visits, server: Server) -> None:
    seen = visit()
    desk, page = AtDesk(server, seen.page), seen.page
    desk.sign_in()
    for path in ("/desk/nothing", "/nowhere", "/desk/links/mslink_000000000000"):
        desk.go(path)
        expect(page.get_by_role("heading", level=1)).to_have_text("This doesn't exist.")
        page.get_by_role("navigation", name="Desk").get_by_role("link", name="People").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("People of")
    assert seen.blocked == []
