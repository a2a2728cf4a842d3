"""One link for each of several recipients: all or none, in their order, once."""

from __future__ import annotations

import csv
import io
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from cast import Server, upload
from media.make_audio import make

COUNT = "SELECT count(*) FROM shares"


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"), title="Dawn")


@pytest.fixture(scope="module")
def path(song: dict[str, Any]) -> str:
    return f"/tracks/{song['id']}/share/batch"


def named(count: int) -> list[dict[str, Any]]:
    return [{"label": f"Radio {place}"} for place in range(count)]


def labels(links: list[dict[str, Any]]) -> list[str]:
    return [link["label"] for link in links]


def test_each_gets_a_link_of_their_own_in_their_order(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any], path: str
) -> None:
    sent = [{"label": "Zoë"}, {"label": "Ana", "max_opens": 1}, {"label": "Ben"}, {"label": "Ana"}]
    answer = owner.post(path, json={"recipients": sent})
    assert answer.status_code == 201
    assert list(answer.json()) == ["items"]
    links = answer.json()["items"]
    assert labels(links) == ["Zoë", "Ana", "Ben", "Ana"]
    assert len({link["id"] for link in links} | {link["token"] for link in links}) == 8
    one = owner.post(f"/tracks/{song['id']}/share", json={"label": "Ana"}).json()
    assert all(list(link) == list(one) for link in links)
    for link in links:
        assert link["url"].endswith(link["token"])
        assert listener.get(f"/v1/music/shared/{link['token']}").status_code == 200
        assert owner.get(f"/share/{link['id']}").json()["url"] == link["url"]
    assert listener.get(f"/v1/music/shared/{links[1]['token']}").status_code == 404


def test_what_is_their_own_goes_before_what_is_for_all(owner: httpx.Client, path: str) -> None:
    for_all = {
        "max_opens": 5, "expires_in_days": 7, "allow_download": True, "preview": False, "strict_open": True,
        "visibility": "public", "label": "Everybody",
    }  # fmt: skip
    own = [
        {}, {"label": "Ana"}, {"label": "Ben", "max_opens": None, "expires_in_days": None},
        {"max_opens": 2, "expires_in_hours": 1}, {"label": "Last", "expires_in_days": 200},
    ]  # fmt: skip
    links = owner.post(path, json={"recipients": own, **for_all}).json()["items"]
    assert labels(links) == ["Everybody", "Ana", "Ben", "Everybody", "Last"]
    assert [link["max_opens"] for link in links] == [5, 5, None, 2, 5]
    for name in ("allow_download", "preview", "strict_open", "visibility"):
        assert {link[name] for link in links} == {for_all[name]}
    ends = [link["expires_at"] and datetime.fromisoformat(link["expires_at"]) for link in links]
    made = datetime.fromisoformat(links[0]["created_at"])
    days = [end and (end - made) / timedelta(days=1) for end in ends]
    assert days == [7, 7, None, pytest.approx(1 / 24), 90]


