"""Making and revoking links: terms, limits, and nobody but the creator."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cast import Server, share, upload
from engines import SENDS_AUDIO
from media.make_audio import make


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))


def test_a_link_by_default(server: Server, owner: httpx.Client, song: dict[str, Any]) -> None:
    link = owner.post(f"/tracks/{song['id']}/share").json()
    assert list(link) == [
        "id", "token", "url", "target_type", "visibility", "expires_at", "created_at", "max_opens", "label",
        "starts_at", "allow_download", "preview", "strict_open", "version", "has_password",
        "revocation_reaches_players_within_seconds",
        "revocation_cuts_running_streams",
    ]  # fmt: skip
    assert link["id"].startswith("mslink_")
    assert link["url"] == f"{server.url}/v1/music/shared/{link['token']}"
    assert (link["target_type"], link["visibility"]) == ("track", "link_only")
    assert (link["expires_at"], link["max_opens"], link["label"]) == (None, None, None)
    assert (link["allow_download"], link["preview"]) == (False, True)
    assert link["strict_open"] is False
    assert link["revocation_reaches_players_within_seconds"] == (1 if SENDS_AUDIO else 300)
    assert link["revocation_cuts_running_streams"] is SENDS_AUDIO


@pytest.mark.parametrize(("asked", "given"), [(1, 1), (90, 90), (91, 90), (10_000, 90)])
def test_days_above_ninety_are_clamped(
    owner: httpx.Client, song: dict[str, Any], asked: int, given: int
) -> None:
    link = share(owner, song["id"], expires_in_days=asked)
    expires = datetime.fromisoformat(link["expires_at"])
    assert abs(expires - datetime.now(UTC) - timedelta(days=given)) < timedelta(seconds=30)


def test_all_terms_are_kept(owner: httpx.Client, song: dict[str, Any]) -> None:
    terms = {
        "visibility": "public",
        "max_opens": 7,
        "label": "for the radio",
        "starts_at": "2030-01-02T03:04:05+01:00",
    }
    link = share(owner, song["id"], **terms)
    assert (link["visibility"], link["max_opens"], link["label"]) == ("public", 7, "for the radio")
    assert link["starts_at"] == "2030-01-02T02:04:05Z"


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": "3"}, "expires_in_days"),
        ({"max_opens": "null"}, "max_opens"),
        ({"starts_at": 57757}, "starts_at"),
        ({"allow_download": "true"}, "allow_download"),
        ({"strict_open": "true"}, "strict_open"),
        ({"strict_open": None}, "strict_open"),
        ({"expires_in_days": True}, "expires_in_days"),
        ({"max_opens": 0}, "max_opens"),
        ({"visibility": "secret"}, "visibility"),
        ({"label": "x" * 121}, "label"),
        ({"starts_at": "2030-01-02T03:04:05"}, "starts_at"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"max_open": 1}, "max_open"),
    ],
)
def test_wrong_terms_are_named(
    server: Server, owner: httpx.Client, song: dict[str, Any], terms: dict[str, Any], field: str
) -> None:
    before = server.query("SELECT count(*) FROM shares")
    answer = owner.post(f"/tracks/{song['id']}/share", json=terms)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"
    assert answer.json()["error"]["details"]["field"] == field
    assert server.query("SELECT count(*) FROM shares") == before


def test_what_is_not_there_can_not_be_shared(owner: httpx.Client) -> None:
    for path in (
        "/tracks/mtrack_000000000000/share",
        "/tracks/mtrack_00/share",
        "/collections/mcoll_000000000000/share",
        "/tracks/mcoll_000000000000/share",
    ):
        answer = owner.post(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")


def test_revoking_again_is_the_same(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    answers = [owner.delete(f"/share/{link['id']}") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert {answer.text for answer in answers} == {
        f'{{"success":true,"id":"{link["id"]}","detail":"Share link revoked."}}'
    }
    assert listener.get(f"/v1/music/shared/{link['token']}").status_code == 404
    assert owner.delete("/share/mslink_000000000000").status_code == 404


def test_a_link_before_its_time_leads_nowhere_and_then_opens(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], starts_at="2099-01-01T00:00:00Z")
    path = f"/v1/music/shared/{link['token']}"
    assert listener.get(path).status_code == 404
    number = int(link["id"].removeprefix("mslink_"), 16)
    server.change("UPDATE shares SET starts_at = 1 WHERE id = ?", number)
    assert listener.get(path).status_code == 200


def test_max_opens_holds_when_many_race_for_the_last(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    import asyncio

    async def race(path: str) -> list[int]:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
            addresses = [{"X-Forwarded-For": f"203.0.113.{n}"} for n in range(60)]
            answers = await asyncio.gather(*(client.get(path, headers=h) for h in addresses))
        return [answer.status_code for answer in answers]

    for max_opens in (1, 2, 13):
        link = share(owner, song["id"], max_opens=max_opens)
        statuses = asyncio.run(race(f"/v1/music/shared/{link['token']}"))
        assert statuses.count(200) == max_opens
        assert statuses.count(404) == 60 - max_opens
        number = int(link["id"].removeprefix("mslink_"), 16)
        assert server.query("SELECT opens FROM shares WHERE id = ?", number) == [(max_opens,)]


_OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_EPOCH = datetime.fromisoformat("1970-01-01")
_LATEST = datetime.fromisoformat("9999-12-30")
_STARTS = st.one_of(
    st.datetimes(timezones=_OFFSETS).map(datetime.isoformat),
    st.datetimes(min_value=_LATEST, timezones=_OFFSETS).map(datetime.isoformat),
    st.datetimes(
        min_value=_EPOCH - timedelta(days=2),
        max_value=_EPOCH + timedelta(days=2),
        timezones=_OFFSETS,
    ).map(datetime.isoformat),
    st.integers(-(10**40), 10**40),
    st.floats(),
)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(sent=_STARTS)
@example("0001-01-01T00:00:00+14:00")
@example("0001-01-01T00:00:00Z")
@example("9999-12-31T23:59:59-12:00")
@example("9999-12-31T23:59:59.999999+14:00")
@example("9999-12-31T23:59:59Z")
@example("1970-01-01T00:00:00Z")
@example("1969-12-31T23:59:59.5Z")
@example("2026-06-28T10:30:00-0000")
@example("2026-06-30T23:59:60Z")
@example("10000-01-01T00:00:00Z")
@example("2026-06-28T24:00:00Z")
def test_a_start_is_from_1970_to_9999_or_refused_and_no_list_breaks_of_it(
    owner: httpx.Client, song: dict[str, Any], sent: Any
) -> None:
    body = json.dumps({"starts_at": sent})
    headers = {"Content-Type": "application/json"}
    answer = owner.post(f"/tracks/{song['id']}/share", content=body, headers=headers)
    if answer.status_code == 201:
        at = datetime.fromisoformat(sent)
        # Of the calendar's end there is no later time, so this isn't reckoned in UTC.
        seconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
        assert 0 <= seconds <= 253_402_300_799
        told = datetime.fromisoformat(answer.json()["starts_at"])
        assert (told - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) == seconds
        changed = owner.patch(f"/share/{answer.json()['id']}", json={"expires_in_days": 10**30})
        if seconds < time.time() + 90 * 86_400 - 60:
            assert changed.json()["starts_at"] == answer.json()["starts_at"]
        else:
            # Ninety days from now is the latest end, and would be before the start.
            named = changed.json()["error"]["details"]["field"]
            assert (changed.status_code, named) == (422, "expires_in_days")
    elif answer.status_code != 400:  # NaN isn't JSON.
        assert answer.status_code == 422
        assert answer.json()["error"]["details"]["field"] == "starts_at"
        assert not isinstance(sent, str) or not _is_told(sent)
    assert owner.get("/share", params={"limit": 100}).status_code == 200


def _is_told(sent: str) -> bool:
    """Whether this is a time with a zone, of the years 1970 to 9999 in UTC."""
    if re.fullmatch(r"[0-9]{4}-[^ ]+T(?!24)[^ ]+", sent) is None or ":60" in sent:
        return False
    seconds = (datetime.fromisoformat(sent) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        seconds=1
    )
    return 0 <= seconds <= 253_402_300_799


@pytest.mark.parametrize("at", [-(2**62), -62_135_596_800_000_001, 253_402_300_800_000_000, 2**62])
def test_a_time_that_no_calendar_has_breaks_no_list(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any], at: int
) -> None:
    link = share(owner, song["id"])
    number = int(link["id"].removeprefix("mslink_"), 16)
    for column in ("created_at", "starts_at", "expires_at"):
        server.change(f"UPDATE shares SET {column} = ? WHERE id = ?", at, number)  # noqa: S608
    told = owner.get(f"/share/{link['id']}")
    nearest = "0001-01-01T00:00:00Z" if at < 0 else "9999-12-31T23:59:59Z"
    assert (told.status_code, told.json()["expires_at"]) == (200, nearest)
    assert owner.get("/share", params={"limit": 100}).status_code == 200
    page = listener.get(f"/v1/music/shared/{link['token']}", headers={"Accept": "text/html"})
    assert page.status_code == 404
    server.change("UPDATE shares SET created_at = 1 WHERE id = ?", number)
