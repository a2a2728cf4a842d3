"""What is shared in the benchmark: audio, tracks, collections and links, made by Listenlink itself.

Large numbers of rows are copies of a row that Listenlink made, put straight into the database.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import sqlite3
import subprocess
import sys
import time
import wave
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from listenlink.media.sandbox.playable import MOST_PLAIN_WAV_BYTES

import fill
from fill import ADDRESSES
from serve import Served, environment, free_port

LINKS = 1000
_WAV_HEADER_BYTES = 44
_MOST_SECONDS_BEHIND = 300
_IS_BEHIND = """
SELECT EXISTS (SELECT 1 FROM audio_objects WHERE derived_at IS NULL AND discarded_at IS NULL),
    EXISTS (SELECT 1 FROM track_marks WHERE read_at IS NULL OR begun_at IS NOT NULL)
"""
SETTINGS = {
    "LISTENLINK_TRUSTED_PROXIES": "127.0.0.1/32",
    "LISTENLINK_PLAYBACK_TTL_SECONDS": "3600",
}
_MP3_FRAME_BYTES = 1044
AUDIO_BYTES = {"5 MB": 5_000_000, "200 MB": 200_000_000}


def listenlink(data: Path) -> Served:
    """`listenlink serve`, with everything as it is by default, behind a trusted proxy."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "listenlink",
        "serve",
        "--data",
        str(data),
        "--port",
        str(port),
    ]
    return Served(f"listenlink-{data.name}", command, data.parent, port, "/readyz", dict(SETTINGS))


def _wait_until_done(data: Path) -> None:
    """Until all that is made behind uploads is there. Copies would have it begun and not finished, take it
    for given up after ten minutes, and begin it again while others are measured."""
    until = time.monotonic() + _MOST_SECONDS_BEHIND
    with contextlib.closing(sqlite3.connect(data / "listenlink.db", timeout=10)) as database:
        while time.monotonic() < until and any(database.execute(_IS_BEHIND).fetchone()):
            time.sleep(0.5)