def test_a_collection_is_shared_the_same_way(owner: httpx.Client) -> None:
    collection = owner.post("/collections", json={"name": "Evenings"}).json()["id"]
    links = owner.post(f"/collections/{collection}/share/batch", json={"recipients": named(2)})
    assert {link["target_type"] for link in links.json()["items"]} == {"collection"}
    assert len(list(owner.get("/share", params={"target_id": collection}).json()["items"])) == 2


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"recipients": []}, "recipients"),
    ({"recipients": named(501)}, "recipients"),
    ({}, "recipients"),
    ({"recipients": ["Ana"]}, "recipients[0]"),
    ({"recipients": [*named(3), {"label": "x", "max_opens": 0}]}, "recipients[3].max_opens"),
    ({"recipients": [*named(3), {"label": "x", "max_opens": "2"}]}, "recipients[3].max_opens"),
    ({"recipients": [*named(17), {"label": "x" * 121}]}, "recipients[17].label"),
    ({"recipients": [*named(17), {"label": "x\0"}]}, "recipients[17].label"),
    ({"recipients": [*named(2), {}]}, "recipients[2].label"),
    ({"recipients": [*named(2), {"label": None}], "label": "all"}, "recipients[2].label"),
    ({"recipients": [*named(2), {"label": " \u200b"}]}, "recipients[2].label"),
    ({"recipients": [{"label": "x", "expires_in_days": 0}]}, "recipients[0].expires_in_days"),
    ({"recipients": [{"label": "x", "expires_at": "2001-01-01T00:00:00Z"}]}, "recipients[0].expires_at"),
    (
        {"recipients": [{"label": "x", "expires_in_days": 1, "expires_in_hours": 2}]},
        "recipients[0].expires_in_hours",
    ),
    (
        {
            "recipients": [*named(1), {"label": "x", "expires_in_days": 1}],
            "starts_at": "2099-01-01T00:00:00Z",
        },
        "recipients[1].expires_in_days",
    ),
    ({"recipients": named(3), "max_opens": 0}, "max_opens"),
    ({"recipients": named(3), "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
    ({"recipients": named(3), "max_open": 1}, "max_open"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "field"), FAULTS)
def test_a_fault_is_named_and_nothing_is_made(
    server: Server, owner: httpx.Client, path: str, sent: dict[str, Any], field: str
) -> None:
    before = server.query(COUNT)
    answer = owner.post(path, json=sent, headers={"Idempotency-Key": secrets.token_hex(8)})
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["details"]["field"] == field
    assert server.query(COUNT) == before


def test_an_unknown_field_of_a_recipient_is_named(owner: httpx.Client, path: str) -> None:
    answer = owner.post(path, json={"recipients": [{"label": "Ana", "preview": False}]})
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (
        422,
        "recipients[0]",
    )


def test_five_hundred_are_made_listed_in_their_order_and_told_by_name(
    server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    song = upload(owner, make("flac", tmp_path_factory.mktemp("more") / "b.flac"))
    ((events,),) = server.query("SELECT count(*) FROM account_events")
    key = {"Idempotency-Key": secrets.token_hex(8)}
    sent = {"recipients": [{"label": "♪" * 110 + str(place)} for place in range(500)]}
    first = owner.post(f"/tracks/{song['id']}/share/batch", json=sent, headers=key)
    assert first.status_code == 201, first.text
    links = first.json()["items"]
    assert labels(links) == [one["label"] for one in sent["recipients"]]
    again = owner.post(f"/tracks/{song['id']}/share/batch", json=sent, headers=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert server.query("SELECT count(*) FROM account_events") == [(events + 1,)]
    number = int(song["id"].removeprefix("mtrack_"), 16)
    assert server.query(f"{COUNT} WHERE track_id = ?", number) == [(500,)]
    listed, cursor = list[str](), dict[str, str]()
    while True:
        page = owner.get("/share", params={"target_id": song["id"], "limit": 100} | cursor).json()
        listed += labels(page["items"])
        if "next_cursor" not in page:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert listed == labels(links)
    table = owner.get(f"/tracks/{song['id']}/stats.csv").text
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["label"] for row in rows] == labels(links)
    assert [row["link"] for row in rows] == [link["id"] for link in links]


def test_all_of_them_count_for_the_day(server: Server, owner: httpx.Client, path: str) -> None:
    """As many as are left fit, one more doesn't, and then none of them is made."""
    server.change("UPDATE shares SET created_at = created_at - ?", 2 * 86_400_000_000)
    before = server.query(COUNT)[0][0]
    for _ in range(19):
        assert owner.post(path, json={"recipients": named(500)}).status_code == 201
    assert owner.post(path, json={"recipients": named(498)}).status_code == 201
    refused = owner.post(path, json={"recipients": named(3)})
    assert (refused.status_code, refused.json()["error"]["details"]["most"]) == (429, 10_000)
    assert server.query(COUNT) == [(before + 9_998,)]
    assert owner.post(path, json={"recipients": named(2)}).status_code == 201
    assert owner.post(path, json={"recipients": named(1)}).status_code == 429
    server.change("UPDATE shares SET created_at = created_at - ?", 2 * 86_400_000_000)


def test_many_at_once_under_one_key_make_them_once(
    server: Server, owner: httpx.Client, path: str
) -> None:
    before, key = server.query(COUNT)[0][0], {"Idempotency-Key": secrets.token_hex(8)}
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda _: owner.post(path, json={"recipients": named(40)}, headers=key), range(4)
            )
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert server.query(COUNT) == [(before + 40,)]
    other = owner.post(path, json={"recipients": named(41)}, headers=key)
    assert (other.status_code, other.json()["error"]["details"]["field"]) == (
        422,
        "Idempotency-Key",
    )


def test_what_is_not_there_can_not_be_shared(server: Server, owner: httpx.Client) -> None:
    before = server.query(COUNT)
    for path in ("/tracks/mtrack_000000000000", "/collections/mcoll_000000000000"):
        answer = owner.post(f"{path}/share/batch", json={"recipients": named(2)})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert server.query(COUNT) == before
