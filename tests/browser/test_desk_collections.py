"""Collections at the desk in a browser: made, filled, put in order by buttons, keyboard, mouse and finger,
undone, deleted; also without script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.desk import AtDesk
from browser.desk_collections import TITLES, new_album, songs_of
from browser.desk_rules import nothing_was_wrong, serving_desk
from browser.listening import Visits
from cast import Server
from engines import of_folder

pytestmark = of_folder

TITLED = list(TITLES[:3])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Of its own: what is made and moved here is nobody else's."""
    with serving_desk(tmp_path_factory.mktemp("instance")) as running:
        yield running


def enter(desk: AtDesk, has_script: bool) -> None:
    """Sign in, by pasting the link where there is no script to read it."""
    if has_script:
        desk.sign_in()
        return
    link = desk.link()
    desk.page.goto(link)
    desk.page.get_by_label("Link", exact=True).fill(link)
    desk.press("Sign in")
    desk.page.wait_for_url("**/desk/welcome/next")


def begin(desk: AtDesk, many: int = 3, has_script: bool = True) -> Page:
    """At a collection of some tracks."""
    songs = songs_of(desk.server)
    enter(desk, has_script)
    return desk.go(f"/desk/collections/{new_album(desk.server, songs[:many])}")


def rows(page: Page) -> Locator:
    return page.locator("#tracks li")


def expect_order(page: Page, titles: list[str]) -> None:
    expect(rows(page).locator(".what b")).to_have_text(titles)


def button(page: Page, title: str, name: str) -> Locator:
    return rows(page).filter(has_text=title).get_by_role("button", name=name, exact=True)


def told(page: Page) -> Locator:
    return page.get_by_role("status")


@pytest.mark.parametrize("has_script", [True, False])
def test_made_filled_named_and_deleted(visit: Visits, server: Server, has_script: bool) -> None:
    seen = visit(java_script_enabled=has_script)
    desk, page = AtDesk(server, seen.page), seen.page
    songs_of(server)
    enter(desk, has_script)
    page.goto(desk.url + "/desk")
    page.get_by_role("link", name="Collections", exact=True).click()
    page.get_by_label("Name").fill("Evening \u202eevil")
    desk.press("Make collection")
    expect(told(page)).to_contain_text("The collection is made.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Evening evil")
    page.get_by_label("Search your tracks").fill("night ana")
    desk.press("Search")
    page.get_by_label("Late Night Study").check()
    page.get_by_label("Night Train").check()
    desk.press("Add selected")
    expect_order(page, [TITLED[1], TITLED[2]])
    page.get_by_label("Search your tracks").fill("harbour")
    desk.press("Search")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("already in it")).to_be_visible()
    expect_order(page, [TITLED[1], TITLED[2], TITLED[0]])
    assert (
        page.get_by_role("link", name="Share", exact=True).get_attribute("data-title")
        == "Evening evil"
    )
    page.get_by_label("Name").fill("Morning")
    page.get_by_label("Description").fill("One.\nTwo.")
    desk.press("Save")
    expect(page.get_by_role("heading", level=1)).to_have_text("Morning")
    expect(page.get_by_label("Description")).to_have_value("One.\nTwo.")
    desk.press("Delete collection")
    expect(page.get_by_text("No link leads here.")).to_be_visible()
    desk.press("Delete collection")
    expect(told(page)).to_contain_text("The collection is deleted.")
    nothing_was_wrong(seen, server)


@pytest.mark.parametrize("has_script", [True, False])
def test_put_in_order_by_buttons_and_undone(
    visit: Visits, server: Server, has_script: bool
) -> None:
    seen = visit(java_script_enabled=has_script)
    desk = AtDesk(server, seen.page)
    page = begin(desk, 3, has_script)
    button(page, "Night Train", "Up").click()
    expect_order(page, [TITLED[0], TITLED[2], TITLED[1]])
    expect(told(page)).to_have_text("Night Train, position 2 of 3")
    expect(button(page, "Night Train", "Up")).to_be_focused()
    desk.press("Undo")
    expect_order(page, TITLED)
    expect(told(page)).to_have_text("It's as it was before.")
    button(page, "Late", "Take out").click()
    expect_order(page, [TITLED[0], TITLED[2]])
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    desk.press("Undo")
    expect_order(page, TITLED)
    place = rows(page).filter(has_text="Train").get_by_label("Move to position")
    place.fill("1")
    place.press("Enter")
    expect_order(page, [TITLED[2], TITLED[0], TITLED[1]])
    nothing_was_wrong(seen, server)


