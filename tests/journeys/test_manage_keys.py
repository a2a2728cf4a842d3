"""Keys: made by the operator's commands and by those who may, never with more than their minter has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from cast import Server


def test_a_minted_key_works_and_is_listed_without_itself(
    server: Server, owner: httpx.Client
) -> None:
    made = owner.post("/keys", json={"scopes": ["read"], "expires_in_days": 2}).json()
    with server.owner(made["api_key"]) as reader:
        assert reader.get("/tracks/mtrack_000000000000").status_code == 404
        assert reader.get("/keys").status_code == 403
    listed = owner.get("/keys").json()
    assert (listed["limit"], listed["offset"]) == (50, 0)
    assert made["api_key"] not in str(listed)
    assert listed["items"][0] == {
        name: value for name, value in made.items() if name != "api_key"
    } | {"state": "active"}
    second = owner.get("/keys", params={"limit": 1, "offset": 1}).json()["items"]
    assert second == listed["items"][1:2]
    for wrong in ({"limit": 0}, {"limit": 101}, {"offset": -1}, {"limit": "many"}):
        assert owner.get("/keys", params=wrong).status_code == 422


def test_a_key_never_has_more_than_its_minter(server: Server, owner: httpx.Client) -> None:
    minter = owner.post("/keys", json={"scopes": ["admin", "read"], "expires_in_days": 1}).json()
    with server.owner(minter["api_key"]) as client:
        refused = client.post("/keys", json={"scopes": ["read", "write"]})
        assert refused.status_code == 403
        assert refused.json()["error"]["code"] == "INSUFFICIENT_PERMISSIONS"
        for days in (None, 30):
            made = client.post("/keys", json={"scopes": ["read"], "expires_in_days": days})
            assert made.json()["expires_at"] == minter["expires_at"]
    begun, ends = (datetime.fromisoformat(minter[name]) for name in ("created_at", "expires_at"))
    assert ends - begun == timedelta(days=1)


@pytest.mark.parametrize(
    "body", [{}, {"scopes": []}, {"scopes": ["all"]}, {"scopes": ["read"], "expires_in_days": 0}]
)
def test_a_bad_key_is_refused(owner: httpx.Client, body: dict[str, object]) -> None:
    assert owner.post("/keys", json=body).status_code == 422


def test_a_key_can_switch_itself_off(server: Server, owner: httpx.Client) -> None:
    made = owner.post("/keys", json={"scopes": ["admin"]}).json()
    with server.owner(made["api_key"]) as client:
        assert client.delete(f"/keys/{made['id']}").json()["success"] is True
        gone = client.get("/keys")
        assert (gone.status_code, gone.json()["error"]["code"]) == (401, "API_KEY_DEACTIVATED")
    again = owner.delete(f"/keys/{made['id']}")
    assert again.json() == {"success": True, "id": made["id"], "detail": "API key deactivated."}


def test_a_keys_end_can_be_changed_but_not_past_that_of_the_key_that_does_it(
    server: Server, owner: httpx.Client
) -> None:
    made = owner.post("/keys", json={"scopes": ["read"]}).json()
    path = f"/keys/{made['id']}"
    told = owner.patch(path, json={"expires_in_days": 3}).json()
    assert told == owner.get("/keys").json()["items"][0]
    ends = datetime.fromisoformat(told["expires_at"])
    assert timedelta(days=2.99) < ends - datetime.now(UTC) <= timedelta(days=3)
    assert owner.patch(path, json={}).json() == told
    short = owner.post("/keys", json={"scopes": ["admin", "read"], "expires_in_days": 1}).json()
    with server.owner(short["api_key"]) as client:
        for days in (None, 30):
            changed = client.patch(path, json={"expires_in_days": days}).json()
            assert changed["expires_at"] == short["expires_at"]
        itself = client.patch(f"/keys/{short['id']}", json={"expires_in_days": 30}).json()
        assert itself["expires_at"] == short["expires_at"]
        writer = owner.post("/keys", json={"scopes": ["read", "write"], "expires_in_days": 1})
        more = f"/keys/{writer.json()['id']}"
        refused = client.patch(more, json={"expires_in_days": 30})
        assert refused.json()["error"]["code"] == "INSUFFICIENT_PERMISSIONS"
        assert client.delete(more).status_code == 200
    assert owner.patch(path, json={"expires_in_days": None}).json()["expires_at"] is None
    noted = server.query("SELECT count(*) FROM account_events WHERE what = 'key_changed'")
    assert noted == [(5,)]


def test_a_key_that_is_over_stays_so(server: Server, owner: httpx.Client) -> None:
    off, expired = (owner.post("/keys", json={"scopes": ["read"]}).json() for _ in range(2))
    owner.delete(f"/keys/{off['id']}").raise_for_status()
    server.change(
        "UPDATE api_keys SET expires_at = 1 WHERE id = ?",
        int(expired["id"].removeprefix("key_"), 16),
    )
    for key in (off, expired):
        assert owner.patch(f"/keys/{key['id']}", json={"expires_in_days": 9}).status_code == 409
        with server.owner(key["api_key"]) as client:
            assert client.get("/tracks").status_code == 401
    for days in (0, 3651, "9", 1.5):
        answer = owner.patch(f"/keys/{off['id']}", json={"expires_in_days": days})
        assert answer.json()["error"]["details"]["field"] == "expires_in_days"


def test_one_user_in_two_organisations_with_what_each_role_may(server: Server) -> None:
    made = server.people("org", "add", "Second", "--user", "both@a.example")
    joined = server.people("user", "add", "BOTH@a.example", "--org", server.organization_id)
    assert joined["user_id"] == made["user_id"]
    base = f"{server.url}/v1"
    scopes = [
        httpx.get(base + "/caller", headers={"X-API-Key": one["api_key"]}).json()["scopes"]
        for one in (made, joined)
    ]
    assert scopes == [["admin", "read", "share", "write"], ["read", "share", "write"]]
    server.people("key", "revoke", joined["key_id"])
    gone = httpx.get(base + "/caller", headers={"X-API-Key": joined["api_key"]})
    assert gone.json()["error"]["code"] == "API_KEY_DEACTIVATED"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["org", "add", " ", "--user", "a@b.example"], "the name of an organisation"),
        (["org", "add", "Third", "--user", "nobody"], "e-mail"),
        (["user", "add", "a@b.example", "--org", "org_000000000000"], "there is no organisation"),
        (["user", "add", "a@b.example", "--org", "{org}", "--role", "king"], "a role is one of"),
        (["user", "add", "me@localhost", "--org", "{org}"], "is a member already"),
        (["key", "add", "--org", "{org}", "--user", "x@y.example"], "isn't a member"),
        (["key", "add", "--org", "{org}", "--user", "me@localhost", "--scopes", "x"], "scopes are"),
        (["key", "revoke", "key_000000000000"], "there is no key"),
    ],
)
def test_what_cannot_be_done_is_one_line(server: Server, arguments: list[str], said: str) -> None:
    before = server.query("SELECT count(*) FROM organizations, users, api_keys")
    filled = [argument.format(org=server.organization_id) for argument in arguments]
    done = server.cli(*filled)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert said in done.stderr
    assert server.query("SELECT count(*) FROM organizations, users, api_keys") == before