def _write_wav(path: Path, size_bytes: int) -> None:
    with wave.open(str(path), "wb") as audio:
        audio.setparams((2, 2, 44_100, 0, "NONE", "not compressed"))
        audio.writeframes(bytes((size_bytes - _WAV_HEADER_BYTES) // 4 * 4))


def _write_mp3(path: Path, size_bytes: int) -> None:
    """Silence, in frames of 320 kbit/s at 44.1 kHz."""
    frame = bytes.fromhex("fffbe000").ljust(_MP3_FRAME_BYTES, b"\0")
    path.write_bytes(frame * (size_bytes // len(frame)))


@dataclass
class Library:
    """A folder of Listenlink, with files of request paths beside it for wrk."""

    folder: Path
    audio: dict[str, Path] = field(default_factory=dict)
    audio_links: dict[str, str] = field(default_factory=dict)
    key: str = ""
    organization: str = ""
    _shared: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The instance."""
        return self.folder / "small"

    def paths(self, name: str) -> Path:
        """The file of request paths for one row."""
        return self.folder / f"{name}.paths"

    def make(self, sizes: list[str]) -> None:
        """Everything, over HTTP where a user would do it so; the server is stopped afterwards."""
        told = json.loads(run_listenlink("init", "--data", str(self.data), "--json"))
        self.key, self.organization = told["api_key"], told["organization_id"]
        server = listenlink(self.data)
        server.start()
        headers = {"X-API-Key": self.key}
        base = f"{server.url}/v1/music/{told['organization_id']}"
        try:
            with httpx.Client(base_url=base, headers=headers, timeout=120) as owner:
                song = self._upload(owner, "song", 1_000_000)
                for size in sizes:
                    track = self._upload(owner, size, AUDIO_BYTES[size])
                    self.audio_links[size] = _share(owner, f"/tracks/{track}")
                self._share_all(owner, song)
            httpx.get(server.url + self.paths("track").read_text().split()[0]).raise_for_status()
            _wait_until_done(self.data)
        finally:
            server.stop()

    def _upload(self, owner: httpx.Client, name: str, size_bytes: int) -> str:
        # Of a larger WAV a rendition is played, which is another file than the others send.
        is_wav = size_bytes <= MOST_PLAIN_WAV_BYTES
        path = self.folder / "audio" / f"{name.replace(' ', '')}{'.wav' if is_wav else '.mp3'}"
        path.parent.mkdir(exist_ok=True)
        (_write_wav if is_wav else _write_mp3)(path, size_bytes)
        self.audio[name] = path
        with path.open("rb") as file:
            answer = owner.post(
                "/tracks",
                data={"engine": "studio", "title": "Late Night Study"},
                files={"file": (path.name, file)},
            )
        return str(answer.raise_for_status().json()["id"])

    def _share_all(self, owner: httpx.Client, song: str) -> None:
        links = [_share(owner, f"/tracks/{song}") for _ in range(LINKS)]
        self.paths("track").write_text("\n".join(links))
        self.paths("one").write_text(links[0])
        counted = [_share(owner, f"/tracks/{song}", max_opens=10**9) for _ in range(LINKS)]
        self.paths("counted").write_text("\n".join(counted))
        self.paths("miss").write_text("\n".join(_path(_token()) for _ in range(ADDRESSES)))
        songs = [song, *copy_tracks(self.data, song, 499)]
        for length in (10, 500):
            made = (
                owner.post("/collections", json={"name": f"{length} songs"})
                .raise_for_status()
                .json()
            )
            for track in songs[:length]:
                added = owner.post(f"/collections/{made['id']}/tracks", json={"track_id": track})
                added.raise_for_status()
            link = _share(owner, f"/collections/{made['id']}")
            self.paths(f"collection{length}").write_text(link)

    def grow(self, links: int, audit_rows: int) -> Path:
        """A copy of the instance with so many links and audit lines; returns its folder."""
        name, size = f"links{links}", fill.Size(links, audit_rows)
        copy = self.folder / name
        shutil.copytree(self.data, copy)
        self.write_paths(name, size)
        fill.fill_sqlite(copy / "listenlink.db", size, time.time_ns() // 1000)
        return copy

    def write_paths(self, name: str, size: fill.Size) -> None:
        """The links that can be asked for, of those that were put in."""
        self.paths(name).write_text("\n".join(_path(fill.token(n)) for n in range(size.asked)))


def run_listenlink(*arguments: str, settings: Mapping[str, str] | None = None) -> str:
    """What one command prints, of an instance with these settings."""
    command = [sys.executable, "-m", "listenlink", *arguments]
    done = subprocess.run(
        command,
        env=environment(**(settings or {})),
        capture_output=True,
        text=True,
        timeout=3600,
        check=True,
    )
    return done.stdout


def copy_tracks(data: Path, track_id: str, count: int) -> list[str]:
    """So many copies of a track, in the same audio; returns their public ids."""
    numbers = [secrets.randbits(48) for _ in range(count)]
    with sqlite3.connect(data / "listenlink.db", timeout=10) as database:
        original = int(track_id.removeprefix("mtrack_"), 16)
        _copy(database, "tracks", f"id = {original:d}", ({"id": number} for number in numbers))
    database.close()
    return [f"mtrack_{number:012x}" for number in numbers]


def _copy(
    database: sqlite3.Connection, table: str, where: str, changes: Iterator[dict[str, Any]]
) -> None:
    """Insert copies of the first row that fits, each with its changes."""
    cursor = database.execute(f"SELECT * FROM {table} WHERE {where} LIMIT 1")  # noqa: S608
    row = dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))
    places = ", ".join(f":{name}" for name in row)
    database.executemany(f"INSERT INTO {table} VALUES ({places})", (row | new for new in changes))  # noqa: S608


def _share(owner: httpx.Client, target: str, **terms: int) -> str:
    """A link to a track or collection: its path with the token."""
    link = owner.post(f"{target}/share", json=terms).raise_for_status().json()
    return _path(link["token"])


def _token() -> str:
    return "shr_" + secrets.token_hex(16)


def _path(token: str) -> str:
    return f"/v1/music/shared/{token}"
