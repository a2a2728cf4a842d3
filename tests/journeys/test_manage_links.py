"""Links once they are made: listed, changed, rotated, and how they fare."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from engines import SENDS_AUDIO
from media.make_audio import make

DAY_US = 86_400_000_000


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=44_100)
    return upload(owner, path, title="Harbour")


def path_of(link: dict[str, Any]) -> str:
    return f"/v1/music/shared/{link['token']}"


def record(owner: httpx.Client, link: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = owner.get(f"/share/{link['id']}").json()
    return told


def test_the_list_is_ones_own_newest_first_without_a_token(server: Server, song: Any) -> None:
    told = server.new_member()
    with server.owner(told["api_key"]) as somebody:
        assert somebody.get("/share").json() == {"items": [], "limit": 50, "offset": 0}
        mine = somebody.post("/collections", json={"name": "Evening"}).json()["id"]
        links = [share(somebody, mine, label=f"No. {n}") for n in range(4)]
        items = somebody.get("/share").json()["items"]
        assert [item["id"] for item in items] == [link["id"] for link in links[::-1]]
        assert not any("token" in item or "url" in item for item in items)
        assert items[0]["target_title"] == "Evening"
        part = somebody.get("/share", params={"limit": 1, "offset": 2}).json()["items"]
        assert [item["label"] for item in part] == ["No. 1"]


def test_states_are_told_and_can_be_asked_for(
    server: Server, owner: httpx.Client, song: dict[str, Any], listener: httpx.Client
) -> None:
    mine = owner.post("/collections", json={"name": "States"}).json()["id"]
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    links = {
        "active": share(owner, mine),
        "scheduled": share(owner, mine, starts_at=soon),
        "revoked": share(owner, mine),
        "expired": share(owner, mine, expires_in_days=1),
        "spent": share(owner, mine, max_opens=1),
    }
    owner.delete(f"/share/{links['revoked']['id']}")
    number = int(links["expired"]["id"].removeprefix("mslink_"), 16)
    server.change("UPDATE shares SET expires_at = 1 WHERE id = ?", number)
    assert listener.get(path_of(links["spent"])).status_code == 200
    for state, link in links.items():
        assert record(owner, link)["state"] == state
        found = owner.get("/share", params={"state": state, "target_id": mine}).json()["items"]
        assert [item["id"] for item in found] == [link["id"]]
    assert len(owner.get("/share", params={"target_id": mine}).json()["items"]) == 5
    assert owner.get("/share", params={"target_id": song["id"]}).status_code == 200
    for wrong in ({"state": "open"}, {"target_id": "nonsense"}):
        refused = owner.get("/share", params=wrong)
        assert refused.status_code == 422
        assert {refused.json()["error"]["details"]["field"]} == set(wrong)


def test_opens_are_told_at_once_and_the_last_of_them(
    owner: httpx.Client, song: dict[str, Any], listener: httpx.Client
) -> None:
    for terms in ({}, {"max_opens": 10}):
        link = share(owner, song["id"], **terms)
        assert record(owner, link)["last_opened_at"] is None
        for opened in range(1, 4):
            listener.get(path_of(link))
            listener.head(path_of(link))
            told = record(owner, link)
            assert told["opens"] == opened
            assert told["last_opened_at"] is not None


def test_what_is_sent_changes(
    owner: httpx.Client, song: dict[str, Any], listener: httpx.Client
) -> None:
    link = share(owner, song["id"], label="Ana", expires_in_days=1)
    for _ in range(3):
        listener.get(path_of(link))
    changed = owner.patch(f"/share/{link['id']}", json={"max_opens": 4, "label": "Ben"}).json()
    assert (changed["max_opens"], changed["opens"], changed["label"]) == (4, 3, "Ben")
    assert changed["expires_at"] == link["expires_at"]
    assert [listener.get(path_of(link)).status_code for _ in range(2)] == [200, 404]
    lifted = owner.patch(
        f"/share/{link['id']}", json={"max_opens": None, "expires_in_days": None, "label": None}
    ).json()
    assert (lifted["max_opens"], lifted["expires_at"], lifted["label"]) == (None, None, None)
    assert listener.get(path_of(link)).status_code == 200
    assert record(owner, link)["opens"] == 5
    clamped = owner.patch(f"/share/{link['id']}", json={"expires_in_days": 500}).json()
    ends = datetime.fromisoformat(clamped["expires_at"])
    assert abs(ends - datetime.now(UTC) - timedelta(days=90)) < timedelta(seconds=30)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"max_opens": 0}, "max_opens"),
        ({"max_opens": 1}, "max_opens"),
        ({"visibility": None}, "visibility"),
        ({"label": "x" * 121}, "label"),
        ({"token": "shr_0"}, "token"),
    ],
)
def test_a_change_that_cannot_be_is_named_and_nothing_changes(
    owner: httpx.Client,
    song: dict[str, Any],
    listener: httpx.Client,
    sent: dict[str, Any],
    field: str,
) -> None:
    link = share(owner, song["id"])
    for _ in range(2):
        listener.get(path_of(link))
    refused = owner.patch(f"/share/{link['id']}", json=sent | {"expires_in_days": 3})
    assert refused.status_code == 422
    assert refused.json()["error"]["details"]["field"] == field
    assert record(owner, link)["expires_at"] is None


def test_a_rotated_link_has_one_token(
    server: Server, owner: httpx.Client, song: dict[str, Any], listener: httpx.Client
) -> None:
    link = share(owner, song["id"], max_opens=3)
    opened = listener.get(path_of(link))
    played = opened.json()["track"]["playback_url"]
    assert listener.get(played).status_code == 200
    turned = owner.post(f"/share/{link['id']}/rotate").json()
    assert turned["id"] == link["id"]
    assert turned["token"] != link["token"]
    assert turned["url"].endswith(turned["token"])
    assert listener.get(path_of(link)).status_code == 404
    assert listener.get(played).status_code == 403 or not SENDS_AUDIO
    session = {"Listen-Session": opened.headers["listen-session"]}
    renewed = listener.get(path_of(turned), headers=session)
    assert renewed.headers["listen-session"] != session["Listen-Session"]
    assert record(owner, link)["opens"] == 2
    # What was opened by the new token goes on by it.
    session = {"Listen-Session": renewed.headers["listen-session"]}
    again = listener.get(path_of(turned), headers=session)
    assert again.headers["listen-session"] == session["Listen-Session"]
    assert listener.get(again.json()["track"]["playback_url"]).status_code in (200, 307)
    assert record(owner, link)["opens"] == 2


def test_a_revoked_link_stays_as_it_is(owner: httpx.Client, song: dict[str, Any]) -> None:
    link = share(owner, song["id"])
    owner.delete(f"/share/{link['id']}")
    for refused in (
        owner.patch(f"/share/{link['id']}", json={"label": "Ben"}),
        owner.post(f"/share/{link['id']}/rotate"),
    ):
        assert refused.status_code == 409
        assert refused.json()["error"]["code"] == "CONFLICT"


def test_the_audit_of_one_link(
    server: Server, owner: httpx.Client, song: dict[str, Any], listener: httpx.Client
) -> None:
    link, other = share(owner, song["id"], max_opens=2), share(owner, song["id"])
    asked = [listener.get(path_of(link)) for _ in range(3)]
    asked.append(listener.head(path_of(link)))
    listener.get(path_of(other))
    listener.get(path_of(link), headers={"User-Agent": "Slackbot 1.0"})
    lines = owner.get(f"/share/{link['id']}/opens").json()["items"]
    assert [line["outcome"] for line in lines] == [
        "refused",
        "refused",
        "refused",
        "opened",
        "opened",
    ]
    assert [line["trace_id"] for line in lines[1:]] == [
        answer.headers["x-request-id"] for answer in reversed(asked)
    ]
    assert {line["reason"] for line in lines[:3]} == {"spent"}
    assert lines[0]["agent"] == "unfurler"
    assert len({line["client"] for line in lines}) == 1
    page = owner.get(f"/share/{link['id']}/opens", params={"limit": 2, "offset": 1}).json()
    assert page["items"] == lines[1:3]


BROWSERS_OPEN = {"User-Agent": "Mozilla/5.0 (X11) Firefox/140.0", "Accept": "application/json"}


def test_stats_by_day_stay_when_the_lines_are_let_go(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    for opens in (2, 1):
        with server.listener() as somebody:
            for _ in range(opens):
                somebody.get(path_of(link), headers=BROWSERS_OPEN)
            asks_by_name = {"User-Agent": "facebookexternalhit/1.1", "Accept": "application/json"}
            somebody.get(path_of(link), headers=asks_by_name)
    number = int(link["id"].removeprefix("mslink_"), 16)
    stats = owner.get(f"/share/{link['id']}/stats").json()
    (today,) = stats["days"]
    assert (stats["opens"], today["opens"], today["listeners"]) == (5, 5, 2)
    assert today["bot_requests"] == 2
    for table in ("audit", "audit_by_share"):
        server.change(
            f"UPDATE {table} SET at = at - ? WHERE share_id = ?",  # noqa: S608
            200 * DAY_US,
            number,
        )
    moved = owner.get(f"/share/{link['id']}/stats").json()["days"]
    assert [day | {"date": ""} for day in moved] == [today | {"date": ""}]
    server.stop()
    server.start()
    for _ in range(100):
        if not server.query("SELECT 1 FROM audit WHERE share_id = ?", number):
            break

        time.sleep(0.1)
    assert server.query("SELECT 1 FROM audit WHERE share_id = ?", number) == []
    assert server.query("SELECT 1 FROM audit_by_share WHERE share_id = ?", number) == []
    kept = owner.get(f"/share/{link['id']}/stats").json()
    assert kept["days"] == moved
    assert kept["opens"] == 5
