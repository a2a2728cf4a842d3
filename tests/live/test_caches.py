"""K28: a cache in front, with nginx's default rules, keeps nothing that is for one reader.

nginx decides by `Cache-Control`, `Expires`, `Set-Cookie` and `Vary` alone, whatever the path's ending.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cast import Server, free_port, share, upload
from engines import SENDS_AUDIO
from live.load import SHARED, serving
from live.proxy import needs_nginx, running_nginx
from media.make_audio import make
from trust.figures import figure

pytestmark = needs_nginx
SUFFIXES = [
    "",
    "/x.mp3",
    "/x.css",
    ".mp3",
    ".css",
    "%2Fx.js",
    ";x.png",
    "?x.jpg",
    "//x.ico",
    "/%2e%2e/x.svg",
]
CACHING = """
    access_log off;
    proxy_cache_path {folder}/cache keys_zone=all:1m;
    server {{
        listen 127.0.0.1:{public};
        add_header Cache-Control "max-age=60";
        location / {{ return 200 "for everybody"; }}
    }}
    server {{
        listen 127.0.0.1:{port};
        proxy_cache all;
        add_header X-Cache-Status $upstream_cache_status always;
        location = /public {{ proxy_pass http://127.0.0.1:{public}; }}
        location / {{
            proxy_pass http://127.0.0.1:{node};
            proxy_set_header Host $http_host;
        }}
    }}
"""


@pytest.fixture(scope="module")
def cached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str, Path]]:
    """A server, the URL of a caching nginx before it, and that cache's folder."""
    folder, port = tmp_path_factory.mktemp("caches"), free_port()
    with serving(folder, PUBLIC_URL=f"http://127.0.0.1:{port}") as server:
        ports = {"port": port, "node": server.port, "public": free_port()}
        inside = CACHING.format(folder=folder / "nginx", **ports)
        with running_nginx(folder / "nginx", inside, port):
            yield server, f"http://127.0.0.1:{port}", folder / "nginx" / "cache"


def test_two_users_two_hundred_urls_and_nothing_is_stored(
    cached: tuple[Server, str, Path], tmp_path: Path
) -> None:
    server, url, folder = cached
    members = [server.new_member(), server.new_member()]
    keys = [server.api_key, *(member["api_key"] for member in members)]
    paths = [path for key in keys[1:] for path in paths_of(server, key, tmp_path)]
    asked = [path + suffix for path in paths for suffix in SUFFIXES]
    assert len(asked) >= 200
    told: Counter[str] = Counter()
    with httpx.Client(base_url=url, timeout=30) as client:
        for path in asked:
            for headers in ({}, *({"X-API-Key": key} for key in keys[1:])):
                for _ in range(2):
                    answer = client.get(path, headers=headers)
                    told[answer.headers["x-cache-status"]] += 1
                    assert "set-cookie" not in answer.headers
    print(len(asked), "URLs:", dict(told))
    stored = [path for path in folder.rglob("*") if path.is_file()]
    figure("addresses asked through a cache", len(asked))
    figure("stored by the cache", len(stored))
    assert set(told) == {"MISS"}
    assert stored == []
    # The cache does keep what may be kept.
    assert [httpx.get(url + "/public").headers["x-cache-status"] for _ in "ab"] == ["MISS", "HIT"]


def paths_of(server: Server, api_key: str, folder: Path) -> list[str]:
    """Everything of one user that has a URL."""
    with server.owner(api_key) as owner:
        song = upload(owner, make("wav16", folder / f"{api_key[-6:]}.wav"))
        link = share(owner, song["id"])
        opened = httpx.get(server.url + SHARED + link["token"]).json()
        org = f"/v1/music/{server.organization_id}"
        return [
            SHARED + link["token"],
            SHARED + "shr_" + "A" * 40,
            "/" + opened["track"]["playback_url"].split("/", 3)[3],
            f"{org}/tracks",
            f"{org}/tracks/{song['id']}",
            f"{org}/tracks/{song['id']}/sound",
            f"{org}/collections",
            f"{org}/share/{link['id']}",
            f"{org}/share/{link['id']}/opens",
            f"{org}/keys",
            "/readyz",
        ]


def test_a_revoked_link_is_never_answered_from_a_cache(
    cached: tuple[Server, str, Path], tmp_path: Path
) -> None:
    server, url, _ = cached
    with server.owner() as owner, httpx.Client(base_url=url, timeout=30) as listener:
        song = upload(owner, make("wav16", tmp_path / "a.wav"))
        for _ in range(20):
            link = share(owner, song["id"])
            path = SHARED + link["token"]
            audio = listener.get(path).json()["track"]["playback_url"]
            assert listener.get(path).status_code == 200
            assert listener.get(audio).status_code == 200
            assert owner.delete(f"/share/{link['id']}").status_code == 200
            assert listener.get(path).status_code == 404
            assert listener.get(audio).status_code == 403 or not SENDS_AUDIO
