"""A public URL with a port, behind the proxies of `deploy/`: they pass the host on as the client said it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest

from cast import Server, free_port, share, upload
from live.proxy import caddy_before, needs_caddy, needs_nginx, nginx_before
from media.make_audio import make

Before = Callable[..., AbstractContextManager[None]]
PROXIES = [
    pytest.param(nginx_before, marks=needs_nginx, id="nginx"),
    pytest.param(caddy_before, marks=needs_caddy, id="caddy"),
]


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"PUBLIC_URL": f"http://music.example:{port}", "TRUSTED_PROXIES": "127.0.0.1"}
    running = Server(tmp_path_factory.mktemp("instance") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize("before", PROXIES)
def test_a_port_in_the_public_url(
    before: Before, server: Server, port: int, tmp_path: Path
) -> None:
    host = f"music.example:{port}"
    song = make("wav16", tmp_path / "a.wav", sample_count=5000)
    with before(tmp_path / "proxy", port, server.port):
        door = f"http://127.0.0.1:{port}"
        with httpx.Client(
            base_url=f"{door}/v1/music/{server.organization_id}",
            headers={"X-API-Key": server.api_key, "Host": host},
        ) as owner:
            link = share(owner, upload(owner, song)["id"])
        assert link["url"].startswith(f"http://{host}/")
        path = httpx.URL(link["url"]).path
        opened = httpx.get(door + path, headers={"Host": host})
        assert opened.status_code == 200
        if "STORAGE_URL" not in server.settings:
            assert opened.json()["track"]["playback_url"].startswith(f"http://{host}/")
        # Nobody else's name or port, and what a client says that a proxy had said counts for nothing.
        for wrong in ("music.example", f"music.example:{port + 1}", f"other.example:{port}"):
            told = {"Host": wrong, "X-Forwarded-Host": host}
            assert "track" not in httpx.get(door + path, headers=told).text, wrong
