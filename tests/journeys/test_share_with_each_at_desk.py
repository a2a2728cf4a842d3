"""A person shares with several at the desk, without script: names in, a page of links out, once."""

from __future__ import annotations

import base64
import contextlib
import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from cast import Server, upload
from media.make_audio import make
from signed_in import at_desk

COUNT = "SELECT count(*) FROM shares"
ROW = re.compile(
    r'<tr><th scope="row"><a href="/desk/links/(mslink_\w{12})" dir="auto">([^<]*)</a></th>'
    r'<td><span class="secret">([^<]+)</span></td><td>([^<]+)</td>'
)
FAULT = re.compile(r'id="recipients-fault" role="alert" data-fault="recipients">([^<]+)</p>')
OWN_KEY = re.compile(r'name="own_key" value="([^"]+)"')
TYPED = re.compile(r'<textarea id="(?:recipients|lines)"[^>]*>\n([^<]*)</textarea>')
TABLE = re.compile(r'href="data:text/csv;charset=utf-8;base64,([^"]+)" download="links.csv"')
HOSTILE = [
    '=HYPERLINK("http://a.example")', "+1", "-1", "@x", '"Ana', 'Ana "the" Fox', "<script>alert(1)</script>",
    "a\u202eb", "{{ 7*7 }}", "Zoë, Berlin", "a&amp;b", "'=1",
]  # fmt: skip


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"), title="<b>Dawn")


@pytest.fixture(scope="module")
def person(server: Server, song: dict[str, Any]) -> Iterator[httpx.Client]:
    with contextlib.closing(at_desk(server)) as client:
        yield client


@pytest.fixture(scope="module")
def path(song: dict[str, Any]) -> str:
    return f"/desk/tracks/{song['id']}/share"


def form(recipients: str, **more: str) -> dict[str, str]:
    return {"expires": "days-7", "recipients": recipients} | more


def rows(answer: httpx.Response) -> list[tuple[str, str, str, str]]:
    assert answer.status_code == 200, answer.text
    return [
        (unescape(row[0]), unescape(row[1]), unescape(row[2]), unescape(row[3]))
        for row in ROW.findall(answer.text)
    ]


def table(answer: httpx.Response) -> list[dict[str, str]]:
    (text,) = TABLE.findall(answer.text)
    read = io.StringIO(base64.b64decode(text).decode(), newline="")
    return list(csv.DictReader(read, strict=True))


def test_names_become_links_shown_to_copy_and_to_keep(
    server: Server, person: httpx.Client, owner: httpx.Client, path: str
) -> None:
    assert "500 at most" in person.get(path).text
    answer = person.post(path, data=form("Ana\r\n\r\n  Ben \r\nZoë", max_opens="2"))
    shown = rows(answer)
    assert [(label, most) for _, label, _, most in shown] == [
        ("Ana", "2"),
        ("Ben", "2"),
        ("Zoë", "2"),
    ]
    links = [owner.get(f"/share/{named}").json() for named, *_ in shown]
    assert [(link["label"], link["url"]) for link in links] == [row[1:3] for row in shown]
    (lines,) = TYPED.findall(answer.text)
    assert lines.split("\n") == [f"{link['label']}\t{link['url']}" for link in links]
    assert [list(row.values()) for row in table(answer)] == [
        [link["label"], link["url"], "2", link["expires_at"], link["id"]] for link in links
    ]
    assert not [
        one for one in re.findall(r'(?:href|src|action)="([^"]*)"', answer.text) if "shr_" in one
    ]


def test_a_table_says_more_of_each_and_the_form_of_all(
    person: httpx.Client, owner: httpx.Client, path: str
) -> None:
    text = "label;max_opens;expires_in_days\nAna;3;\nBen;;30\n;;\n;1;\n"
    shown = rows(person.post(path, data=form(text, label="Whoever", allow_download="true")))
    links = [owner.get(f"/share/{named}").json() for named, *_ in shown]
    assert [link["label"] for link in links] == ["Ana", "Ben", "Whoever"]
    assert [link["max_opens"] for link in links] == [3, None, 1]
    assert all(link["allow_download"] for link in links)
    assert len({link["expires_at"] for link in links}) == 2


