"""What is measured: the servers, and the rows of the table, each with how it's asked."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import nodes
import peers_up
from audio_rows import AudioRows
from directus import NotThere, begin_install, directus, end_install, share_in_directus
from fill import ADDRESSES
from in_process import ROUNDS
from library import AUDIO_BYTES, Library, listenlink, run_listenlink
from load import Row
from many import measure_both
from nodes import PostgresLines
from presign import measure_presigning
from serve import Measured, Served, environment
from steady import SqliteLines, Steady
from targets import AT_REST, IN_PROCESS, START, Verdict

_DIRECTUS = "Directus: opening of a share"
_HERE = Path(__file__).parent
_MANY = (10**5, "10⁵"), (10**6, "10⁶"), (10**7, "10⁷")


def say(words: str) -> None:
    """Tell how far it is."""
    print(f"bench: {words}", flush=True)


class Bench:
    """One run: its servers, its rows, and what can't be had."""

    def __init__(self, folder: Path, asked: argparse.Namespace) -> None:
        self.quick, self.full, self.only_nodes = asked.quick, asked.full, asked.nodes
        self.many = _MANY if asked.full or asked.links else _MANY[:2]
        self.library = Library(folder)
        self.rows: dict[str, Row] = {}
        self.servers: list[Served] = []
        self.absent: dict[str, str] = {}
        self.figures: dict[str, str] = {}
        self.singles: dict[str, float] = {}
        self.versions: dict[str, str] = {}
        self.verdicts: list[Verdict] = []
        self.tables: list[str] = []
        self.moved: nodes.Moved | None = None
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

    def cpu_seconds(self) -> float:
        """Processor time of this process, of wrk, and of every server."""
        ours = sum(os.times()[:4]) + sum(server.cpu_seconds() for server in self.servers)
        return ours + (nodes.tree_cpu_seconds(self.moved.postgres) if self.moved else 0.0)

    def set_up(self) -> None:
        """Everything that is measured, started and idle."""
        if self.only_nodes:
            self.set_up_nodes()
            return
        npm = None
        if not self.quick:
            with self.or_absent(_DIRECTUS):
                npm = begin_install(peers_up.PEERS / "directus")
        say("installing what Listenlink is compared with, making tracks, collections and links")
        peers_up.install()
        self.library.make(list(AUDIO_BYTES))
        self.measure_singles()
        if self.full:
            for many in measure_both(self.library):
                self.tables.append(many.table)
                self.verdicts += many.verdicts
        if not self.quick:
            self.move_copy()
        self.add_listenlink()
        self.add_others()
        if not self.quick:
            self.add_nodes()
            self.add_many_links()
            with self.or_absent(_DIRECTUS):
                self.add_directus(npm)

    def set_up_nodes(self) -> None:
        """The rows of PostgreSQL, and the one on SQLite they are compared with."""
        self.library.make([])
        self.move_copy()
        self.figures = measure_presigning()
        self.ours = self.start(listenlink(self.library.data))
        steady = Steady(SqliteLines(self.library.data))
        self.add_clients(
            "resolve64", "resolve a track, SQLite", self.ours, "track", clients=ADDRESSES, steady=steady
        )  # fmt: skip
        self.add_nodes()

    @contextlib.contextmanager
    def or_absent(self, label: str) -> Iterator[None]:
        """Leave a row out, and say why, if it can't be had."""
        try:
            yield
        except (NotThere, OSError, RuntimeError, subprocess.SubprocessError) as reason:
            self.absent[label] = str(reason).splitlines()[0][:60]

    def add(self, row: Row) -> None:
        """One more row."""
        self.rows[row.key] = row

    def add_clients(self, key: str, label: str, server: Measured, paths: str, **more: Any) -> None:
        """A row that asks the paths of a file, from many addresses."""
        addresses = str(more.pop("addresses", ADDRESSES))
        more.setdefault("compare_to", "resolve64")
        asked = [str(self.library.paths(paths)), addresses]
        self.add(Row(key, label, server, "clients.lua", lambda: asked, **more))

    def measure_singles(self) -> None:
        """Start-up, `--help`, memory at rest, and an open in process, before anything else runs."""
        started, helped, resting = [], [], []
        for _ in range(3):
            server = listenlink(self.library.data)
            started.append(server.start())
            resting.append(server.pss_mib())
            server.stop()
            began = time.monotonic()
            run_listenlink("--help")
            helped.append(time.monotonic() - began)
        alone, adding = self.measure_in_process()
        self.singles |= {
            START: median(started),
            AT_REST: median(resting),
            IN_PROCESS: median(alone),
        }
        self.figures = {
            "from `listenlink serve` to the first answer": f"{median(started):.2f} s",
            "`listenlink --help`": f"{median(helped):.2f} s",
            "memory at rest, the sum of its processes' PSS": f"{median(resting):.0f} MiB",
            "an open in process, 64 at a time, CPU": f"{median(alone):.1f} µs ({min(alone):.1f} "
            f"to {max(alone):.1f} in {len(alone)} rounds)",
            "the same in the steady state, so with adding up": f"{median(adding):.1f} µs: "
            f"{median(adding) - median(alone):.1f} µs for that",
        } | measure_presigning()

    def measure_in_process(self) -> tuple[list[float], list[float]]:
        """µs of processor time, by round: with nothing to be added up, and in the steady state."""
        copy = str(shutil.copytree(self.library.data, self.library.folder / "in-process"))
        command = [sys.executable, str(_HERE / "in_process.py"), copy]
        done = subprocess.run(
            [*command, str(self.library.paths("track"))],
            env=environment(), capture_output=True, text=True, timeout=300, check=True,
        )  # fmt: skip
        told = [float(line) for line in done.stdout.split()]
        return told[:ROUNDS], told[ROUNDS:]

    def add_listenlink(self) -> None:
        """Resolves, collections, misses and 429s of Listenlink."""
        self.ours = ours = self.start(listenlink(self.library.data))
        steady = Steady(SqliteLines(self.library.data))
        for connections in (1, 16, 64) if self.quick else (1, 16, 64, 256):
            known = ADDRESSES if connections == 64 else 0
            self.add_clients(
                f"resolve{connections}", "resolve a track", ours, "track",
                connections=connections, clients=known, steady=steady,
            )  # fmt: skip
        self.add_clients(
            "counted", "resolve a link with max_opens", ours, "counted",
            clients=ADDRESSES, steady=steady,
        )  # fmt: skip
        for length in (10, 500):
            label = f"resolve a collection of {length}"
            self.add_clients(
                f"collection{length}", label, ours, f"collection{length}", steady=steady
            )
        self.add_clients("miss", "a miss: 404", ours, "miss", refused=True)
        self.add_clients("limited", "over the limit: 429", ours, "one", refused=True, addresses=1)

    def move_copy(self) -> None:
        """Put the instance into PostgreSQL too, before anybody serves it."""
        self.moved = nodes.moved(self.library)
        self._up.callback(self.moved.postgres.kill)
        self.versions["PostgreSQL"] = nodes.version(self.moved.postgres)

    def add_nodes(self) -> None:
        """The same resolve on PostgreSQL; one node and two, without limits, which two would share."""
        assert self.moved is not None  # noqa: S101
        steady = Steady(PostgresLines(self.moved.url))
        for key, label, asked in nodes.start(self.start, self.library, *self.moved):
            self.add_clients(key, label, asked, "track", clients=ADDRESSES, steady=steady)

    def add_others(self) -> None:
        """Ceilings, and what a user would take or write instead; the same audio from everybody."""
        library, nginx = self.library, None
        library.paths("static").write_text("/static.json")
        library.paths("listing").write_text("/shr/one/?ls")
        static = self.start(peers_up.static_app(library, self.ours))
        self.add_clients("static", "ceiling: fixed body, same server", static, "static")
        if self.has_nginx:
            nginx = peers_up.nginx(library)
            self.add_clients("nginx", "ceiling: nginx, a file", self.start(nginx), "static")
        else:
            self.absent["nginx"] = "nginx isn't installed"
        copyparty = self.start(peers_up.copyparty(library))
        peers_up.share_in_copyparty(copyparty)
        self.add_clients("copyparty", "copyparty: listing of a share", copyparty, "listing")
        textbook = self.start(peers_up.textbook(library))
        self.add_clients("textbook", "textbook: FastAPI, SQLAlchemy", textbook, "track")
        starlette = self.start(peers_up.file_response(library))
        audio = AudioRows(library, self.ours, nginx, copyparty, starlette, self.quick)
        for row in audio.rows():
            self.add(row)

    def add_many_links(self) -> None:
        """The same resolve with many more links, and many audit lines behind them."""
        for links, written in self.many:
            say(f"putting {written} links into a copy")
            name = f"links{links}"
            data = self.library.grow(links, 10**7 if self.full else 10**6)
            steady = Steady(SqliteLines(data))
            label = f"resolve a track, {written} links"
            grown = self.start(listenlink(data))
            self.add_clients(name, label, grown, name, clients=ADDRESSES, steady=steady)

    def add_directus(self, npm: subprocess.Popen[bytes] | None) -> None:
        """Directus, where npm could install it."""
        say("waiting for Directus")
        installed = peers_up.PEERS / "directus"
        self.versions["Directus"] = end_install(installed, npm)
        server = self.start(directus(installed, self.library.folder / "directus"))
        body = ["/shares/auth", share_in_directus(server)]
        self.add(
            Row("directus", _DIRECTUS, server, "post.lua", lambda: body, compare_to="resolve64")
        )
