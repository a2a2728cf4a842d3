"""Suspending an organisation: its links and keys are refused, what runs stops; resumed, all is back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from engines import SENDS_AUDIO
from journeys.leaving import Organization, code_of, doors_of, get, kept
from journeys.refused import normalized, number_of, token_path
from pieces import begin, offset_of, send


@pytest.fixture(scope="module")
def one(server: Server, evening: Path) -> Iterator[Organization]:
    made = Organization(server, evening)
    yield made
    made.owner.close()


@pytest.fixture
def organization(one: Organization) -> Iterator[Organization]:
    """The same for all tests, not suspended, whatever became of the one before."""
    yield one
    if one.owner.get("/tracks").status_code != 200:
        one.resume()


def test_every_door_is_closed_and_opens_again_with_nothing_lost(
    server: Server, organization: Organization, listener: httpx.Client
) -> None:
    organization.owner.post("/collections", json={"name": "A"}, headers={"Idempotency-Key": "a"})
    begin(organization.owner, 100)
    link = share(organization.owner, organization.song["id"], max_opens=9, allow_download=True)
    doors = doors_of(listener, link)
    before_it = {name: listener.request(**asked) for name, asked in doors.items()}
    assert not [answer for answer in before_it.values() if answer.is_error], before_it
    opens = organization.owner.get(f"/share/{link['id']}").json()["opens"]
    assert opens > 0
    before, counted = kept(server), len(server.audit("--share", link["id"]))
    unknown = listener.get("/v1/music/shared/shr_" + "0" * 32)

    organization.suspend()
    told = {name: listener.request(**asked) for name, asked in doors.items()}
    for name, answer in told.items():
        assert answer.status_code == (403 if name in ("play", "download") else 404), name
        assert "Evening" not in answer.text, name
        assert organization.song["id"] not in answer.text, name
    assert normalized(told["open"]) == normalized(unknown)
    assert server.outcome_of(told["open"]) == ("refused", "suspended")
    assert server.outcome_of(told["page"]) == ("refused", "suspended")
    assert kept(server) == before
    lines = server.audit("--share", link["id"])[counted:]
    assert lines
    assert {(line["outcome"], line["reason"]) for line in lines} == {("refused", "suspended")}

    organization.resume()
    assert organization.owner.get(f"/share/{link['id']}").json()["opens"] == opens
    assert kept(server) == before
    for name, asked in doors.items():
        assert listener.request(**asked).status_code == before_it[name].status_code, name


def test_its_keys_say_so_and_write_nothing(server: Server, organization: Organization) -> None:
    owner = organization.owner
    link = share(owner, organization.song["id"])
    path = begin(owner, 100)
    assert send(owner, path, 0, b"x" * 10).status_code == 204
    organization.suspend()
    before = kept(server)
    refused = [
        get(f"{server.url}/v1/caller", headers=owner.headers),
        owner.get("/tracks"),
        owner.post("/collections", json={"name": "B"}),
        owner.delete(f"/share/{link['id']}"),
        owner.post("/keys", json={"scopes": ["read"]}),
        send(owner, path, 10, b"x"),
    ]
    assert {code_of(answer) for answer in refused} == {(403, "ORGANIZATION_SUSPENDED")}
    # A key that holds no more says that, not how its organisation stands.
    nobody = get(f"{server.url}/v1/caller", headers={"X-API-Key": "ak_" + "0" * 40})
    assert code_of(nobody) == (401, "INVALID_API_KEY")
    assert kept(server) == before
    organization.resume()
    assert offset_of(owner, path) == 10
    assert owner.get(f"/share/{link['id']}").json()["state"] == "active"


def test_what_ended_meanwhile_has_ended(
    server: Server, organization: Organization, listener: httpx.Client
) -> None:
    links = {
        reason: share(organization.owner, organization.song["id"])
        for reason in ("expired", "revoked")
    }
    organization.owner.delete(f"/share/{links['revoked']['id']}")
    organization.suspend()
    now_us = time.time_ns() // 1000
    number = number_of(links["expired"]["id"])
    server.change("UPDATE shares SET expires_at = ? WHERE id = ?", now_us + 300_000, number)
    answer = listener.get(token_path(links["expired"]))
    assert server.outcome_of(answer) == ("refused", "suspended")
    time.sleep(0.4)
    for is_over in (False, True):
        if is_over:
            organization.resume()
        for reason, link in links.items():
            assert server.outcome_of(listener.get(token_path(link))) == ("refused", reason)


def test_others_notice_nothing(
    server: Server, owner: httpx.Client, organization: Organization, evening: Path
) -> None:
    """Neither the other organisations, nor what their users saved of others'; but what is the suspended
    one's plays for nobody."""
    mine = upload(owner, evening, title="Mine")
    with server.listener() as listener:
        link, theirs = share(owner, mine["id"]), share(organization.owner, organization.song["id"])
        saved = owner.post(f"{server.url}{token_path(theirs)}/save")
        assert saved.status_code == 201, saved.text
        path = f"/tracks/{organization.song['id']}"
        address = owner.get(path).json()["playback_url"]
        assert get(address).status_code in (200, 206)
        organization.suspend()
        assert listener.get(token_path(link)).status_code == 200
        assert listener.get(token_path(link), headers={"Accept": "text/html"}).status_code == 200
        assert get(owner.get(f"/tracks/{mine['id']}").json()["playback_url"]).is_success
        # A bucket's address, once given, is good to its end: a new one isn't given.
        if SENDS_AUDIO:
            assert get(address).status_code == 403
        assert get(owner.get(path).json()["playback_url"]).status_code == 403
        organization.resume()
        assert get(owner.get(path).json()["playback_url"]).is_success


def test_lists_say_so_and_twice_is_once(server: Server, organization: Organization) -> None:
    def states() -> set[str]:
        shown: list[str] = []
        for command in ("org", "user", "key"):
            rows: Any = server.people(command, "list")
            shown += [row["state"] for row in rows if row["organization_id"] == organization.id]
        assert len(shown) == 3
        return set(shown)

    assert states() == {"active"}
    first = server.people("org", "suspend", organization.id)
    assert server.people("org", "suspend", organization.id) == first
    assert states() == {"suspended"}
    assert server.people("org", "resume", organization.id)["was_suspended"] is True
    assert server.people("org", "resume", organization.id)["was_suspended"] is False
    assert states() == {"active"}
    for command in ("suspend", "resume"):
        unknown = server.cli("org", command, "org_000000000000")
        assert (unknown.returncode, unknown.stdout) == (1, "")
        assert "there is no organisation org_000000000000" in unknown.stderr
