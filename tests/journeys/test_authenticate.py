"""Who may do what: keys, organisations, scopes; one thing foreign is one thing unknown."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from listenlink.model.api_key import new_api_key
from listenlink.store import people
from listenlink.store.database.database import Database
from media.make_audio import make

OWNERS_ROUTES = [
    ("POST", "/tracks"),
    ("GET", "/tracks/{track}"),
    ("DELETE", "/tracks/{track}"),
    ("POST", "/tracks/{track}/share"),
    ("POST", "/collections"),
    ("GET", "/collections/{collection}"),
    ("DELETE", "/collections/{collection}"),
    ("POST", "/collections/{collection}/tracks"),
    ("POST", "/collections/{collection}/share"),
    ("DELETE", "/share/{share}"),
]


@pytest.fixture(scope="module")
def things(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One of each thing of the owner's."""
    song = upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))
    collection = owner.post("/collections", json={"name": "Mine"}).json()
    return {
        "track": song["id"],
        "collection": collection["id"],
        "share": share(owner, song["id"])["id"],
    }


@pytest.fixture(scope="module")
def database(server: Server) -> Iterator[Database]:
    opened = server.backend.open()
    yield opened
    opened.close()


def add_key(database: Database, server: Server, **changes: Any) -> str:
    """A key of the server's organisation for a new user, or for another organisation."""
    raw_key = new_api_key()

    def add(connection: Any) -> None:
        organization = int(server.organization_id.removeprefix("org_"), 16)
        if changes.get("other_organization"):
            organization = people.add_organization(connection, "Other", 1)
        user = people.add_user(connection, f"{secrets.token_hex(4)}@localhost", 1)
        people.add_membership(connection, organization, user, "member", 1)
        scopes = frozenset(changes.get("scopes", ("read", "write", "share", "admin")))
        expires_at = changes.get("expires_at")
        people.add_api_key(connection, raw_key, organization, user, scopes, 1, expires_at)

    database.write_now(add)
    return raw_key


def ask(
    client: httpx.Client, method: str, path: str, things: dict[str, str]
) -> tuple[int, str, str]:
    answer = client.request(method, path.format(**things), json=body_of(method, path, things))
    error = answer.json().get("error", {})
    return answer.status_code, error.get("code", ""), error.get("message", "")


def body_of(method: str, path: str, things: dict[str, str]) -> Any:
    if path.endswith("/collections") and method == "POST":
        return {"name": "New"}
    return {"track_id": things["track"]} if path.endswith("}/tracks") else None


def test_a_key_is_needed_and_each_fault_has_its_code(
    server: Server, database: Database, things: dict[str, str]
) -> None:
    deactivated = add_key(database, server)
    server.change("UPDATE api_keys SET deactivated_at = 1 WHERE shown_prefix = ?", deactivated[:8])
    cases = [
        ({}, 401, "AUTHENTICATION_REQUIRED"),
        ({"Authorization": "Basic abc"}, 401, "AUTHENTICATION_REQUIRED"),
        ({"X-API-Key": "nonsense"}, 401, "INVALID_API_KEY"),
        ({"X-API-Key": new_api_key()}, 401, "INVALID_API_KEY"),
        ({"X-API-Key": add_key(database, server, expires_at=2)}, 401, "API_KEY_EXPIRED"),
        ({"X-API-Key": deactivated}, 401, "API_KEY_DEACTIVATED"),
    ]
    for headers, status, code in cases:
        with httpx.Client(base_url=server.owner().base_url, headers=headers) as client:
            for method, path in OWNERS_ROUTES:
                assert ask(client, method, path, things)[:2] == (status, code), (headers, path)


def test_both_ways_of_sending_a_key_work(server: Server, things: dict[str, str]) -> None:
    for headers in (
        {"X-API-Key": server.api_key},
        {"Authorization": f"Bearer {server.api_key}"},
        {"Authorization": f"bearer {server.api_key}"},
    ):
        with httpx.Client(base_url=server.owner().base_url, headers=headers) as client:
            assert client.get(f"/tracks/{things['track']}").status_code == 200


def test_another_organisation_and_one_that_does_not_exist_answer_alike(
    server: Server, database: Database, things: dict[str, str]
) -> None:
    key = add_key(database, server, other_organization=True)
    for organization in (server.organization_id, "org_000000000000", "nonsense"):
        base = f"{server.url}/v1/music/{organization}"
        with httpx.Client(base_url=base, headers={"X-API-Key": key}) as client:
            for method, path in OWNERS_ROUTES:
                assert ask(client, method, path, things) == (
                    403,
                    "ORGANIZATION_ACCESS_DENIED",
                    "You don't have access to this organization",
                )


def test_a_colleague_finds_what_a_stranger_would(
    server: Server, database: Database, owner: httpx.Client, things: dict[str, str]
) -> None:
    unknown = {
        "track": "mtrack_000000000000",
        "collection": "mcoll_000000000000",
        "share": "mslink_000000000000",
    }
    with server.owner(add_key(database, server)) as colleague:
        for method, path in OWNERS_ROUTES:
            if "{" not in path:
                continue
            told = ask(colleague, method, path, things)
            assert told == ask(colleague, method, path, unknown), path
            assert told[:2] == (404, "RESOURCE_NOT_FOUND"), path
    assert owner.get(f"/tracks/{things['track']}").status_code == 200
    assert owner.get(f"/collections/{things['collection']}").json()["track_count"] == 0


def test_a_key_does_only_what_its_scopes_say(
    server: Server, database: Database, things: dict[str, str]
) -> None:
    for scope in ("read", "write", "share", "admin"):
        with server.owner(add_key(database, server, scopes=(scope,))) as client:
            for method, path in OWNERS_ROUTES:
                needed = "share" if "share" in path else "read" if method == "GET" else "write"
                status, code, _ = ask(client, method, path, things)
                is_denied = (status, code) == (403, "INSUFFICIENT_PERMISSIONS")
                assert is_denied == (scope != needed), (scope, method, path)


def test_a_caller_learns_whose_key_it_is(server: Server) -> None:
    answer = httpx.get(server.url + "/v1/caller", headers={"X-API-Key": server.api_key})
    assert answer.json()["organization_id"] == server.organization_id
    assert answer.json()["scopes"] == ["admin", "read", "share", "write"]
