"""A link as people paste it: a browser is led to the link's own address, and that spends nothing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from journeys.seen import BROWSER, opens
from journeys.test_play_in_a_player import VLC
from journeys.visiting import JSON, left
from media.make_audio import make

SHARED = "/v1/music/shared/"
UNKNOWN = "shr_" + "7" * 32


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"), title="Pasted")


@pytest.mark.parametrize(
    "behind", ["/", ".", ")", ",", "!", "%3E", "%22", "'", ";", "%20", "%E2%80%A6", "](x)"]
)
@pytest.mark.parametrize("before", [SHARED, "/embed/"])
def test_a_browser_is_led_to_the_page(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any], before: str, behind: str
) -> None:
    link = share(owner, song["id"])
    pasted = f"{before}{link['token']}{behind}?utm_source=chat&utm_medium=link"
    for method in ("GET", "HEAD"):
        led = listener.request(method, pasted, headers=BROWSER)
        assert (led.status_code, led.content) == (302, b"")
        assert led.headers["location"] == before + link["token"]
        assert led.headers["cache-control"] == "no-store"
    page = listener.get(pasted, headers=BROWSER, follow_redirects=True)
    assert (page.status_code, page.url.path) == (200, before + link["token"])
    assert "Pasted" in page.text
    assert opens(owner, link) == 0


def test_being_led_spends_nothing_and_does_not_tell_whether_there_is_such_a_link(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    before, lines = left(listener, link), len(server.audit())
    told = []
    for token in (link["token"], UNKNOWN):
        answers = [listener.get(f"{SHARED}{token})", headers=BROWSER) for _ in range(60)]
        assert {answer.status_code for answer in answers} == {302}
        own = ("location", "x-request-id", "date")
        told.append({n: value for n, value in answers[0].headers.items() if n not in own})
    assert told[0] == told[1]
    assert len(server.audit()) == lines
    assert before - left(listener, link) == 1
    # Refusals there are as many as before.
    refused = [listener.get(f"{SHARED}shr_{number:032x}").status_code for number in range(21)]
    assert refused == [404] * 20 + [429]


def test_a_query_alone_is_no_trouble(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    for query in ("?utm_source=x&fbclid=y", "?", "?visit=", "?visit=%22"):
        page = listener.get(SHARED + link["token"] + query, headers=BROWSER)
        assert (page.status_code, "Pasted" in page.text) == (200, True)


@pytest.mark.parametrize("behind", ["/", ")", "%20", ".json"])
def test_a_program_is_told_that_there_is_nothing(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any], behind: str
) -> None:
    link = share(owner, song["id"])
    refused = listener.get(SHARED + link["token"] + behind, headers=JSON)
    assert refused.status_code == 404
    assert refused.json()["error"]["code"] == "RESOURCE_NOT_FOUND"
    assert server.outcome_of(refused) == ("refused", "malformed")


def test_a_media_player_is_led_too(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], max_opens=1)
    heard = listener.get(f"{SHARED}{link['token']})", headers=VLC, follow_redirects=True)
    assert (heard.status_code, heard.headers["content-type"]) == (206, "audio/wav")
    assert opens(owner, link) == 1


@pytest.mark.parametrize(
    "path", ["/details", "/events", "/listen", "/listening/x", "/x", "/listening/x)"]
)
def test_paths_below_a_link_are_what_they_were(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any], path: str
) -> None:
    link = share(owner, song["id"])
    answer = listener.get(SHARED + link["token"] + path, headers=BROWSER)
    assert answer.status_code in (404, 405)
