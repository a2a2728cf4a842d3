"""A link's address is shown again to whoever made it, who finds the link by it, and to nobody who has the
database alone."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import engines
from cast import Server, run_forked, share, upload
from media.make_audio import make


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"), title="Harbour")


@pytest.fixture(scope="module")
def reader(server: Server, owner: httpx.Client) -> Iterator[httpx.Client]:
    """The same creator with a key that may only read."""
    made = owner.post("/keys", json={"scopes": ["read"]})
    assert made.status_code == 201, made.text
    with server.owner(made.json()["api_key"]) as client:
        yield client


def shown(owner: httpx.Client, link: dict[str, Any]) -> Any:
    answer = owner.get(f"/share/{link['id']}")
    assert answer.status_code == 200, answer.text
    assert "no-store" in answer.headers["cache-control"]
    return answer.json()["url"]


def test_the_address_is_shown_with_the_scope_share_and_in_no_list(
    owner: httpx.Client, reader: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    assert shown(owner, link) == link["url"]
    assert httpx.get(shown(owner, link)).json()["track"]["id"] == song["id"]
    assert shown(reader, link) is None
    for client in (owner, reader):
        assert link["token"] not in client.get("/share").text
        assert not any("url" in item for item in client.get("/share").json()["items"])


def test_a_new_address_takes_the_place_of_the_old_and_closing_destroys_it(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], max_opens=3)
    turned = owner.post(f"/share/{link['id']}/rotate").json()
    assert shown(owner, link) == turned["url"] != link["url"]
    number = int(link["id"].removeprefix("mslink_"), 16)
    wanted = "SELECT count(*) FROM sealed_tokens WHERE share_id = ?"
    assert server.query(wanted, number) == [(1,)]
    assert owner.delete(f"/share/{link['id']}").status_code == 200
    assert shown(owner, link) is None
    assert server.query(wanted, number) == [(0,)]


@pytest.mark.parametrize("ends", ["spent", "expired", "scheduled"])
def test_a_link_that_does_not_open_but_could_be_changed_so_that_it_does_is_shown(
    server: Server, owner: httpx.Client, song: dict[str, Any], ends: str
) -> None:
    link = share(owner, song["id"], max_opens=1)
    number = int(link["id"].removeprefix("mslink_"), 16)
    change = {
        "spent": "opens = 1", "expired": "expires_at = 1", "scheduled": "starts_at = 9000000000000000"
    }[ends]  # fmt: skip
    server.change(f"UPDATE shares SET {change} WHERE id = ?", number)  # noqa: S608
    assert owner.get(f"/share/{link['id']}").json()["state"] == ends
    assert shown(owner, link) == link["url"]


def test_somebody_elses_link_is_not_found(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    for told in (server.new_member(), server.new_member("owner")):
        with server.owner(told["api_key"]) as other:
            answer = other.get(f"/share/{link['id']}")
            assert answer.status_code == 404
            assert link["token"] not in answer.text


def test_a_link_is_found_by_its_token_by_whoever_made_it_alone(
    server: Server, owner: httpx.Client, reader: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], label="Ana")

    def find(client: httpx.Client, token: Any) -> httpx.Response:
        return client.post("/share/find", json={"token": token})

    listed = owner.get("/share", params={"limit": 1}).json()["items"]
    assert [find(owner, link["token"]).json()] == listed
    assert find(reader, link["token"]).json()["id"] == link["id"]
    with server.owner(server.new_member()["api_key"]) as other:
        foreign, unknown = find(other, link["token"]), find(other, "shr_" + "0" * 32)
        assert (foreign.status_code, unknown.status_code) == (404, 404)
        assert foreign.json()["error"]["message"] == unknown.json()["error"]["message"]
    turned = owner.post(f"/share/{link['id']}/rotate").json()
    assert find(owner, link["token"]).status_code == 404
    owner.delete(f"/share/{link['id']}").raise_for_status()
    assert find(owner, turned["token"]).json()["state"] == "revoked"
    for wrong in ("", "shr_", link["id"], turned["token"].upper()):
        assert find(owner, wrong).status_code == 404
    for wrong in ("x" * 101, None, 5):
        assert find(owner, wrong).status_code == 422


def test_the_database_alone_holds_no_address(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    token: str = share(owner, song["id"])["token"]
    held = engines.dump(server.backend)
    assert b"Harbour" in held
    root = (server.data / "secrets" / "link-keys").read_text().split()[1]
    for secret in (token, token[4:], root):
        assert secret.encode() not in held
    for secret in (token[4:], root):
        assert bytes.fromhex(secret) not in held


def test_a_link_from_before_has_none_and_gets_a_new_address(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    number = int(link["id"].removeprefix("mslink_"), 16)
    server.change("DELETE FROM sealed_tokens WHERE share_id = ?", number)
    assert shown(owner, link) is None
    assert httpx.get(link["url"]).status_code == 200
    assert shown(owner, link) is None
    assert owner.post(f"/share/{link['id']}/rotate").json()["url"] == shown(owner, link)


def test_the_command_shows_it(
    server: Server, owner: httpx.Client, song: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def show(link: str, *options: str) -> Any:
        asked = ("link", "show", link, "--server", server.url, *options)
        return run_forked(*asked, API_KEY=server.api_key)

    link = share(owner, song["id"])
    told = show(link["token"]).stdout
    assert told.splitlines()[0] == link["url"]
    assert "active, opened never, opens without limit" in told
    assert json.loads(show(link["id"], "--json").stdout)["url"] == link["url"]
    owner.delete(f"/share/{link['id']}")
    assert "can't be shown" in show(link["id"]).stdout
    for wrong in ("mslink_0", "mslink_000000000000", "shr_" + "0" * 32):
        refused = show(wrong)
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1


def test_what_the_operator_chooses_holds_from_the_next_start(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", {"KEEP_LINKS": "digest"})
    server.create()
    keys = server.data / "secrets" / "link-keys"
    song = make("wav16", tmp_path / "a.wav")
    server.start()
    with server.owner() as owner:
        track = upload(owner, song)["id"]
        assert shown(owner, share(owner, track)) is None
    assert server.query("SELECT count(*) FROM sealed_tokens") == [(0,)]
    server.stop()
    server.settings["KEEP_LINKS"] = "sealed"
    server.start()
    with server.owner() as owner:
        link = share(owner, track)
        assert shown(owner, link) == link["url"]
        new = f"{secrets.token_hex(4)} {secrets.token_hex(32)}\n"
        keys.write_text(new + keys.read_text())
        done = server.people("link", "reseal")
        nothing = {"resealed": 0, "current": 0, "destroyed": 0, "unreadable": 0}
        assert done == {**nothing, "resealed": 1, "webhooks": nothing}
        # Until its next start the server knows the old key alone: that's no error.
        assert shown(owner, link) is None
    server.stop()
    keys.write_text(new)
    server.start()
    with server.owner() as owner:
        assert shown(owner, link) == link["url"]
    server.stop()
