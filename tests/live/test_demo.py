"""The demonstration: it's made once, leaves what isn't its own alone, and prints commands that work."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from cast import Server, clean_environment, free_port, upload
from engines import of_sqlite
from listenlink import Client
from listenlink.cli import demonstration
from live.running_demo import demo
from media.make_audio import make

pytestmark = of_sqlite


def count(data: Path, what: str) -> int:
    ((number,),) = Server(data).query(f"SELECT count(*) FROM {what}")  # noqa: S608
    return int(number)


def _signs_in(url: str) -> bool:
    """Whether the link to the desk does, now."""
    page, _, secret = url.partition("#")
    answer = httpx.post(page, data={"link": secret}, headers={"Sec-Fetch-Site": "same-origin"})
    return answer.status_code == 303 and "listenlink=" in answer.headers["set-cookie"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], str]:
    """A demonstration's folder after its first run, in which somebody did what it said; what it said, and the
    command's answer."""
    folder, port = tmp_path_factory.mktemp("demo"), free_port()
    make("wav16", folder / "song.flac")
    with demo(folder / "data", port, is_forked=False) as said:
        first = "The desk, for 30 minutes and once: "
        assert said[1].startswith(f"{first}http://localhost:{port}/desk/welcome#")
        assert _signs_in(said[1].removeprefix(first))
        assert not _signs_in(said[1].removeprefix(first))
        view = httpx.get(said[-1].split()[-1]).json()
        assert view["track"]["title"] == "Late Night Study"
        assert view["track"]["measured_duration_seconds"] >= 60
        part = httpx.get(view["track"]["playback_url"], headers={"Range": "bytes=0-99"})
        assert part.status_code == 206
        # The three lines beneath are a shell's, as they are.
        begin = said.index("To put your own music in, in another terminal:") + 1
        script = "\n".join(line.strip() for line in said[begin : begin + 3])
        done = subprocess.run(
            ["sh", "-c", script], cwd=folder, env=clean_environment(), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    return folder / "data", said, done.stdout


def test_it_makes_its_music_once_and_no_more_links_each_time(
    made: tuple[Path, list[str], str], tmp_path: Path
) -> None:
    first, said, uploaded = made
    data, port = Path(shutil.copytree(first, tmp_path / "data")), free_port()
    assert said[0].startswith("Making an instance with music")
    assert uploaded.startswith("mtrack_")
    earlier = said[-1].rpartition("/")[2]
    for _ in range(2):
        with demo(data, port) as said:
            assert not any("Making" in line for line in said)
            assert httpx.get(said[-1].split()[-1]).json()["track"]["title"] == "Late Night Study"
            tracks = httpx.get(said[-2].split()[-1]).json()["tracks"]
            assert len({track["title"] for track in tracks}) == 3
            # Its address is kept, and shown again.
            assert said[-1].rpartition("/")[2] == earlier
            hint = said[said.index("For another API key, in another terminal:") + 1].strip()
    key = subprocess.run(
        ["sh", "-c", hint], env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert key.returncode == 0, key.stderr
    assert "API key       ak_" in key.stdout
    assert (count(data, "shares"), count(data, "tracks")) == (2, 4)


def test_somebodys_own_library_is_served_as_it_is(tmp_path: Path) -> None:
    own = Server(tmp_path / "mine")
    own.create()
    with demo(own.data, own.port, "--json") as said:
        told = json.loads(said[-1])
        assert next(iter(told)) == "desk_url"
        assert _signs_in(told.pop("desk_url"))
        assert told == {"url": None, "collection_url": None, "server": own.url}
        with own.owner() as owner:
            upload(owner, make("wav16", tmp_path / "song.wav"))
    with demo(own.data, own.port) as said:
        assert "music of your own: nothing was added to it, and no link made" in said[-1]
        assert not any("shr_" in line for line in said)
    assert [count(own.data, what) for what in ("tracks", "shares", "collections")] == [1, 0, 0]


def test_no_link_leads_to_what_somebody_put_in_place_of_its_music(
    made: tuple[Path, list[str], str], tmp_path: Path
) -> None:
    first, said, _ = made
    data, port = Path(shutil.copytree(first, tmp_path / "data")), free_port()
    key = next(line for line in said if "API_KEY=" in line).partition("=")[2]
    with demo(data, port), Client(f"http://127.0.0.1:{port}", key) as client:
        for track in list(client.tracks()):
            if track.title != "song":
                client.delete(client.path_of("tracks", track.id))
    before = count(data, "shares")
    with demo(data, port) as said:
        assert "no link made" in said[-1]
    assert count(data, "shares") == before
    assert count(data, "tracks WHERE removed_at IS NULL") == 1


def test_on_the_network_its_links_have_an_address_of_the_network(tmp_path: Path) -> None:
    everywhere, own = "0.0.0.0", Server(tmp_path / "mine")  # noqa: S104
    own.create()
    with demo(own.data, own.port, "--host", everywhere, "--json") as said:
        server = json.loads(said[-1])["server"]
        assert re.fullmatch(rf"http://[0-9.]+:{own.port}", server)
        assert everywhere not in server
        assert httpx.get(server + "/readyz").status_code == 200
    public = "https://music.example"
    with demo(own.data, own.port, "--json", HOST=everywhere, PUBLIC_URL=public) as said:
        assert json.loads(said[-1])["server"] == public


def test_a_variable_opens_it_to_the_network_as_the_option_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in os.environ if name.startswith("LISTENLINK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LISTENLINK_HOST", "0.0.0.0")  # noqa: S104
    assert "0.0.0.0" not in demonstration._settings(None, None, None, None).base_url  # noqa: S104
    monkeypatch.setenv("LISTENLINK_HOST", "[2001:db8::1]")
    assert demonstration._settings(None, None, 80, None).base_url == "http://[2001:db8::1]:80"
