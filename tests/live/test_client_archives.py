"""Our clients and our command take a collection along, and go on where that broke off."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, run_cli, share, upload
from fault_proxy import FaultProxy, fault_proxy
from journeys.albums import make_album, upload_album
from journeys.stored_albums import store_album
from listenlink.client import Client, ListenlinkError
from live.awaited import KINDS, client_of
from media.make_audio import make

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def songs(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return upload_album(owner, tmp_path_factory.mktemp("audio"))


@pytest.fixture(scope="module")
def album(owner: httpx.Client, songs: list[dict[str, Any]]) -> str:
    return make_album(owner, songs)


@pytest.fixture(scope="module", params=KINDS)
def mine(request: pytest.FixtureRequest, server: Server) -> Iterator[Client]:
    with client_of(request.param, server.url, server.api_key) as client:
        yield client


def check(file: Path, songs: list[dict[str, Any]]) -> None:
    with zipfile.ZipFile(file) as archive:
        found = [archive.read(name) for name in archive.namelist()]
    assert found == [song["bytes"] for song in songs]
    assert list(file.parent.glob("*.part")) == []


def test_an_owner_saves_their_own(
    mine: Client, album: str, songs: list[dict[str, Any]], tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    file = tmp_path / "album.zip"
    file.write_bytes(b"what was there")
    mine.download_collection(album, file, progress=lambda there, of: told.append((there, of)))
    check(file, songs)
    assert told[-1] == (file.stat().st_size, file.stat().st_size)
    with pytest.raises(ListenlinkError) as refused:
        mine.download_collection("mcoll_000000000000", file)
    assert refused.value.code == "RESOURCE_NOT_FOUND"
    check(file, songs)


def test_a_listener_saves_what_a_link_leads_to(
    server: Server, owner: httpx.Client, album: str, songs: list[dict[str, Any]], tmp_path: Path
) -> None:
    link = share(owner, album, allow_download=True)
    with Client(server.url) as anybody:
        session = anybody.open(link["token"]).session
        assert session is not None
        anybody.download_shared(link["url"], session, tmp_path / "a.zip")
        check(tmp_path / "a.zip", songs)
        owner.delete(f"/share/{link['id']}").raise_for_status()
        with pytest.raises(ListenlinkError) as refused:
            anybody.download_shared(link["url"], session, tmp_path / "b.zip")
        assert refused.value.status == 404
    assert not (tmp_path / "b.zip").exists()


def test_one_file_is_saved_by_its_owner_and_by_a_listener(
    mine: Client, server: Server, owner: httpx.Client, songs: list[dict[str, Any]], tmp_path: Path
) -> None:
    song = songs[0]
    mine.download_track(song["id"], tmp_path / "own")
    assert (tmp_path / "own").read_bytes() == song["bytes"]
    link = share(owner, song["id"], allow_download=True)
    with Client(server.url) as anybody:
        session = anybody.open(link["token"]).session
        assert session is not None
        told: list[tuple[int, int]] = []
        anybody.download_shared_track(
            link["url"], session, song["id"], tmp_path / "shared",
            progress=lambda there, of: told.append((there, of)),
        )  # fmt: skip
        size = len(song["bytes"])
        assert told[-1] == (size, size)
    assert (tmp_path / "shared").read_bytes() == song["bytes"]
    assert mine.stats(link["id"]).downloads == 1
    assert list(tmp_path.glob("*.part")) == []


def part_of(folder: Path) -> Path:
    (part,) = folder.glob("large.zip.*.part")
    return part


def test_it_goes_on_where_it_broke_off_unless_something_has_changed(
    server: Server, mine: Client, owner: httpx.Client, songs: list[dict[str, Any]], tmp_path: Path
) -> None:
    sizes = [("First", 3 * MEGABYTE), ("Second", 3 * MEGABYTE)]
    large, file = store_album(server, owner, songs[0]["id"], sizes), tmp_path / "large.zip"

    class Enough(Exception):
        pass

    def stop(there: int, _of: int) -> None:
        if there > 2 * MEGABYTE:
            raise Enough

    with pytest.raises(Enough):
        mine.download_collection(large, file, progress=stop)
    had = part_of(tmp_path).stat().st_size
    assert had > 2 * MEGABYTE
    assert not file.exists()
    told: list[int] = []
    mine.download_collection(large, file, progress=lambda there, _: told.append(there))
    # From there, and not once more from the beginning.
    assert told[0] > had
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
    with pytest.raises(Enough):
        mine.download_collection(large, file, progress=stop)
    broken = part_of(tmp_path)
    owner.patch(f"/collections/{large}", json={"name": "Other"}).raise_for_status()
    (first, _) = owner.get(f"/collections/{large}/tracks").json()["items"]
    owner.patch(f"/tracks/{first['track_id']}", json={"title": "Another"}).raise_for_status()
    mine.download_collection(large, file)
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["01 Another.wav", "02 Second.wav"]
        assert archive.testzip() is None
    # Nobody goes on with what was another archive.
    assert not broken.exists()


@pytest.fixture
def breaking(tmp_path: Path) -> Iterator[tuple[Server, FaultProxy]]:
    """A server that is reached through a proxy."""
    far = Server(tmp_path / "data", {"TRUSTED_PROXIES": "127.0.0.1/32"})
    with fault_proxy(far.port) as proxy:
        far.settings = far.settings | {"PUBLIC_URL": f"http://127.0.0.1:{proxy.port}"}
        far.create()
        far.start()
        yield far, proxy
        far.stop()


def test_a_connection_that_breaks_is_made_anew(
    breaking: tuple[Server, FaultProxy], tmp_path: Path
) -> None:
    server, proxy = breaking
    broken: list[int] = []

    def cut(there: int, _of: int) -> None:
        if there > MEGABYTE * (1 + len(broken)) and len(broken) < 3:
            broken.append(there)
            proxy.refuse()
            proxy.heal()

    with server.owner() as owner:
        song = str(upload(owner, make("wav16", tmp_path / "song.wav"))["id"])
        sizes = [("First", 3 * MEGABYTE), ("Second", 3 * MEGABYTE)]
        large, file = store_album(server, owner, song, sizes), tmp_path / "a.zip"
    with Client(f"http://127.0.0.1:{proxy.port}", server.api_key) as far:
        far.download_collection(large, file, progress=cut)
    assert len(broken) == 3
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None


def test_the_command_says_what_it_saved(
    server: Server, album: str, songs: list[dict[str, Any]], tmp_path: Path
) -> None:
    file = tmp_path / "album.zip"
    where = ["--server", server.url, "--api-key", server.api_key]
    done = run_cli("collection", "download", album, str(file), *where)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{album}  {file}  {file.stat().st_size} bytes\n"
    check(file, songs)
    done = run_cli("collection", "download", album, str(file), "--json", *where)
    assert json.loads(done.stdout) == {
        "id": album, "file": str(file), "size_bytes": file.stat().st_size,
    }  # fmt: skip
    for wrong, said in (
        ((album, str(tmp_path)), "is a folder"),
        ((album, str(tmp_path / "no" / "a.zip")), "no such file or directory"),
        (("mcoll_000000000000", str(file)), "mcoll_000000000000: "),
        (("x", str(file)), "isn't the id of a collection"),
    ):
        done = run_cli("collection", "download", *wrong, *where)
        assert (done.returncode, said in done.stderr) == (1, True), done.stderr
