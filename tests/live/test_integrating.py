"""Each example of docs/integrating.md, run as it stands there, and read by `mypy --strict`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cast import Server, clean_environment
from engines import SENDS_AUDIO
from listenlink.client import Client
from media.make_audio import make, make_picture
from ports import free_port

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "integrating.md").read_text()
EXAMPLES = dict(re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", TEXT, re.M | re.S))
MISSPELLED = "misspelled.py"
SOON_SECONDS = 20.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("instance") / "data")
    running.settings["OUTBOUND_NETWORKS"] = "127.0.0.1/32"
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with Client(server.url, server.api_key) as mine:
        yield mine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the examples expect where they're run: themselves, a song, a cover, and a folder of music."""
    write_examples(tmp_path)
    make("flac", tmp_path / "song.flac")
    (tmp_path / "cover.jpg").write_bytes(make_picture())
    for number in (1, 2):
        path = tmp_path / "music" / f"{number}.wav"
        path.parent.mkdir(exist_ok=True)
        make("wav16", path, sample_count=5000 + number)
    return tmp_path


def write_examples(folder: Path) -> None:
    for name, text in EXAMPLES.items():
        (folder / name).write_text(f"# {name}\n{text}")


@pytest.fixture
def environment(server: Server) -> dict[str, str]:
    return clean_environment(SERVER=server.url, API_KEY=server.api_key)


Running = Callable[..., list[str]]


@pytest.fixture
def run(folder: Path, environment: dict[str, str]) -> Running:
    """Run an example to its end; the lines that it printed."""

    def running(name: str, *arguments: str, status: int = 0) -> list[str]:
        done = subprocess.run(
            [sys.executable, name, *arguments], cwd=folder, env=environment, capture_output=True,
            text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stderr
        return done.stdout.splitlines()

    return running


def test_every_example_is_a_file_with_a_test_here() -> None:
    assert len(EXAMPLES) == TEXT.count("```python") > 12
    here = Path(__file__).read_text()
    for name in EXAMPLES:
        assert name == MISSPELLED or f'"{name}"' in here, name


def mypy(folder: Path, *names: str) -> str:
    (folder / "mypy.ini").write_text("[mypy]\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", "mypy.ini", "--no-error-summary",
         "--cache-dir", ROOT / ".mypy_cache" / "examples", "--no-pretty", "--hide-error-context", *names],
        cwd=folder, capture_output=True, text=True, timeout=170, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def test_types_are_right_and_a_misspelled_term_is_an_error_of_types(tmp_path: Path) -> None:
    write_examples(tmp_path)
    names = [name for name in EXAMPLES if name != MISSPELLED]
    assert mypy(tmp_path, *names) == ""
    said = re.findall(rf"^\$ mypy --strict {MISSPELLED}\n(.*?)^```$", TEXT, re.M | re.S)
    assert [mypy(tmp_path, MISSPELLED)] == said


def test_what_is_put_in_is_shared(client: Client, run: Running) -> None:
    (url,) = run("upload_and_share.py")
    link = client.find_link(url)
    assert (link.target_title, link.label, link.max_opens) == ("Late Night Study", "Ana", 5)


def test_many_are_put_in_at_once(client: Client, run: Running) -> None:
    listed = [line.split() for line in run("upload_many.py")]
    assert [place for place, _ in listed] == ["0", "1"]
    assert [client.track(track).title for _, track in listed] == ["1", "2"]


def test_progress_is_told_both_ways(run: Running, folder: Path) -> None:
    size = f"{(folder / 'song.flac').stat().st_size} bytes"
    assert run("with_progress.py").count(size) == 2


def test_an_order_is_delivered_once(
    client: Client, run: Running, environment: dict[str, str]
) -> None:
    before = len(list(client.tracks()))
    assert run("deliver_order.py", "17") == run("deliver_order.py", "17")
    assert len(list(client.tracks())) == before + 1
    environment["LISTENLINK_API_KEY"] = "ak_" + "0" * 40
    assert run("deliver_order.py", "18", status=1) == []


def test_a_link_is_opened_within_limits_and_heard(client: Client, run: Running) -> None:
    (url,) = run("upload_and_share.py")
    assert run("within_limits.py", url)[0] == "Late Night Study personal_only"
    (address,) = run("listen.py", url)
    assert "/v1/music/audio/" in address or not SENDS_AUDIO
    told = client.stats(client.find_link(url).id)
    assert (told.opens, told.listens) == (2, 1)
    assert f"{client.find_link(url).label} 2 1 0" in run("how_it_fares.py")
    client.revoke(client.find_link(url).id)
    run("within_limits.py", url, status=1)


def test_how_soon_a_revocation_reaches_is_told(run: Running) -> None:
    within, cuts = ("1", "True") if SENDS_AUDIO else ("300", "False")
    assert run("how_soon.py") == [
        f"refused within {within} s", f"streams are cut: {cuts}", "revoked",
    ]  # fmt: skip


def test_what_arrives_at_the_receiver_is_verified(
    client: Client, run: Running, folder: Path, environment: dict[str, str]
) -> None:
    port = free_port()
    (secret,) = run("make_webhook.py", f"http://127.0.0.1:{port}/")
    told = folder / "told.txt"
    with told.open("w") as output:
        receiver = subprocess.Popen(
            [sys.executable, "receiver.py"], cwd=folder, stdout=output, stderr=subprocess.DEVNULL,
            env=environment | {"PORT": str(port), "WEBHOOK_SECRET": secret},
        )  # fmt: skip
    try:
        (webhook,) = client.webhooks()
        client.open(run("upload_and_share.py")[0])
        until = time.monotonic() + SOON_SECONDS
        while "link.opened Ana" not in told.read_text():
            assert time.monotonic() < until, told.read_text()
            time.sleep(0.1)
    finally:
        receiver.kill()
        receiver.wait()
        client.remove_webhook(webhook.id)


def test_a_folder_moves_in_once(client: Client, run: Running, folder: Path) -> None:
    shutil.copytree(folder / "music", folder / "all" / "Night")
    assert run("from_folder.py", "all") == run("from_folder.py", "all") == ["Night 2"]
    (album,) = [one for one in client.collections() if one.name == "Night"]
    assert client.collection(album.id).track_count == 2


def test_a_playlist_of_navidrome_moves_in(client: Client, run: Running, folder: Path) -> None:
    """In the form that `navidrome pls` writes."""
    lines = ["#EXTM3U", "#PLAYLIST:Quiet ♪"]
    for number in (2, 1):
        lines += [f"#EXTINF:1,Ana - {number}", str(folder / "music" / f"{number}.wav")]
    (folder / "quiet.m3u").write_text("\n".join(lines) + "\n")
    first, second = (run("from_m3u.py", "quiet.m3u") for _ in range(2))
    assert first != second
    view = client.open(first[0])
    assert view.collection is not None
    assert view.collection.name == "Quiet ♪"
    assert [one.title for one in view.tracks or ()] == ["2", "1"]


def test_an_export_moves_in_and_says_what_could_not(
    client: Client, run: Running, folder: Path
) -> None:
    make("wav16", folder / "music" / "3.wav", sample_count=7000)
    table = folder / "export.csv"
    table.write_text('file,title,artist\nmusic/3.wav,"Rain, again",Ben\n', "utf-8-sig")
    assert run("from_export.py", "export.csv") == run("from_export.py", "export.csv") == []
    (track,) = [one for one in client.tracks() if one.title == "Rain, again"]
    assert track.artist == "Ben"
    table.write_text(table.read_text("utf-8-sig") + "music/4.wav,Gone,Ben\n")
    run("from_export.py", "export.csv", status=1)
