"""Every form of the desk, sent by another site in each way that a browser has: nothing changes, nobody is
signed out, and a sign-in that has ended is no longer taken by any page.
"""

from __future__ import annotations

import contextlib
import re

import httpx
import pytest

from cast import Server
from journeys.matrix import Caller, Route
from journeys.matrix_rows import stored
from journeys.test_matrix_of_desk import ROUTES, ask
from media.make_audio import make
from signed_in import at_desk
from trust.figures import figure

SITE = "Sec-Fetch-Site"
# As forms and scripts of other sites arrive: from elsewhere, from a sister host, in a frame without an
# origin, by no-cors fetch as text, and from what says nothing at all.
FORGERIES: dict[str, dict[str, str]] = {
    "cross-site": {SITE: "cross-site", "Origin": "https://evil.example"},
    "same-site": {SITE: "same-site", "Origin": "http://evil.127.0.0.1"},
    "no origin": {"Origin": "null"},
    "text": {SITE: "cross-site", "Content-Type": "text/plain", "Sec-Fetch-Mode": "no-cors"},
    "nothing": {},
}
FORMS = [route for route in ROUTES if route.method == "POST"]
PAGES = [route for route in ROUTES if route.method == "GET" and not route.ids]
# What anybody sees.
_OPEN_PAGES = re.compile(r"/desk/(sign-in|welcome)$|/$")


@pytest.fixture(scope="module")
def victim(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Caller:
    """Who is signed in while they look at another site."""
    song = make("mp3_cbr", tmp_path_factory.mktemp("audio") / "song.mp3")
    caller = Caller(server, song, server.new_member("owner"))
    caller.sign_in()
    for route in FORMS:
        caller.standing_for(route)
    return caller


@pytest.mark.parametrize("route", FORMS, ids=str)
def test_no_form_of_another_site_changes_anything(
    server: Server, victim: Caller, route: Route
) -> None:
    path = route.path.format(**victim.standing_for(route))
    before, told = stored(server), {}
    for name, said in FORGERIES.items():
        headers = {"Accept": "text/html", "Cookie": victim.cookie} | said
        body = b"do=up&password=guessed-by-others&email=a%40evil.example&name=Forged"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        told[name] = httpx.post(server.url + path, content=body, headers=kind | headers, timeout=60)
    changed = int(stored(server) != before)
    figure("requests of other sites", len(told))
    figure("changed by them", changed)
    assert changed == 0
    assert {name: answer.status_code for name, answer in told.items()} == dict.fromkeys(told, 403)
    assert not [answer for answer in told.values() if "set-cookie" in answer.headers]


def test_an_ended_sign_in_is_taken_by_no_page(server: Server) -> None:
    with contextlib.closing(at_desk(server)) as person:
        cookie = person.headers["Cookie"]
        pages = [page for page in PAGES if not _OPEN_PAGES.search(page.path)]
        alive = [page for page in pages if ask(server, cookie, page, {}).status_code == 200]
        assert len(alive) >= 8
        assert person.post("/desk/sign-out").status_code == 303
    taken = [page for page in alive if ask(server, cookie, page, {}).status_code == 200]
    figure("ended sign-ins that were taken", len(taken), of=len(alive))
    assert taken == []
