"""nginx in front sends the audio of the folder, as docs/operating.md sets it up; the server decides."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cast import Server, free_port, share, upload
from engines import of_folder
from journeys.signed_for import wait_for_manifests
from media.make_audio import make
from media.signing_c2pa import read_state

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.skipif(NGINX is None, reason="needs nginx: apt-get install nginx-light"),
    of_folder,
]


def location_of_the_docs(objects: Path) -> str:
    """The `location` that operators are told to write, with this instance's folder in it."""
    text = (ROOT / "docs" / "operating.md").read_text()
    (found,) = re.findall(r"^location /audio-objects/ \{.*?^\}", text, re.M | re.S)
    return re.sub(r"alias \S+;", f"alias {objects}/;", found)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    port = free_port()
    settings = {
        "TRUSTED_PROXIES": "127.0.0.1/32",
        "ACCEL_PREFIX": "/audio-objects/",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    running = Server(tmp_path_factory.mktemp("instance") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def front(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """nginx's address."""
    assert NGINX is not None
    folder = tmp_path_factory.mktemp("nginx")
    url = server.settings["PUBLIC_URL"]
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(f"""
        daemon off; {user} worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
        events {{}}
        http {{
            access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
            fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
            server {{
                listen {url.removeprefix("http://")};
                location / {{
                    proxy_pass {server.url};
                    proxy_set_header Host $http_host;
                    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                }}
                {location_of_the_docs(server.data / "objects")}
            }}
        }}
    """)
    command = [NGINX, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while True:
        try:
            httpx.get(url + "/healthz", timeout=2)
        except httpx.TransportError:
            assert time.monotonic() < deadline, (folder / "error.log").read_text()
            time.sleep(0.05)
        else:
            break
    yield url
    process.terminate()
    process.wait(10)


def test_it_sends_what_the_server_gives_leave_for(
    server: Server, owner: httpx.Client, front: str, tmp_path: Path
) -> None:
    audio = make("wav16", tmp_path / "long.wav", sample_count=500_000)
    data = audio.read_bytes()
    song = upload(owner, audio)
    link = share(owner, song["id"])
    assert link["revocation_reaches_players_within_seconds"] == 0
    assert link["revocation_cuts_running_streams"] is False
    url = httpx.get(link["url"]).json()["track"]["playback_url"]
    assert url.startswith(front)
    whole = httpx.get(url)
    assert (whole.status_code, whole.content) == (200, data)
    assert whole.headers["content-type"] == "audio/wav"
    assert whole.headers["content-disposition"] == "inline"
    assert re.match(r"private, max-age=\d+, no-transform$", whole.headers["cache-control"])
    for name in ("content-security-policy", "x-content-type-options", "x-robots-tag"):
        assert name in whole.headers, name
    assert whole.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "x-accel-redirect" not in whole.headers
    part = httpx.get(url, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, data[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(data)}"
    assert httpx.get(url, headers={"Range": f"bytes={len(data)}-"}).status_code == 416
    assert httpx.get(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    head = httpx.head(url)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(data)))
    owner.delete(f"/share/{link['id']}").raise_for_status()
    assert httpx.get(url).status_code == 403
    assert httpx.get(url, headers={"Range": "bytes=0-9"}).status_code == 403


def test_a_download_with_a_manifest_comes_through_it_from_the_server(
    server: Server, owner: httpx.Client, front: str, tmp_path: Path
) -> None:
    audio = make("wav16", tmp_path / "made.wav", sample_count=200_000)
    song = upload(owner, audio, engine="studio")
    wait_for_manifests(server, song["id"])
    link = share(owner, song["id"], allow_download=True)
    opened = httpx.get(link["url"])
    session = {"Listen-Session": opened.headers["listen-session"]}
    asked = f"{link['url']}/download/{song['id']}"
    url = httpx.get(asked, headers=session).json()["download_url"]
    assert url.startswith(front)
    whole = httpx.get(url)
    assert read_state("audio/wav", io.BytesIO(whole.content)) == "Valid"
    assert whole.headers["content-length"] == str(len(whole.content))
    part = httpx.get(url, headers={"Range": "bytes=4-", "If-Range": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, whole.content[4:])
    assert httpx.get(opened.json()["track"]["playback_url"]).content == audio.read_bytes()


def test_nobody_comes_to_the_files_past_the_server(server: Server, front: str) -> None:
    (path, *_) = (server.data / "objects").glob("*/*")
    inside = f"/audio-objects/{path.parent.name}/{path.name}"
    tried = [
        "/audio-objects/",
        "/audio-objects/../listenlink.db",
        "/audio-objects/%2e%2e/listenlink.db",
    ]
    for wrong in (inside, "/" + inside, *tried):
        assert httpx.get(front + wrong).status_code in (400, 404), wrong