def test_hostile_labels_are_harmless_in_table_csv_and_clipboard(
    person: httpx.Client, path: str
) -> None:
    answer = person.post(path, data=form("\n".join(HOSTILE)))
    assert [label for _, label, _, _ in rows(answer)] == [
        label.replace("\u202e", "") for label in HOSTILE
    ]
    assert "<script>alert" not in answer.text
    (lines,) = TYPED.findall(answer.text)
    cells = [unescape(line).split("\t")[0] for line in lines.split("\n")]
    assert len(cells) == len(HOSTILE)
    for cell in [*cells, *(row["label"] for row in table(answer))]:
        assert not cell.startswith(("=", "+", "-", "@"))
    assert not [cell for cell in cells if cell.startswith('"')]
    assert [row["label"] for row in table(answer)][4:6] == ['"Ana', 'Ana "the" Fox']


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "label,max_opens\nAna,2\n\nBen,x",
            "Line 4: This is a whole number from 1 to 9007199254740992.",
        ),
        ("label,expires_in_days\nAna,91", "Line 2: This is a whole number of days, from 1 to 90."),
        ("Ana\n\n" + "x" * 121, "Line 3: This has at most 120 characters."),
        ("Ana\n\u200b", "Line 2: Say whom the link is for."),
        ("label,max_opens\n,3", "Line 2: Say whom the link is for."),
        ('label\n"Ana', "Line 2: A quotation mark is out of place."),
        ("x\n" * 501, "Line 501: Name 1 to 500 at once."),
        ("label\n\n", "Nobody is named here."),
    ],
)
def test_a_fault_is_told_by_its_line_and_what_was_typed_is_kept(
    server: Server, person: httpx.Client, path: str, text: str, told: str
) -> None:
    before = server.query(COUNT)
    answer = person.post(path, data=form(text, max_opens="7"))
    assert answer.status_code == 422
    assert [unescape(one) for one in FAULT.findall(answer.text)] == [told]
    assert [unescape(one) for one in TYPED.findall(answer.text)] == [text]
    assert 'value="7"' in answer.text
    assert server.query(COUNT) == before


def test_a_form_that_is_sent_twice_makes_them_once(
    server: Server, person: httpx.Client, path: str
) -> None:
    (own_key,) = OWN_KEY.findall(person.get(path).text)
    ((before,),) = server.query(COUNT)
    sent = form("Ana\nBen", own_key=own_key)
    first, again = person.post(path, data=sent), person.post(path, data=sent)
    assert rows(first) == rows(again)
    assert server.query(COUNT) == [(before + 2,)]
    rows(person.post(path, data=form("Ana\nBen\nZoë", own_key=own_key)))
    assert server.query(COUNT) == [(before + 5,)]


def test_five_hundred_long_names_fit_and_more_than_a_form_can_be_is_refused(
    server: Server, person: httpx.Client, path: str
) -> None:
    ((before,),) = server.query(COUNT)
    assert len(rows(person.post(path, data=form("\n".join(["♪" * 120] * 500))))) == 500
    assert server.query(COUNT) == [(before + 500,)]
    refused = person.post(path, data=form("x" * 1_100_000))
    assert refused.status_code == 413
    assert server.query(COUNT) == [(before + 500,)]


def test_the_numbers_have_each_by_its_name(person: httpx.Client, owner: httpx.Client) -> None:
    collection = owner.post("/collections", json={"name": "Evenings"}).json()["id"]
    below = f"/desk/collections/{collection}"
    names = [f"Radio {place}" for place in range(60)]
    shown = rows(person.post(f"{below}/share", data=form("\n".join(names))))
    assert [label for _, label, _, _ in shown] == names
    page = person.get(f"{below}/numbers").text
    rest = unescape(re.findall(r'href="([^"]+)" rel="next"', page)[0])
    both = page + person.get(rest).text
    assert re.findall(r'<span dir="auto">(Radio \d+)</span>', both) == names
