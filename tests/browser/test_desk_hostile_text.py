"""Whatever somebody writes is text at the desk: wherever it's shown, and where a form shows it once more."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import httpx
import pytest

from browser.at_once import add_cookie
from browser.chromium import Site, Visit
from browser.desk import AtDesk
from browser.desk_rules import nothing_was_wrong
from browser.hostile import PAYLOADS, HostileServer, engine_name, packed, send, serving_hostile
from browser.listening import Visits
from cast import Server, share
from engines import of_folder
from listenlink.model import ids
from listenlink.model.one_line import one_line, some_lines
from live.load import FULL
from signed_in import at_desk

pytestmark = of_folder
# All of each is read again, so one that is no text is missed wherever it stands. At full size in two orders
# and smaller parts: what runs could hide behind a comment or an element that isn't closed.
TEXTS = [*packed(PAYLOADS, 1500), *packed(PAYLOADS[::-1], 1500)] if FULL else packed(PAYLOADS, 4000)
LABELS = [text[:120] for text in packed(PAYLOADS, 120)]
# What a search field takes.
WORDS = packed([text[:80] for text in PAYLOADS], 80)
# In one go, each row's title, and what the sheet calls what it would share.
_ROWS = """() => [...document.querySelectorAll("#tracks li")].map(row => {
  row.querySelector("a[data-share]").click();
  const told = document.querySelector("#sheet [data-name]").textContent;
  document.getElementById("sheet").close();
  return [row.querySelector(".what a").textContent, told] })"""
# A track's page: what it's called, thrice, its engine and attribution.
_TRACK = """() => { const text = at => document.querySelector(at).textContent;
  document.querySelector("a[data-share]").click();
  return [text("h1"), document.getElementById("track-title").value, text("#sheet [data-name]"),
    text(".attribution"), text(".artist"), text("#fact-engine")] }"""
_FRAMES = """pages => Promise.all(pages.map(page => new Promise(done => {
  const frame = document.createElement("iframe");
  frame.onload = () => done(frame.contentDocument.getElementById("q").value);
  frame.srcdoc = page;
  document.body.append(frame) })))"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Of its own: all that is written there is hostile."""
    with serving_hostile(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture(scope="module")
def hostile(
    server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> HostileServer:
    made = HostileServer(server, owner, tmp_path_factory.mktemp("audio"))
    for name in packed(PAYLOADS[::-1], 500):
        made.collect(name, name, [made.one])
    return made


@pytest.fixture
def seen(visit: Visits, server: Server, hostile: HostileServer) -> Visit:
    """A window of who is signed in."""
    begun = visit()
    add_cookie(AtDesk(server, begun.page))
    return begun


def track(number: int) -> str:
    return f"/desk/tracks/{ids.public_id(ids.TRACK, 1000 + number)}"


def assert_nothing_happened(seen: Visit, server: Server) -> None:
    seen.page.wait_for_timeout(50)
    nothing_was_wrong(seen, server)


def test_titles_are_text_in_the_list_and_in_the_sheet_and_so_are_engines(
    seen: Visit, server: Server
) -> None:
    desk, met = AtDesk(server, seen.page), []
    for number in range(1, len(PAYLOADS) // 50 + 2):
        page = desk.go(f"/desk?page={number}")
        page.wait_for_function("document.querySelector('#sheet [data-copy]:not([hidden])')")
        met += page.evaluate(_ROWS)
    assert sorted(met) == sorted([text, text] for text in [*PAYLOADS, "plain"])
    offered = page.locator("#upload-engine option").all_text_contents()
    assert {one_line(engine_name(text)) for text in PAYLOADS} <= {
        one.rpartition(" · ")[0] for one in offered
    }
    assert_nothing_happened(seen, server)


def test_each_tracks_page_is_text(seen: Visit, server: Server) -> None:
    desk = AtDesk(server, seen.page)
    # All of them are in the list and in the sheet in every run.
    for number, text in list(enumerate(PAYLOADS))[:: 1 if FULL else 8]:
        page = desk.go(track(number))
        *told, artist, engine = page.evaluate(_TRACK)
        assert told == [text] * 4
        assert (artist, engine) == (PAYLOADS[-1 - number], one_line(engine_name(text)))
        assert page.title() == f"{text} · Listenlink"
    for end in ("/remove", "/share"):
        assert PAYLOADS[0] in str(desk.go(track(0) + end).text_content("main"))
    assert_nothing_happened(seen, server)


def test_collections_are_text(seen: Visit, server: Server, hostile: HostileServer) -> None:
    desk = AtDesk(server, seen.page)
    page = desk.go("/desk/collections")
    rows = page.locator(".rows a").evaluate_all("all => all.map(a => [a.textContent, a.href])")
    found = {name: href.rpartition("/")[2] for name, href in rows}
    names = [packed(titles)[0] for titles, _ in hostile.collections]
    for name in [*names, *packed(PAYLOADS[::-1], 500)]:
        shown, address = one_line(name), f"/desk/collections/{found[one_line(name)]}"
        assert desk.go(address).text_content("h1") == shown
        assert page.input_value("#name") == shown
        assert page.title() == f"{shown} · Listenlink"
        assert page.locator("#links a").first.text_content() == one_line(
            "secret label " + name[:100]
        )
    for end in ("/delete", "/share"):
        assert shown in str(desk.go(address + end).text_content("main"))
    for (titles, _), name in zip(hostile.collections, names, strict=True):
        desk.go(f"/desk/collections/{found[one_line(name)]}")
        assert page.locator("#tracks .what b").all_text_contents() == titles
        assert page.input_value("#description") == some_lines(packed(titles[::-1], 4000)[0])
    assert_nothing_happened(seen, server)


def test_labels_are_text_and_so_is_what_openers_send(
    seen: Visit, server: Server, owner: httpx.Client
) -> None:
    target = ids.public_id(ids.TRACK, 1000)
    links = [share(owner, target, label=label) for label in LABELS]
    for text, link in zip(packed(PAYLOADS, 1000), links, strict=False):
        for referrer in (text, "https://" + text):
            sent = {b"User-Agent": text.encode(), b"Referer": referrer.encode()}
            httpx.get(link["url"], headers=sent)
    desk, page, met = AtDesk(server, seen.page), seen.page, set[str]()
    desk.go("/desk/links")
    while True:
        met |= {*page.locator(".rows b a").all_text_contents()}
        if not (older := page.get_by_role("link", name="Older", exact=True)).is_visible():
            break
        older.click()
    assert met >= {one_line(label) for label in LABELS}
    # All of them are in the list in every run.
    for label, link in list(zip(LABELS, links, strict=True))[:: 1 if FULL else 6]:
        desk.go(f"/desk/links/{link['id']}")
        assert page.text_content("h1") == one_line(label)
        assert page.title() == f"{one_line(label)} · Listenlink"
    for link in links[::12]:
        for end in ("/change", "/new-address", "/close"):
            desk.go(f"/desk/links/{link['id']}{end}")
            assert one_line(link["label"]) in str(page.text_content("main"))
    assert_nothing_happened(seen, server)


def test_what_is_looked_for_is_text(
    visit: Visits, server: Server, hostile: HostileServer, other_site: Site
) -> None:
    """In frames of a page that has no policy, by which nothing would be kept from running."""
    ((_, link), *_), seen = hostile.collections, visit()
    other_site.pages["/frames"] = "<body></body>"
    with contextlib.closing(at_desk(server)) as client:
        paths = ("", "/collections", "/links", f"/collections/{link['to']}")
        for number, path in enumerate(paths):
            # Each page writes it by itself, all of it in one way: at full size each is tried with all.
            words = WORDS if FULL else WORDS[number :: len(paths)]
            answers = [client.get(f"/desk{path}", params={"q": text}) for text in words]
            seen.page.goto(other_site.url + "/frames")
            told = seen.page.evaluate(_FRAMES, [search_form(answer) for answer in answers])
            assert [one_line(text) for text in told] == [one_line(text) for text in words]
            seen.page.wait_for_timeout(100)
    assert (seen.ran, seen.errors) == ([], [])


def search_form(answer: httpx.Response) -> str:
    """Of all the page, which has much else."""
    before, _, behind = answer.text.partition(' role="search"')
    return before[before.rindex("<form") :] + behind.partition("</form>")[0]


def test_people_and_their_organization_are_text(seen: Visit, server: Server) -> None:
    """Past what is taken for an address, or a name: whatever is stored is shown as text."""
    desk = AtDesk(server, seen.page)
    ((user, email),) = server.query("SELECT id, email FROM users ORDER BY created_at LIMIT 1")
    for text in TEXTS:
        server.change("UPDATE users SET email = ? WHERE id = ?", text, user)
        server.change("UPDATE organizations SET name = ?", text)
        for path in ("/desk/me", "/desk/people", "/desk/welcome", "/desk/sign-in"):
            assert text in str(desk.go(path).text_content("main"))
        assert_nothing_happened(seen, server)
    server.change("UPDATE users SET email = ? WHERE id = ?", email, user)


# Where a form is sent, which of its fields are hostile and are shown again, and what else it holds.
Form = tuple[str, list[str], dict[str, str]]
FORMS: dict[str, Form] = {
    "sign-in": ("/desk/sign-in", ["email"], {"password": "x"}),
    "welcome": ("/desk/welcome", ["link"], {}),
    "invite": ("/desk/people/invite", ["email"], {"role": "member"}),
    "track": (track(0), ["title", "artist"], {"instrumental": "no"}),
    "licence": (track(0) + "/licence", ["attribution_text"], {"declared_licence": "commercial"}),
    "default": ("/desk/about/licence", ["attribution_text"], {"declared_licence": "commercial"}),
    "upload": ("/desk/upload", ["title"], {"engine": "e0"}),
    "make": ("/desk/collections", ["name"], {}),
    "change": ("{collection}/change", ["name", "description"], {}),
    "move": ("{collection}/tracks/{one}", ["position"], {"do": "to", "page": "1"}),
    "share": (track(0) + "/share", ["label", "expires_at"], {"expires": "days-7"}),
    "terms": ("{link}/change", ["label", "starts_at"], {"expires": "days-7", "seen": "0"}),
    "password": ("/desk/me/password", ["password"], {"from": "me"}),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_what_was_typed_is_shown_again_as_text(
    seen: Visit, server: Server, hostile: HostileServer, form: str
) -> None:
    path, names, others = FORMS[form]
    (_, link), *_ = hostile.collections
    of_collection, of_link = f"/desk/collections/{link['to']}", f"/desk/links/{link['id']}"
    path = path.format(collection=of_collection, link=of_link, one=ids.public_id(ids.TRACK, 1000))
    page = AtDesk(server, seen.page).go("/desk/about")
    for text in (text.ljust(1500, "x") for text in TEXTS):
        status, shown = send(page, path, dict.fromkeys(names, text) | others)
        assert status in (400, 422, 429), status
        assert shown(names) == [text for _ in names]
    assert_nothing_happened(seen, server)
