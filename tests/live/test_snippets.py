"""The contract's own examples, unchanged but for host, token and the one import."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, clean_environment, share, upload
from media.make_audio import make

CURL = 'curl "https://api.aitronos.com/v1/music/shared/shr_9f3a2b7c1e4d6a8f0b2c4d6e8f1a3b5c"'

OUR_CLIENT = """
from listenlink import Client

# The resolve endpoint is public — no API key needed.
client = Client()

view = client.get("/v1/music/shared/shr_9f3a2b7c1e4d6a8f0b2c4d6e8f1a3b5c")
if view["available"]:
    print(view["track"]["playback_url"])
else:
    print(view["message"])
"""

REQUESTS = """
import requests

response = requests.get(
    "https://api.aitronos.com/v1/music/shared/shr_9f3a2b7c1e4d6a8f0b2c4d6e8f1a3b5c"
)
view = response.json()
print(view["kind"], view["available"])
"""

JAVASCRIPT = """
const response = await fetch(
  'https://api.aitronos.com/v1/music/shared/shr_9f3a2b7c1e4d6a8f0b2c4d6e8f1a3b5c'
);

const view = await response.json();
console.log(view.kind, view.available);
"""


@pytest.fixture(scope="module")
def link(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    song = upload(owner, make("mp3_xing", tmp_path_factory.mktemp("audio") / "a.mp3"))
    return share(owner, song["id"])


def adapted(snippet: str, server: Server, link: dict[str, Any]) -> str:
    """The snippet with this server and this token."""
    changed = snippet.replace("https://api.aitronos.com", server.url)
    return changed.replace("shr_9f3a2b7c1e4d6a8f0b2c4d6e8f1a3b5c", str(link["token"]))


def run(command: list[str], server: Server) -> str:
    done = subprocess.run(
        command,
        env=clean_environment(SERVER=server.url) | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def need(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} isn't installed")


def test_curl(server: Server, link: dict[str, Any]) -> None:
    need("curl")
    view = json.loads(run(["sh", "-c", adapted(CURL, server, link) + " -s"], server))
    assert (view["kind"], view["available"]) == ("track", True)


def test_our_client(server: Server, link: dict[str, Any], listener: httpx.Client) -> None:
    url = run([sys.executable, "-c", adapted(OUR_CLIENT, server, link)], server).strip()
    assert listener.get(url, headers={"Range": "bytes=0-2"}).status_code == 206


def test_our_client_on_removed_content(server: Server, owner: httpx.Client, tmp_path: Path) -> None:
    song = upload(owner, make("wav16", tmp_path / "gone.wav"))
    gone = share(owner, song["id"])
    owner.delete(f"/tracks/{song['id']}")
    said = run([sys.executable, "-c", adapted(OUR_CLIENT, server, gone)], server)
    assert said.strip() == "The creator has removed this music."


def test_requests(server: Server, link: dict[str, Any]) -> None:
    said = run([sys.executable, "-c", adapted(REQUESTS, server, link)], server)
    assert said.strip() == "track True"


def test_javascript(server: Server, link: dict[str, Any], tmp_path: Path) -> None:
    need("node")
    script = tmp_path / "snippet.mjs"
    script.write_text(adapted(JAVASCRIPT, server, link))
    assert run(["node", os.fspath(script)], server).strip() == "track true"
