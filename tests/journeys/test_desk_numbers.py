"""The pages with the numbers of a track and of a collection: those of the API, by label, page by page."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from journeys.desk_pages import page, words
from media.make_audio import make
from signed_in import at_desk


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=5000)
    return upload(owner, path, title="Harbour <Lights>")


@pytest.fixture(scope="module")
def desk(server: Server) -> Iterator[httpx.Client]:
    """The owner, signed in."""
    with contextlib.closing(at_desk(server)) as client:
        yield client


def rows(text: str, name: str) -> list[list[str]]:
    table = text.partition(f'<table id="{name}">')[2].partition("</table>")[0]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in table.split("<tr>")[2:]]
    return [
        [" ".join(unescape(re.sub("<[^>]*>", " ", one)).split()) for one in row] for row in cells
    ]


def test_where_no_link_leads_it_says_what_to_do_first(
    owner: httpx.Client, desk: httpx.Client
) -> None:
    mine = owner.post("/collections", json={"name": "Nobody's"}).json()["id"]
    text = page(desk, f"/desk/collections/{mine}/numbers")
    assert "There is nothing to count yet" in words(text)
    assert f'href="/desk/collections/{mine}/share"' in text


def test_the_page_tells_what_the_api_tells(
    server: Server, owner: httpx.Client, desk: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], label="<b>Ana</b>", allow_download=True)
    path, browser = f"/v1/music/shared/{link['token']}", "Mozilla/5.0 (X11) Firefox/140.0"
    with server.listener() as somebody:
        asked = {"User-Agent": browser, "Accept": "application/json"}
        session = {"Listen-Session": somebody.get(path, headers=asked).headers["listen-session"]}
        heard = {"track_id": song["id"], "quarter": 4}
        somebody.post(f"{path}/listen", json=heard, headers=session).raise_for_status()
        somebody.get(f"{path}/download/{song['id']}", headers=session).raise_for_status()
        somebody.get(path, headers={"User-Agent": "curl/8"})
    text = page(desk, f"/desk/tracks/{song['id']}/numbers")
    assert "<b>Ana" not in text
    assert rows(text, "quarters") == [
        ["a quarter", "0"], ["half", "0"], ["three quarters", "0"], ["all of it", "1"],
    ]  # fmt: skip
    assert [row[1] for row in rows(text, "sources")] == ["1", "1", "0", "0"]
    (row,) = rows(text, "by-label")
    assert row[0].startswith("<b>Ana</b>")
    assert row[1:9] == ["2", "1", "0", "0", "0", "0", "1", "1"]
    tiles = dict(re.findall(r'data-tile="(\w+)">([^<]*)<', text))
    assert tiles == {"opens": "2", "person": "1", "listens": "0", "downloads": "1"}
    (table,) = re.findall(r'href="([^"]+/stats\.csv)"', text)
    answer = desk.get(table)
    assert answer.headers["content-type"].startswith("text/csv")
    alone = page(desk, f"/desk/links/{link['id']}")
    assert rows(alone, "quarters") == rows(text, "quarters")
    assert rows(alone, "sources") == rows(text, "sources")
    assert "downloaded from it" in words(alone)
    (table,) = re.findall(r'href="([^"]+/stats\.csv)"', alone)
    assert desk.get(table).status_code == 200
    for at in (f"/desk/tracks/{song['id']}", f"/desk/tracks/{song['id']}/numbers"):
        assert f"/desk/tracks/{song['id']}" in page(desk, at)


def test_many_links_come_in_pages(owner: httpx.Client, desk: httpx.Client) -> None:
    mine = owner.post("/collections", json={"name": "Many"}).json()["id"]
    for number in range(51):
        share(owner, mine, label=f"No. {number}")
    here = f"/desk/collections/{mine}/numbers"
    first = page(desk, here)
    assert [row[0].split(" open")[0] for row in rows(first, "by-label")] == [
        f"No. {number}" for number in range(50, 0, -1)
    ]
    assert "51 links in all" in words(first)
    (following,) = re.findall(r'<a href="([^"]*)" rel="next">', first)
    second = page(desk, unescape(following))
    assert [row[0].split(" open")[0] for row in rows(second, "by-label")] == ["No. 0"]
    assert f'href="{here}">Newest' in second
    assert len(rows(page(desk, here, after="nonsense"), "by-label")) == 50
