"""What can't be told isn't done: no write is committed before its answer is written down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from cast import Server, upload
from listenlink.actions import tell_first
from media.make_audio import make
from web.in_process import House

SHARE, ORDINARY = "/v1/music/{org}", {b"content-type": b"application/json"}
ANSWERED = [
    ("POST", "/tracks/{track_id}/share", {"label": "new"}),
    ("POST", "/collections/{collection_id}/share", {"label": "new"}),
    ("PATCH", "/share/{share_id}", {"label": "new"}),
    ("POST", "/share/{share_id}/rotate", None),
    ("POST", "/collections", {"name": "new"}),
    ("PATCH", "/collections/{collection_id}", {"name": "new"}),
    ("POST", "/collections/{collection_id}/tracks", {"track_id": "{track_id}"}),
    ("PATCH", "/tracks/{track_id}", {"title": "new"}),
    ("POST", "/tracks/{track_id}/save", None),
    ("POST", "/keys", {"scopes": ["read"]}),
    ("PATCH", "/keys/{key_id}", {"expires_in_days": 5}),
]


@pytest.fixture(scope="module")
def house(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with server.owner() as owner:
        track = upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))["id"]
    server.wait_until_derived()
    made = House(server, track)
    yield made
    made.close()


def rows(server: Server) -> list[Any]:
    """What an owner's writes change."""
    tables = ("shares", "collections", "collection_tracks", "tracks", "library", "api_keys")
    order = {"collection_tracks": "track_id"}
    return [
        server.query(f"SELECT * FROM {table} ORDER BY {order.get(table, 'id')}")  # noqa: S608
        for table in tables
    ]


@pytest.mark.parametrize(("method", "path", "body"), ANSWERED)
def test_what_can_not_be_told_is_not_done(
    server: Server, house: House, monkeypatch: pytest.MonkeyPatch, method: str, path: str, body: Any
) -> None:
    def ask() -> int:
        address = (SHARE + path).format(**house.named).encode()
        sent = b"" if body is None else json.dumps(body).encode()
        sent = sent.replace(b"{track_id}", house.named["track_id"].encode())
        headers = {b"content-length": b"%d" % len(sent)} | (ORDINARY if sent else {})
        return house.ask(method, address, b"", headers, sent).status

    server.change("DELETE FROM library")
    before = rows(server)

    def encode(_: object) -> bytes:
        raise ValueError("this can't be told")

    with monkeypatch.context() as patched:
        patched.setattr(tell_first, "msgspec", SimpleNamespace(json=SimpleNamespace(encode=encode)))
        assert ask() == 500
    assert rows(server) == before
    assert ask() in (200, 201)
    assert rows(server) != before
