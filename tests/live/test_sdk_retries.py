"""The published SDK from the upload to the save, its blind retries switched on: nothing is made twice.

Every first answer is lost on the way, after the server did what was asked, and a 503 told instead.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aitronos import Aitronos

from cast import Server
from lossy_proxy import LossyProxy, lossy_proxy
from media.make_audio import make


@pytest.fixture
def proxy(server: Server) -> Iterator[LossyProxy]:
    with lossy_proxy(server.port) as running:
        asked: set[str] = set()

        def is_first(line: str) -> bool:
            is_new = line not in asked
            asked.add(line)
            return is_new

        running.is_lost = is_first
        yield running


class Sdk:
    """The SDK's transport with one key, and an Idempotency-Key for each thing that is made."""

    def __init__(self, proxy: LossyProxy, api_key: str) -> None:
        client = Aitronos(api_key=api_key, base_url=proxy.url)
        self._http = client._client_wrapper.httpx_client

    def ask(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Idempotency-Key": secrets.token_hex(8)}
        answer = self._http.request(path, method=method, headers=headers, **options)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


def test_what_is_asked_twice_is_done_once(
    server: Server, proxy: LossyProxy, tmp_path: Path
) -> None:
    sdk, base = Sdk(proxy, server.api_key), f"v1/music/{server.organization_id}"
    # In `files`, because the SDK forgets `data` when it asks again.
    form = {
        "file": ("a.flac", make("flac", tmp_path / "a.flac").read_bytes()),
        "engine": (None, "studio"),
    }
    track = sdk.ask("POST", f"{base}/tracks", files=form)
    mine = sdk.ask("POST", f"{base}/collections", json={"name": "Evening"})
    member = {"track_id": track["id"]}
    assert (
        sdk.ask("POST", f"{base}/collections/{mine['id']}/tracks", json=member)["track_count"] == 1
    )
    link = sdk.ask("POST", f"{base}/tracks/{track['id']}/share", json={"max_opens": 5})
    friend = Sdk(proxy, server.new_organization()["api_key"])
    saved = friend.ask("POST", f"v1/music/shared/{link['token']}/save")
    assert saved["track_id"] == track["id"]
    assert sdk.ask("DELETE", f"{base}/share/{link['id']}")["detail"] == "Share link revoked."

    assert len(proxy.requests) == 2 * len(set(proxy.requests)) == 12
    counts = server.query(
        "SELECT (SELECT count(*) FROM tracks), (SELECT count(*) FROM collections), "
        "(SELECT count(*) FROM collection_tracks), (SELECT count(*) FROM shares), "
        "(SELECT count(*) FROM library WHERE source = 'shared')"
    )
    assert counts == [(1, 1, 1, 1, 1)]


def test_without_an_idempotency_key_the_same_retries_make_two(
    server: Server, proxy: LossyProxy
) -> None:
    """So it's the key that holds the above, and the retries are real."""
    http = Aitronos(api_key=server.api_key, base_url=proxy.url)._client_wrapper.httpx_client
    path = f"v1/music/{server.organization_id}/collections"
    before = server.query("SELECT count(*) FROM collections")[0][0]
    assert http.request(path, method="POST", json={"name": "Twice"}).status_code == 201
    assert server.query("SELECT count(*) FROM collections")[0][0] == before + 2
