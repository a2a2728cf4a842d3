"""An Idempotency-Key makes one object of many equal POSTs: at one moment, across a kill, a day long."""

from __future__ import annotations

import asyncio
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

import engines
from asking import until_answered
from cast import Server, share, upload
from media.make_audio import make
from pieces import ENGINE, LENGTH, TUS
from trust.figures import FULL, figure

AT_ONCE = 100 if FULL else 25
Post = tuple[str, dict[str, Any]]
Posts = dict[str, Post]
WEBHOOK = {"url": "http://127.0.0.1:9/hook", "events": ["link.spread"]}
_OTHER = WEBHOOK | {"shape": "slack"}
DAY_US = 86_400_000_000


@pytest.fixture(scope="module")
def posts(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> Posts:
    """The POSTs that take the header: all that can't be repeated safely without."""
    song = make("wav16", tmp_path_factory.mktemp("audio") / "song.wav", sample_count=5000)
    track = upload(owner, song)["id"]
    collection = owner.post("/collections", json={"name": "Mine"}).json()["id"]
    link = share(owner, track)["id"]
    file = {"file": ("song.wav", song.read_bytes())}
    return {
        "upload": ("/tracks", {"data": {"engine": "studio"}, "files": file}),
        "collection": ("/collections", {"json": {"name": "Evening"}}),
        "share a track": (f"/tracks/{track}/share", {"json": {"max_opens": 3}}),
        "share a collection": (f"/collections/{collection}/share", {}),
        "key": ("/keys", {"json": {"scopes": ["read"]}}),
        "rotate": (f"/share/{link}/rotate", {}),
        "webhook": ("/webhooks", {"json": WEBHOOK}),
        "pieces": ("/uploads", {"headers": TUS | LENGTH | ENGINE}),
    }


KINDS = [
    "upload", "collection", "share a track", "share a collection", "key", "rotate", "webhook", "pieces",
]  # fmt: skip


def count(server: Server) -> int:
    """How many things there are, and how often links got another token."""
    counted = ["SELECT coalesce(sum(rotation), 0) FROM shares"]
    for table in ("tracks", "collections", "shares", "api_keys", "resumable_uploads", "webhooks"):
        counted.append(f"SELECT count(*) FROM {table}")  # noqa: S608
    return sum(int(server.query(sql)[0][0]) for sql in counted)


def with_key(owner: httpx.Client, post: Post, key: str | bytes) -> httpx.Response:
    headers: Any = {"Idempotency-Key": key} | post[1].get("headers", {})
    return owner.post(post[0], **(post[1] | {"headers": headers}))


def what_differs(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """The same request with another body, or what stands for one."""
    if kind == "upload":
        return body | {"data": {"engine": "studio", "title": "Other"}}
    if kind == "pieces":
        return {"headers": body["headers"] | {"Upload-Length": "10"}}
    others: Any = {"collection": {"name": "Other"}, "key": {"scopes": ["write"]}, "webhook": _OTHER}
    return {"json": others.get(kind, {"label": "Other"})}


@pytest.mark.parametrize("kind", KINDS)
def test_many_at_once_make_one(server: Server, posts: Posts, kind: str) -> None:
    path, body = posts[kind]
    before, key = count(server), secrets.token_hex(8)

    async def ask_all() -> list[httpx.Response]:
        headers = {"X-API-Key": server.api_key, "Idempotency-Key": key} | body.get("headers", {})
        sent = {name: value for name, value in body.items() if name != "headers"}
        limits = httpx.Limits(max_connections=AT_ONCE)
        base = f"{server.url}/v1/music/{server.organization_id}"
        async with httpx.AsyncClient(headers=headers, limits=limits, timeout=120) as client:
            asked = (until_answered(client, base + path, sent) for _ in range(AT_ONCE))
            return list(await asyncio.gather(*asked))

    answers = asyncio.run(ask_all())
    assert {answer.status_code for answer in answers} == {200 if kind == "rotate" else 201}
    for name in ("location", "upload-expires"):
        assert len({answer.headers.get(name) for answer in answers}) == 1
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["x-request-id"] for answer in answers}) == AT_ONCE
    made = count(server) - before
    figure("equal posts", AT_ONCE)
    figure("keys that made more or less than one thing", int(made != 1), of=1)
    figure("keys", 1)
    assert made == 1


@pytest.mark.parametrize("kind", KINDS)
def test_another_body_is_refused_and_no_key_makes_another(
    server: Server, owner: httpx.Client, posts: Posts, kind: str
) -> None:
    key = secrets.token_hex(8)
    first = with_key(owner, posts[kind], key)
    path, body = posts[kind]
    other = what_differs(kind, body)
    before = count(server)
    refused = with_key(owner, (path, other), key)
    assert refused.status_code == 422
    assert refused.json()["error"]["details"] == {"field": "Idempotency-Key"}
    assert count(server) == before
    assert with_key(owner, posts[kind], key).content == first.content
    once_more = owner.post(path, **body).json()
    assert once_more != first.json()
    assert (once_more["id"] == first.json()["id"]) == (kind == "rotate")


def test_a_key_is_visible_ascii_of_at_most_255(
    server: Server, owner: httpx.Client, posts: Posts
) -> None:
    before = count(server)
    for kind in KINDS:
        for key in (b"", b"two words", b"x" * 256, "schlüssel".encode()):
            answer = with_key(owner, posts[kind], key)
            assert answer.status_code == 422, key
            assert answer.json()["error"]["details"]["field"] == "Idempotency-Key"
    assert count(server) == before
    assert with_key(owner, posts["collection"], "~" * 255).status_code == 201


