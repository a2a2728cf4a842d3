"""The published SDK of the API reference, pointed at this server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aitronos import Aitronos

from cast import Server, share, upload
from media.make_audio import make

NO_RETRY = {"max_retries": 0}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    folder = tmp_path_factory.mktemp("sdk")
    running = Server(folder / "data", {"RESOLVE_LIMIT_PER_MINUTE": "3"})
    running.create()
    running.start()
    with running.owner() as owner:
        token = str(share(owner, upload(owner, make("flac", folder / "a.flac"))["id"])["token"])
    yield running, token
    running.stop()


def transport(server: Server, api_key: Any) -> Any:
    return Aitronos(api_key=api_key, base_url=server.url)._client_wrapper.httpx_client


def test_the_sdk_opens_a_link_and_understands_every_refusal(opened: tuple[Server, str]) -> None:
    server, token = opened
    http = transport(server, None)
    path = f"v1/music/shared/{token}"
    answer = http.request(path, method="GET")
    assert answer.status_code == 200
    assert answer.json()["track"]["engine"] == "studio"
    unknown = http.request("v1/music/shared/shr_" + "0" * 32, method="GET")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")
    for _ in range(2):
        assert http.request(path, method="GET").status_code == 200
    limited = http.request(path, method="GET", request_options=NO_RETRY)
    assert (limited.status_code, limited.json()["error"]["code"]) == (429, "RATE_LIMIT_EXCEEDED")


def test_the_sdk_uploads_shares_and_revokes(opened: tuple[Server, str], tmp_path: Path) -> None:
    server, _ = opened
    http = transport(server, server.api_key)
    base = f"v1/music/{server.organization_id}"
    with make("m4a_aac", tmp_path / "b.m4a").open("rb") as file:
        track = http.request(
            f"{base}/tracks", method="POST", data={"engine": "studio"}, files={"file": file}
        ).json()
    link = http.request(f"{base}/tracks/{track['id']}/share", method="POST", json={}).json()
    assert link["token"].startswith("shr_")
    revoked = http.request(f"{base}/share/{link['id']}", method="DELETE")
    assert revoked.json()["detail"] == "Share link revoked."
