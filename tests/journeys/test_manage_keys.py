"""Keys: made by the operator's commands and by those who may, never with more than their minter has."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from cast import Server, share, upload
from media.make_audio import make
from pieces import begin, offset_of, send


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


def test_a_key_ends_alone(server: Server, listener: httpx.Client, tmp_path: Path) -> None:
    """Its user keeps their other keys, also those that it made, their links and whatever runs. Only what is
    still to be written with it isn't: not even by a request that began before."""
    song = make("wav16", tmp_path / "a.wav", sample_count=400_000)
    ends = server.new_member("owner")
    with server.owner(ends["api_key"]) as ending, server.owner() as nobodys:
        minted = ending.post("/keys", json={"scopes": ["read", "write", "share"]}).json()
        track = upload(ending, song)
        link = share(ending, track["id"])
        opened = listener.get(f"/v1/music/shared/{link['token']}")
        session = {"Listen-Session": opened.headers["listen-session"]}
        path = begin(ending, song.stat().st_size)
        data = song.read_bytes()
        asked = httpx.Request(
            "POST", server.url, data={"engine": "studio"}, files={"file": ("b.wav", data + b"\0\0")}
        )
        form, half, going_on = asked.read(), threading.Event(), threading.Event()
        answers: dict[str, httpx.Response] = {}

        def in_two(body: bytes) -> Iterator[bytes]:
            yield body[:1000]
            half.set()
            going_on.wait(30)
            yield body[1000:]

        def send_form() -> None:
            kind = {"Content-Type": asked.headers["content-type"]}
            answers["form"] = nobodys.post(
                "/tracks", content=in_two(form), headers={"X-API-Key": ends["api_key"]} | kind
            )

        def send_piece() -> None:
            answers["piece"] = send(ending, path, 0, in_two(data[:5000]))

        sending = [threading.Thread(target=one) for one in (send_form, send_piece)]
        for thread in sending:
            thread.start()
            assert half.wait(10)
            half.clear()
        time.sleep(0.3)
        tracks = server.query("SELECT count(*) FROM tracks")
        server.people("key", "revoke", ends["key_id"])
        going_on.set()
        for thread in sending:
            thread.join(30)
        told = answers["form"]
        assert (told.status_code, told.json()["error"]["code"]) == (401, "API_KEY_DEACTIVATED")
        assert server.query("SELECT count(*) FROM tracks") == tracks
        # The piece was one of the user's: it has arrived, and another key of theirs goes on.
        assert answers["piece"].status_code == 204
        assert send(ending, path, 5000, data[5000:]).status_code == 401
    with server.owner(minted["api_key"]) as other:
        assert offset_of(other, path) == 5000
        assert send(other, path, 5000, data[5000:]).status_code == 204
        assert other.get(f"/share/{link['id']}").json()["state"] == "active"
        assert httpx.get(track["playback_url"]).status_code == 200
    renewed = listener.get(f"/v1/music/shared/{link['token']}", headers=session)
    assert renewed.json()["available"] is True
    assert renewed.headers["listen-session"] == session["Listen-Session"]
