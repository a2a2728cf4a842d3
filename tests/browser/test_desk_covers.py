"""A cover at the desk, in a browser: set, replaced, removed; and what is wrong with it beside its field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import FilePayload, Page, expect

from browser.desk import AtDesk
from browser.desk_rules import nothing_was_wrong, serving_desk
from browser.listening import Visits
from cast import Server, share, upload
from engines import of_folder
from media.make_audio import make
from media.make_pictures import BLUE, RED, colour_at, plain

pytestmark = of_folder
NO_PICTURE = "This isn't a JPEG, PNG or WebP picture."
TOO_LARGE = "This picture is larger than 8 MiB. Make it smaller."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_desk(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture(scope="module")
def owner(server: Server) -> Iterator[httpx.Client]:
    with server.owner() as client:
        yield client


@pytest.fixture
def things(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A track and a collection with it in."""
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=20_000)
    track = str(upload(owner, path, title="Harbour")["id"])
    made = str(owner.post("/collections", json={"name": "Evening"}).json()["id"])
    owner.post(f"/collections/{made}/tracks", json={"track_id": track}).raise_for_status()
    return [f"tracks/{track}", f"collections/{made}"]


def choose(page: Page, data: bytes, name: str = "my cover.jpg") -> None:
    sent = FilePayload(name=name, mimeType="image/jpeg", buffer=data)
    page.get_by_label("Cover", exact=True).set_input_files(sent)


def shown(page: Page) -> object:
    """The colour of the picture on the page, as the browser got it."""
    image = page.get_by_role("img", name="The cover that is shown")
    if not image.count():
        return None
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    source = str(image.get_attribute("src"))
    return colour_at(page.request.get(str(httpx.URL(page.url).join(source))).body())


@pytest.mark.parametrize("scripted", [True, False])
def test_it_is_set_replaced_and_removed(
    visit: Visits, server: Server, owner: httpx.Client, things: list[str], scripted: bool
) -> None:
    seen = visit(java_script_enabled=scripted)
    desk, page = AtDesk(server, seen.page), seen.page
    if scripted:
        desk.sign_in()
    else:
        sign_in_without_script(desk)
    for thing in things:
        at = f"/desk/{thing}"
        desk.go(at + "/cover")
        for button, colour in (("Set cover", RED), ("Replace cover", BLUE)):
            choose(page, plain(colour))
            desk.press(button)
            page.wait_for_url(f"**{at}?done=cover_set")
            desk.go(at + "/cover")
            if scripted:
                assert shown(page) == colour
        link = share(owner, thing.partition("/")[2])
        listened = httpx.get(link["url"], headers={"Accept": "text/html"}).text
        assert '<img id="cover"' in listened
        desk.press("Remove cover")
        page.wait_for_url(f"**{at}?done=cover_removed")
        desk.go(at + "/cover")
        expect(page.get_by_text("No cover yet")).to_be_visible()
        expect(page.get_by_role("button", name="Remove cover")).to_have_count(0)
        desk.press("Use the file's cover" if thing.startswith("tracks") else "Use a track's cover")
        page.wait_for_url(f"**{at}?done=cover_restored")


def sign_in_without_script(desk: AtDesk) -> None:
    link = desk.link()
    desk.page.goto(link)
    desk.page.get_by_label("Link", exact=True).fill(link)
    desk.press("Sign in")
    desk.page.wait_for_url("**/desk/welcome/next")


def test_what_is_wrong_stands_beside_the_field(
    visit: Visits, server: Server, things: list[str], tmp_path: Path
) -> None:
    """Also what is too large: a browser shows an answer only once it has sent everything."""
    bad, large = tmp_path / "bad.jpg", tmp_path / "large.jpg"
    bad.write_bytes(b"GIF89a")
    large.write_bytes(bytes(9_000_000))
    seen = visit(java_script_enabled=False)
    desk, page = AtDesk(server, seen.page), seen.page
    sign_in_without_script(desk)
    for thing in things:
        desk.go(f"/desk/{thing}/cover")
        for data, told in ((bad, NO_PICTURE), (large, TOO_LARGE)):
            field = page.get_by_label("Cover", exact=True)
            # By its path: bytes would go through all that drives the browser.
            field.set_input_files(data)
            desk.press("Set cover")
            expect(field).to_have_accessible_description(told)
            expect(page.get_by_role("heading", level=1)).to_have_text(
                "Harbour" if thing.startswith("tracks") else "Evening"
            )


def test_with_script_what_is_too_large_is_told_before_it_is_sent(
    visit: Visits, server: Server, things: list[str], tmp_path: Path
) -> None:
    large = tmp_path / "large.jpg"
    large.write_bytes(bytes(9_000_000))
    seen = visit()
    desk, page = AtDesk(server, seen.page), seen.page
    desk.sign_in()
    desk.go(f"/desk/{things[0]}/cover")
    field = page.get_by_label("Cover", exact=True)
    field.set_input_files(large)
    assert field.evaluate("field => field.validationMessage") == TOO_LARGE
    desk.press("Set cover")
    assert not [request for request in seen.requests if request.url.endswith("/cover/")]
    assert page.url.endswith("/cover")
    choose(page, plain(RED))
    assert field.evaluate("field => field.validationMessage") == ""
    desk.press("Set cover")
    page.wait_for_url("**?done=cover_set")
    nothing_was_wrong(seen, server)
