"""Archives as programs unpack them, as large as they get, and cut where they have to be."""

from __future__ import annotations

import shutil
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import httpx
import psutil
import pytest

from cast import Server, upload
from engines import SENDS_AUDIO, of_folder
from journeys.albums import Taken
from journeys.stored_albums import store_album
from listenlink.store.opening.open_rows import MOST_TRACKS
from live.load import FULL
from live.slow_reader import FULL_SPEED, MOST_BYTES_AFTER, SlowReader
from media.make_audio import make

MEGABYTE = 1024 * 1024
# What one stream may hold: its chunks, a piece of the bucket, and an archive's headers; and what the process
# grows by anyway.
MOST_GROWN = 24 * MEGABYTE
# As many as a link shows; of a bucket, which is asked for each, only enough that they're many.
MANY = MOST_TRACKS if FULL or SENDS_AUDIO else 60
TITLES = [f"Take {number}: a/b <{'x' * (number % 300)}> 夜 {number % 7}." for number in range(MANY)]


@pytest.fixture(scope="module")
def song(server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One of which all is made, so that nothing is to be made of its copies, nor while memory is measured."""
    path = make("wav16", tmp_path_factory.mktemp("audio") / "song.wav")
    track = str(upload(owner, path, engine="own_recording")["id"])
    server.wait_until_derived()
    return track


def fetch(url: str, path: Path) -> Path:
    with httpx.stream("GET", url, timeout=600) as got, path.open("wb") as file:
        assert got.status_code == 200
        for chunk in got.iter_raw():
            file.write(chunk)
        assert file.tell() == int(got.headers["content-length"])
    return path


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}")


@pytest.fixture(scope="module")
def long(
    server: Server, owner: httpx.Client, song: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An archive of many tracks, and of no more than a link shows."""
    sizes = [(title, 1 + place * 37 % 5000) for place, title in enumerate(TITLES)]
    more = [("One too many", 10)] if MANY == MOST_TRACKS else []
    album = store_album(server, owner, song, [*sizes, *more])
    with server.listener() as listener:
        return fetch(Taken(owner, listener, album).url(), tmp_path_factory.mktemp("zip") / "a.zip")


@needs("unzip", "7z", "bsdtar")
def test_programs_find_five_hundred_tracks_sound(long: Path) -> None:
    for command in (["unzip", "-tqq"], ["7z", "t", "-bso0"], ["bsdtar", "-tf"]):
        done = subprocess.run([*command, str(long)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    with zipfile.ZipFile(long) as read:
        assert read.testzip() is None
        assert len(read.namelist()) == MANY


@needs("bsdtar")
def test_it_unpacks_from_a_pipe_into_one_folder(long: Path, tmp_path: Path) -> None:
    with long.open("rb") as file:
        subprocess.run(["bsdtar", "-xf", "-", "-C", str(tmp_path)], stdin=file, check=True)
    files = list(tmp_path.rglob("*"))
    assert {file.parent for file in files} == {tmp_path}
    assert sorted(file.stat().st_size for file in files) == sorted(
        1 + place * 37 % 5000 for place in range(MANY)
    )
    width = len(str(MANY))
    numbers = {f"{number:0{width}}" for number in range(1, MANY + 1)}
    assert {file.name[:width] for file in files} == numbers


class Memory:
    """The most that the server's processes take while the block lasts, beyond what they took before."""

    def __init__(self, server: Server) -> None:
        assert server.process is not None
        root = psutil.Process(server.process.pid)
        self._processes = [root, *root.children(recursive=True)]
        self._before = self._taken()
        self._ended = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self.grown = 0

    def _taken(self) -> int:
        return sum(process.memory_info().rss for process in self._processes)

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            self.grown = max(self.grown, self._taken() - self._before)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


def test_two_hundred_megabytes_take_no_memory(
    server: Server, owner: httpx.Client, song: str, tmp_path: Path
) -> None:
    parts = [(f"Part {number}", 50 * MEGABYTE) for number in range(4)]
    album = store_album(server, owner, song, parts)
    small = store_album(server, owner, song, [("Small", MEGABYTE)])
    with server.listener() as listener:
        # What is done for the first time takes some for good.
        fetch(Taken(owner, listener, small).url(), tmp_path / "small.zip")
        url = Taken(owner, listener, album).url()
        began = time.monotonic()
        with Memory(server) as memory:
            whole = fetch(url, tmp_path / "a.zip")
    seconds = time.monotonic() - began
    print(f"{200 / seconds:.0f} MB/s, {memory.grown / MEGABYTE:.1f} MB more memory")
    assert memory.grown < MOST_GROWN
    with zipfile.ZipFile(whole) as read:
        assert read.testzip() is None
    # Behind the middle, in the third file: what was fetched is as whole as the rest.
    start = 130 * MEGABYTE + 12_345
    part = httpx.get(url, headers={"Range": f"bytes={start}-{start + MEGABYTE - 1}"}).content
    with whole.open("rb") as file:
        file.seek(start)
        assert part == file.read(MEGABYTE)


@pytest.mark.skipif(not FULL, reason="of the long form: more than four gigabytes")
@pytest.mark.timeout(1200)
@of_folder
@needs("unzip", "7z", "bsdtar")
def test_more_than_four_gigabytes_are_sound(
    server: Server, owner: httpx.Client, song: str, tmp_path: Path
) -> None:
    sizes = [("First", 10), ("Large", 4 * 1024 * MEGABYTE + 5), ("Behind it", 3 * MEGABYTE)]
    album = store_album(server, owner, song, sizes)
    with server.listener() as listener:
        url = Taken(owner, listener, album).url()
        whole = fetch(url, tmp_path / "a.zip")
        size = whole.stat().st_size
        part = listener.get(url, headers={"Range": f"bytes={size - 100_000}-"})
    assert part.headers["content-range"] == f"bytes {size - 100_000}-{size - 1}/{size}"
    with whole.open("rb") as file:
        file.seek(size - 100_000)
        assert part.content == file.read()
    for command in (["unzip", "-tqq"], ["7z", "t", "-bso0"], ["bsdtar", "-tf"]):
        subprocess.run([*command, str(whole)], check=True)
    with whole.open("rb") as file:
        subprocess.run(["bsdtar", "-xOf", "-"], stdin=file, stdout=subprocess.DEVNULL, check=True)
    with zipfile.ZipFile(whole) as read:
        assert [info.file_size for info in read.infolist()] == [size for _, size in sizes]
        assert read.testzip() is None
    whole.unlink()


@pytest.fixture
def streaming(
    server: Server, owner: httpx.Client, song: str
) -> Iterator[tuple[Taken, list[SlowReader]]]:
    """An archive of three files, and readers in the middle of it: a slow one, and one as fast as it goes."""
    album = store_album(server, owner, song, [(f"Part {n}", 15 * MEGABYTE) for n in range(3)])
    with server.listener() as listener:
        taken = Taken(owner, listener, album)
        url = taken.url()
        with SlowReader(url, 256_000) as slow, SlowReader(url, FULL_SPEED) as fast:
            deadline = time.monotonic() + 10
            while slow.received <= 50_000 or fast.received <= MEGABYTE:
                assert time.monotonic() < deadline, (slow.received, fast.received)
                time.sleep(0.02)
            yield taken, [slow, fast]


@pytest.mark.parametrize("end", ["revoke", "rotate", "remove"])
def test_a_stream_is_cut_by_what_ends_it(
    owner: httpx.Client, streaming: tuple[Taken, list[SlowReader]], end: str
) -> None:
    taken, readers = streaming
    if end == "revoke":
        owner.delete(f"/share/{taken.link['id']}").raise_for_status()
    elif end == "rotate":
        owner.post(f"/share/{taken.link['id']}/rotate").raise_for_status()
    else:
        owner.delete(f"/collections/{taken.album}").raise_for_status()
    before = [reader.arrived() for reader in readers]
    for reader in readers:
        assert reader.finish(within_seconds=45), "wasn't cut"
    after = [reader.received - had for reader, had in zip(readers, before, strict=True)]
    print(f"bytes after the end: {after}")
    assert max(after) <= MOST_BYTES_AFTER
