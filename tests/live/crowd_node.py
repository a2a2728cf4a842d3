"""A node that a crowd stands before: the server, what can be asked of it, and what its worker uses."""

from __future__ import annotations

import contextlib
import hashlib
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from re import search
from typing import Any, NamedTuple

import httpx
import psutil

from cast import Server, share, upload
from listenlink.store import tables
from live.crowd import held_by
from live.load import SHARED
from media.make_audio import make

TRACKS = 500
# No less than the listener needs, whatever the crowd's clients are left with: 720 opens a minute.
RESOLVE_LIMIT = 1200
_SETTINGS = {"RESOLVE_LIMIT_PER_MINUTE": str(RESOLVE_LIMIT), "PLAYBACK_TTL_SECONDS": "3600"}
# Above what all buffers between the server and a reader hold, below what gets a rendition.
_LARGE_SAMPLES = 4_500_000
# nginx keeps so many for the next request, and Caddy learns only from the next event, 15 s later, that the
# reader of a stream has left.
_KEPT_BY_A_PROXY = 32
_BACK_WITHIN_SECONDS = 45.0
_BROWSER = {"Accept": "text/html"}
_COUNTING = (
    "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"
)


class Goods(NamedTuple):
    """What is there to be asked for: paths, and the session that goes with the collection's."""

    organization: str
    link: str
    playback: str
    playback_digest: str
    large: str
    session: str
    embed: str
    oembed: str
    picture: str


class Use(NamedTuple):
    """What the worker uses: memory in bytes (the most since it was last forgotten), descriptors,
    connections, and seconds of processor time."""

    most_bytes: int
    descriptors: int
    connections: int
    seconds: float


@dataclass
class Node:
    """The server and its goods."""

    server: Server
    goods: Goods
    song: Path

    def worker(self) -> psutil.Process:
        """The process that answers."""
        assert self.server.process is not None
        children = psutil.Process(self.server.process.pid).children()
        return max(children, key=lambda child: int(child.memory_info().rss))

    def forget_most(self) -> None:
        """Its most memory is what it has now (proc(5), clear_refs)."""
        Path(f"/proc/{self.worker().pid}/clear_refs").write_text("5")

    def use(self) -> Use:
        """What it uses now."""
        worker = self.worker()
        status = Path(f"/proc/{worker.pid}/status").read_text()
        most_kilobytes = search(r"VmHWM:\s+(\d+) kB", status)
        assert most_kilobytes
        times = worker.cpu_times()
        return Use(
            int(most_kilobytes[1]) * 1024,
            worker.num_fds(),
            len(held_by(self.server.port)),
            times.user + times.system,
        )

    @property
    def passing(self) -> int:
        """How many connections may come and go: the listener's own, and a proxy's."""
        return 10 + (_KEPT_BY_A_PROXY if "TRUSTED_PROXIES" in self.server.settings else 0)

    def is_back_at(self, before: Use) -> bool:
        """Whether connections and descriptors are, within some seconds, about what they were."""
        some = self.passing
        deadline = time.monotonic() + _BACK_WITHIN_SECONDS
        while time.monotonic() < deadline:
            now = self.use()
            is_less = now.connections <= before.connections + some
            if is_less and now.descriptors <= before.descriptors + some + 10 and self.is_alive():
                return True
            time.sleep(0.2)
        return False

    def is_alive(self) -> bool:
        """Whether it answers."""
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(self.server.url + "/healthz", timeout=2).status_code == 200
        return False

    def try_everything(self) -> None:
        """A stream of events, a whole playback and an upload: they work as ever."""
        url, goods = self.server.url, self.goods
        session = {"Listen-Session": goods.session}
        with httpx.stream("GET", url + goods.large + "/events", headers=session) as stream:
            assert stream.status_code == 200
            assert next(stream.iter_lines()) == ": listening"
        if goods.playback:
            played = httpx.get(url + goods.playback, timeout=30)
            assert played.status_code == 200
            assert hashlib.sha256(played.content).hexdigest() == goods.playback_digest
        with self.server.owner() as owner:
            track = upload(owner, self.song)
            owner.delete(f"/tracks/{track['id']}").raise_for_status()

    def restart(self, **settings: str) -> None:
        """Serve anew, with other settings. Those who stand before it aren't waited for."""
        if self.server.process is not None:
            self.server.kill()
        self.server.settings = self.server.settings | settings
        self.server.start()


@contextlib.contextmanager
def node_with_goods(folder: Path) -> Iterator[Node]:
    """A running node, which believes no proxy."""
    server = Server(folder / "data", dict(_SETTINGS))
    server.create()
    server.start()
    try:
        song = make("wav16", folder / "song.wav", sample_count=5000)
        yield Node(server, _make_goods(server, folder, song), song)
    finally:
        if server.process is not None:
            server.stop()


def _make_goods(server: Server, folder: Path, song: Path) -> Goods:
    large = folder / "large.wav"
    with wave.open(str(large), "wb") as audio:
        audio.setparams((2, 2, 44_100, 0, "NONE", "not compressed"))
        audio.writeframes(bytes(_LARGE_SAMPLES * 4))
    with server.owner() as owner:
        track = upload(owner, song, title="Late Night Study")
        link = share(owner, track["id"])
        long_link = share(owner, upload(owner, large)["id"])
        collection = owner.post("/collections", json={"name": "Evening"}).json()
        _fill(server, collection, track)
        all_of_it = share(owner, collection["id"])
    server.wait_until_derived()
    path = SHARED + str(all_of_it["token"])
    with httpx.Client(base_url=server.url, timeout=30) as client:
        opened = client.get(path)
        assert len(opened.json()["tracks"]) == TRACKS
        playback = str(client.get(SHARED + str(long_link["token"])).json()["track"]["playback_url"])
        shown = search(
            r'og:image" content="[^"]*(/v1/[^"]+)"', client.get(path, headers=_BROWSER).text
        )
        assert shown
        # The first of all draws it, in a process of its own.
        assert client.get(unescape(shown[1])).status_code == 200
    return Goods(
        organization=server.organization_id,
        link=SHARED + str(link["token"]),
        # A bucket's own isn't ours to bound.
        playback=playback.removeprefix(server.url) if playback.startswith(server.url) else "",
        playback_digest=hashlib.sha256(large.read_bytes()).hexdigest(),
        large=path,
        session=opened.headers["listen-session"],
        embed=f"/embed/{all_of_it['token']}",
        oembed=f"/oembed?url={server.url}{path}",
        picture=unescape(shown[1]),
    )


def _fill(server: Server, collection: dict[str, Any], track: dict[str, Any]) -> None:
    """Put so many copies of the track into the collection, beside the server."""
    number, place = (int(str(thing["id"]).rpartition("_")[2], 16) for thing in (track, collection))
    columns = [column.name for column in tables.tracks.columns]
    chosen = [{"id": f"{number} + n"}.get(name, name) for name in columns]
    # Everything here is named by this file.
    server.change(
        f"INSERT INTO tracks ({', '.join(columns)}) {_COUNTING} SELECT {', '.join(chosen)} "  # noqa: S608
        "FROM numbers, tracks WHERE tracks.id = ?",
        TRACKS,
        number,
    )
    server.change(
        f"INSERT INTO collection_tracks (collection_id, track_id, position, added_at) {_COUNTING} "  # noqa: S608
        f"SELECT {place}, {number} + n, n, created_at FROM numbers, tracks WHERE tracks.id = ?",
        TRACKS,
        number,
    )
