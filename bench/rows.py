"""What is measured: the servers, and the rows of the table, each with how it's asked."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import httpx

import nodes
import peers_up
from directus import NotThere, begin_install, directus, end_install, share_in_directus
from library import ADDRESSES, AUDIO_BYTES, Library, listenlink, run_listenlink
from load import Row
from presign import measure_presigning
from serve import Measured, Served

_CONNECTIONS_OF_RANGES, _CONNECTIONS_OF_FILES = 16, 4
_RANGES = {"64 KiB": 65_536, "1 MiB": 1_048_576}
_LARGE = "200 MB"
_DIRECTUS = "Directus: opening of a share"
_NAMES = {
    "ours": "Listenlink",
    "nginx": "nginx secure_link",
    "copyparty": "copyparty",
    "file_response": "FileResponse",
}


def say(words: str) -> None:
    """Tell how far it is."""
    print(f"bench: {words}", flush=True)


class Bench:
    """One run: its servers, its rows, and what can't be had."""

    def __init__(self, folder: Path, quick: bool, full: bool, only_nodes: bool = False) -> None:
        self.quick, self.full, self.only_nodes = quick, full, only_nodes
        self.library = Library(folder)
        self.rows: dict[str, Row] = {}
        self.servers: list[Served] = []
        self.absent: dict[str, str] = {}
        self.figures: dict[str, str] = {}
        self.versions: dict[str, str] = {}
        self.has_nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin") is not None
        self._up = contextlib.ExitStack()

    def start(self, server: Served) -> Served:
        """Start it, to be stopped at the end."""
        self.servers.append(server)
        self._up.callback(server.stop)
        server.start()
        return server

    def stop(self) -> None:
        """Stop every server."""
        self._up.close()

    def set_up(self) -> None:
        """Everything that is measured, started and idle."""
        if self.only_nodes:
            self.set_up_nodes()
            return
        npm = None
        if not self.quick:
            with self.or_absent(_DIRECTUS):
                npm = begin_install(peers_up.PEERS / "directus")
        say("installing what Listenlink is compared with")
        peers_up.install()
        say("making tracks, collections and links")
        self.library.make(list(AUDIO_BYTES))
        if not self.quick:
            self.move_copy()
        self.measure_start()
        self.add_listenlink()
        self.add_others()
        self.add_audio()
        if not self.quick:
            self.add_nodes()
            self.add_scale()
            with self.or_absent(_DIRECTUS):
                self.add_directus(npm)

    def set_up_nodes(self) -> None:
        """The rows of PostgreSQL, and the one on SQLite they are compared with."""
        self.library.make([])
        self.move_copy()
        self.figures = measure_presigning()
        self.ours = self.start(listenlink(self.library.data))
        self.add_clients(
            "resolve64", "resolve a track, SQLite", self.ours, "track", clients=ADDRESSES
        )
        self.add_nodes()

    @contextlib.contextmanager
    def or_absent(self, label: str) -> Iterator[None]:
        """Leave a row out, and say why, if it can't be had."""
        try:
            yield
        except (NotThere, OSError, RuntimeError, subprocess.SubprocessError) as reason:
            self.absent[label] = str(reason).splitlines()[0][:60]

    def add(
        self, key: str, label: str, server: Measured, script: str, *arguments: str, **more: Any
    ) -> None:
        """One more row."""
        self.rows[key] = Row(key, label, server, script, list(arguments), **more)

    def add_clients(self, key: str, label: str, server: Measured, paths: str, **more: Any) -> None:
        """A row that asks the paths of a file, from many addresses."""
        addresses = str(more.pop("addresses", ADDRESSES))
        more.setdefault("compare_to", "resolve64")
        file = str(self.library.paths(paths))
        self.add(key, label, server, "clients.lua", file, addresses, **more)

    def measure_start(self) -> None:
        """Start-up, `--help` and memory at rest, before anything else runs."""
        started, helped, resting = [], [], 0.0
        for _ in range(3):
            server = listenlink(self.library.data)
            started.append(server.start())
            resting = server.rss_mib()
            server.stop()
            began = time.monotonic()
            run_listenlink("--help")
            helped.append(time.monotonic() - began)
        self.figures = {
            "from `listenlink serve` to the first answer": f"{median(started):.2f} s",
            "`listenlink --help`": f"{median(helped):.2f} s",
            "memory at rest, of both processes": f"{resting:.0f} MiB",
        } | measure_presigning()

    def add_listenlink(self) -> None:
        """Resolves, collections, misses and 429s of Listenlink."""
        self.ours = ours = self.start(listenlink(self.library.data))
        for connections in (1, 16, 64) if self.quick else (1, 16, 64, 256):
            known = ADDRESSES if connections == 64 else 0
            self.add_clients(
                f"resolve{connections}", "resolve a track", ours, "track",
                connections=connections, clients=known,
            )  # fmt: skip
        self.add_clients(
            "counted", "resolve a link with max_opens", ours, "counted", clients=ADDRESSES
        )
        for length in (10, 500):
            label = f"resolve a collection of {length}"
            self.add_clients(f"collection{length}", label, ours, f"collection{length}")
        self.add_clients("miss", "a miss: 404", ours, "miss", refused=True)
        self.add_clients("limited", "over the limit: 429", ours, "one", refused=True, addresses=1)

    def move_copy(self) -> None:
        """Put the instance into PostgreSQL too, before anybody serves it."""
        self.moved = nodes.moved(self.library)
        self._up.callback(self.moved[0].kill)
        self.versions["PostgreSQL"] = nodes.version(self.moved[0])

    def add_nodes(self) -> None:
        """The same resolve on PostgreSQL; one node and two, without limits, which two would share."""
        for key, label, asked in nodes.start(self.start, self.library, *self.moved):
            self.add_clients(key, label, asked, "track", clients=ADDRESSES)

    def add_others(self) -> None:
        """Ceilings, and what a user would take or write instead."""
        library = self.library
        library.paths("static").write_text("/static.json")
        library.paths("listing").write_text("/shr/one/?ls")
        static = self.start(peers_up.static_app(library, self.ours))
        self.add_clients("static", "ceiling: fixed body, same server", static, "static")
        if self.has_nginx:
            self.nginx = self.start(peers_up.nginx(library))
            self.add_clients("nginx", "ceiling: nginx, a file", self.nginx, "static")
        else:
            self.absent["nginx"] = "nginx isn't installed"
        self.copyparty = self.start(peers_up.copyparty(library))
        peers_up.share_in_copyparty(self.copyparty)
        self.add_clients("copyparty", "copyparty: listing of a share", self.copyparty, "listing")
        textbook = self.start(peers_up.textbook(library))
        self.add_clients("textbook", "textbook: FastAPI, SQLAlchemy", textbook, "track")

    def add_audio(self) -> None:
        """The same files from everybody: ranges of a large one, and whole ones."""
        file_response = self.start(peers_up.file_response(self.library))
        for size in self.library.audio_links:
            name = f"{size.replace(' ', '')}.wav"
            asked = {"ours": (self.ours, self.playback_path(size))}
            if self.has_nginx:
                asked["nginx"] = (self.nginx, peers_up.secure_link(name))
            asked["copyparty"] = (self.copyparty, f"/shr/songs/{name}")
            asked["file_response"] = (file_response, f"/audio/{name}")
            if size != _LARGE or not self.quick:
                self.add_whole(size, asked)
            if size == _LARGE:
                self.add_ranges(asked)

    def playback_path(self, size: str) -> str:
        """The signed address of one file, as a listener gets it."""
        view = httpx.get(self.ours.url + self.library.audio_links[size]).raise_for_status().json()
        return str(view["track"]["playback_url"]).removeprefix(self.ours.url)

    def add_whole(self, size: str, asked: dict[str, tuple[Served, str]]) -> None:
        """Rows of whole files."""
        for who, (server, path) in asked.items():
            self.add(
                f"{size} {who}", f"{size}: {_NAMES[who]}", server, "whole.lua", path,
                connections=_CONNECTIONS_OF_FILES, compare_to=f"{size} ours", is_media=True,
            )  # fmt: skip

    def add_ranges(self, asked: dict[str, tuple[Served, str]]) -> None:
        """Rows of ranges at random offsets."""
        file_bytes = self.library.audio[_LARGE].stat().st_size
        for length, range_bytes in _RANGES.items():
            if self.quick and length != "64 KiB":
                continue
            for who, (server, path) in asked.items():
                self.add(
                    f"{length} {who}", f"{length} ranges: {_NAMES[who]}", server, "ranges.lua",
                    path, str(file_bytes), str(range_bytes),
                    connections=_CONNECTIONS_OF_RANGES, compare_to=f"{length} ours", is_media=True,
                )  # fmt: skip

    def add_scale(self) -> None:
        """The same resolve with many more links, and many audit lines behind them."""
        audit_rows = 10_000_000 if self.full else 1_000_000
        for links, written in ((10**5, "10⁵"), (10**6, "10⁶"), (10**7, "10⁷")):
            if links == 10**7 and not self.full:
                continue
            say(f"putting {written} links into a copy")
            name = f"links{links}"
            grown = self.start(listenlink(self.library.grow(links, audit_rows)))
            label = f"resolve a track, {written} links"
            self.add_clients(name, label, grown, name, clients=ADDRESSES)

    def add_directus(self, npm: subprocess.Popen[bytes] | None) -> None:
        """Directus, where npm could install it."""
        say("waiting for Directus")
        installed = peers_up.PEERS / "directus"
        self.versions["Directus"] = end_install(installed, npm)
        server = self.start(directus(installed, self.library.folder / "directus"))
        body = share_in_directus(server)
        self.add(
            "directus", _DIRECTUS, server, "post.lua", "/shares/auth", body, compare_to="resolve64"
        )