def test_the_keyboard_alone_puts_it_in_order(visit: Visits, server: Server) -> None:
    seen = visit()
    page = begin(AtDesk(server, seen.page))
    button(page, TITLED[0], "Down").focus()
    for expected in (
        [TITLED[1], TITLED[0], TITLED[2]],
        [TITLED[1], TITLED[2], TITLED[0]],
    ):
        page.keyboard.press("Enter")
        expect_order(page, expected)
    # Down isn't possible any more: the focus is beside it, not lost.
    expect(button(page, TITLED[0], "Up")).to_be_focused()
    expect(button(page, TITLED[0], "Up")).to_have_accessible_description(TITLED[0])
    page.keyboard.press("Enter")
    expect_order(page, [TITLED[1], TITLED[0], TITLED[2]])
    for _ in range(3):  # Down, Cover, Take out
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect_order(page, [TITLED[1], TITLED[2]])
    page.keyboard.press("Enter")
    expect_order(page, [TITLED[1], TITLED[0], TITLED[2]])
    nothing_was_wrong(seen, server)


def middle(of: Locator) -> tuple[float, float]:
    box = of.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_row_is_dragged_by_its_handle(visit: Visits, server: Server) -> None:
    seen = visit()
    page = begin(AtDesk(server, seen.page))
    page.locator(".handle").first.scroll_into_view_if_needed()
    x, y = middle(rows(page).nth(0).locator(".handle"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, middle(rows(page).nth(1))[1] + 5, steps=5)
    expect(told(page)).to_have_text(f"{TITLED[0]}, position 2 of 3")
    page.mouse.move(x, middle(rows(page).nth(2))[1] + 5, steps=5)
    expect(told(page)).to_have_text(f"{TITLED[0]}, position 3 of 3")
    page.mouse.up()
    page.wait_for_url("**done=track_moved**")
    expect_order(page, [TITLED[1], TITLED[2], TITLED[0]])
    expect(told(page)).to_have_text(f"{TITLED[0]}, position 3 of 3")
    page.reload()
    expect_order(page, [TITLED[1], TITLED[2], TITLED[0]])
    page.get_by_role("button", name="Undo").click()
    expect_order(page, TITLED)
    nothing_was_wrong(seen, server)


def test_escape_lets_go_of_what_is_held(visit: Visits, server: Server) -> None:
    seen = visit()
    page = begin(AtDesk(server, seen.page))
    page.locator(".handle").first.scroll_into_view_if_needed()
    x, y = middle(rows(page).nth(2).locator(".handle"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, middle(rows(page).nth(0))[1] - 5, steps=8)
    expect_order(page, [TITLED[2], TITLED[0], TITLED[1]])
    page.keyboard.press("Escape")
    expect_order(page, TITLED)
    page.mouse.up()
    expect(page.locator(".held")).to_have_count(0)
    page.reload()
    expect_order(page, TITLED)
    assert "POST" not in [request.method for request in seen.requests if "/tracks" in request.url]


def test_a_finger_drags_too_and_the_page_rolls_at_its_edge(visit: Visits, server: Server) -> None:
    """By touches as a screen sends them: a browser that scrolled by them would cancel the drag."""
    seen = visit(has_touch=True, viewport={"width": 390, "height": 420})
    page = begin(AtDesk(server, seen.page), 5)
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        session.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]},
        )

    handle = rows(page).nth(0).locator(".handle")
    handle.evaluate("element => element.scrollIntoView({block: 'center'})")
    before = page.evaluate("scrollY")
    x, y = middle(handle)
    touch("touchStart", (x, y))
    touch("touchMove", (x, y + 20))
    # Held at the edge, it goes on as the page rolls, down to the end.
    touch("touchMove", (x, 415))
    expect(told(page)).to_have_text(f"{TITLED[0]}, position 5 of 5")
    assert page.evaluate("scrollY") > before
    touch("touchEnd")
    page.wait_for_url("**done=track_moved**")
    expect(rows(page).nth(4)).to_contain_text(TITLED[0])
    nothing_was_wrong(seen, server)


def test_another_tab_meanwhile_is_minded(visit: Visits, server: Server) -> None:
    seen = visit()
    page = begin(AtDesk(server, seen.page))
    button(page, TITLED[2], "Up").click()
    expect_order(page, [TITLED[0], TITLED[2], TITLED[1]])
    other = page.context.new_page()
    other.goto(page.url)
    button(other, TITLED[0], "Take out").click()
    expect_order(other, [TITLED[2], TITLED[1]])
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("alert")).to_contain_text("nothing was undone")
    expect_order(page, [TITLED[2], TITLED[1]])