def test_a_refusal_is_not_kept(owner: httpx.Client, posts: Posts) -> None:
    key = secrets.token_hex(8)
    refused = owner.post("/collections", json={"name": ""}, headers={"Idempotency-Key": key})
    assert refused.status_code == 422
    assert with_key(owner, posts["collection"], key).status_code == 201


def test_the_same_key_of_somebody_else_or_for_another_thing_is_another(
    server: Server, owner: httpx.Client, posts: Posts
) -> None:
    key = secrets.token_hex(8)
    mine = with_key(owner, posts["collection"], key).json()["id"]
    with server.owner(server.new_member()["api_key"]) as colleague:
        theirs = with_key(colleague, posts["collection"], key).json()["id"]
    link = with_key(owner, (f"/collections/{mine}/share", {}), key).raise_for_status()
    assert len({mine, theirs, link.json()["id"]}) == 3


def test_an_answer_is_told_for_a_day(server: Server, owner: httpx.Client, posts: Posts) -> None:
    key = secrets.token_hex(8)
    first = with_key(owner, posts["collection"], key).json()["id"]
    server.change("UPDATE idempotent_answers SET created_at = created_at - ?", DAY_US - 60_000_000)
    assert with_key(owner, posts["collection"], key).json()["id"] == first
    server.change("UPDATE idempotent_answers SET created_at = created_at - ?", 60_000_000)
    assert with_key(owner, posts["collection"], key).json()["id"] != first


def kinds_to_kill(server: Server) -> list[Post]:
    """A collection, an API key, and another token for a link."""
    with server.owner() as owner:
        mine = owner.post("/collections", json={"name": "Mine"}).json()["id"]
        link = share(owner, mine)["id"]
    name, scopes = {"json": {"name": "A"}}, {"json": {"scopes": ["read"]}}
    return [("/collections", name), ("/keys", scopes), (f"/share/{link}/rotate", {})]


def ask_until_told(server: Server, post: Post, key: str) -> set[bytes]:
    """The answers of two that came, whatever happens to the server."""
    told = list[bytes]()
    with server.owner() as client:
        while len(told) < 2:
            try:
                answer = with_key(client, post, key)
            except httpx.TransportError:
                time.sleep(0.01)
                continue
            assert answer.is_success, answer.text
            told.append(answer.content)
    return set(told)


def test_across_kills_there_still_is_one(tmp_path: Path) -> None:
    """Whatever moment the kill finds, a sender who goes on asking gets one thing, and one answer."""
    server = Server(tmp_path / "data")
    server.create()
    server.start()
    posts, keys = kinds_to_kill(server), [secrets.token_hex(8) for _ in range(42)]
    try:
        with ThreadPoolExecutor(7) as senders:
            asked = [
                senders.submit(ask_until_told, server, posts[place % 3], key)
                for place, key in enumerate(keys)
            ]
            for _ in range(2):
                time.sleep(0.1)
                server.kill()
                server.start()
            told = [one.result(120) for one in asked]
        figure("keys", len(keys))
        several = [answers for answers in told if len(answers) != 1]
        figure("keys that made more or less than one thing", len(several), of=len(keys))
        assert several == []
        assert len(set().union(*told)) == len(keys)
        # With the collection of the link, the first key, and the link itself.
        assert server.query("SELECT count(*) FROM collections") == [(15,)]
        assert server.query("SELECT count(*) FROM api_keys") == [(15,)]
        assert server.query("SELECT rotation FROM shares") == [(14,)]
    finally:
        server.stop()


def test_the_database_alone_tells_no_secret_and_a_new_key_no_answer(tmp_path: Path) -> None:
    """Neither token nor keys are in the folder. Without the server's key, it says so: 409, not 500."""
    server = Server(tmp_path / "data")
    server.create()
    server.start()
    key = "a-key-of-my-own-" + secrets.token_hex(8)
    with server.owner() as owner:
        made = owner.post("/collections", json={"name": "Mine"}).json()["id"]
        post = (f"/collections/{made}/share", {"json": {"label": "Ana"}})
        token = with_key(owner, post, key).json()["token"]
        minted = with_key(owner, ("/keys", {"json": {"scopes": ["read"]}}), key).json()["api_key"]
        kept = engines.dump(server.backend)
        assert b"Ana" in kept
        assert token.encode() not in kept
        assert minted.encode() not in kept
        assert minted[:8].encode() in kept  # what lists show of it
        assert key.encode() not in kept
        server.stop()
        ring = server.data / "secrets" / "signing-keys"
        old = ring.read_text()
        ring.write_text(f"{secrets.token_hex(4)} {secrets.token_hex(32)}\n{old}")
        server.start()
        assert with_key(owner, post, key).json()["token"] == token
        server.stop()
        ring.write_text(ring.read_text().splitlines()[0] + "\n")
        assert server.cli("migrate", "--forget-keys").returncode == 0
        server.start()
        gone = with_key(owner, post, key)
        assert (gone.status_code, gone.json()["error"]["code"]) == (409, "CONFLICT")
        assert server.query("SELECT count(*) FROM shares") == [(1,)]
    server.stop()
