"""Our client uploads whatever holds bytes: a path, an open file, a pipe."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cast import Server
from listenlink.client import Client
from listenlink.client.sending import PIECES_ABOVE_BYTES
from live.awaited import KINDS, client_of
from media.make_audio import make


@pytest.fixture(scope="module", params=KINDS)
def mine(request: pytest.FixtureRequest, server: Server) -> Iterator[Client]:
    with client_of(request.param, server.url, server.api_key) as client:
        yield client


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "Evening.wav", sample_count=5000)


class Unseekable(io.RawIOBase):
    """A pipe, as far as can be told."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._data.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def test_whatever_holds_bytes_is_uploaded(mine: Client, song: Path) -> None:
    data = song.read_bytes()
    moved = io.BytesIO(b"before" + data)
    moved.seek(len(b"before"))
    with song.open("rb") as opened:
        given: list[tuple[Any, str | None, str]] = [
            (song, None, "Evening"), (os.fspath(song), None, "Evening"), (opened, None, "Evening"),
            (song, "Morning.wav", "Morning"), (io.BytesIO(data), "Night.wav", "Night"),
            (moved, "Noon.wav", "Noon"), (Unseekable(data), "Pipe.wav", "Pipe"),
            (io.BytesIO(data), None, "audio"), (data, "Bytes.wav", "Bytes"), (bytearray(data), None, "audio"),
            (memoryview(data), 'A "b"; ♪.wav', 'A "b"; ♪'),
        ]  # fmt: skip
        for file, name, title in given:
            track = mine.upload(file, engine="studio", name=name, instrumental=True)
            assert (track.title, track.instrumental) == (title, True)
            assert track.measured_duration_seconds == 0.113
        assert not opened.closed


def test_an_open_file_is_sent_in_pieces_too(
    mine: Client, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PIECES_ABOVE_BYTES > 2**20
    for room in ("blocking", "awaiting"):
        monkeypatch.setattr(f"listenlink.client.{room}.uploads.PIECES_ABOVE_BYTES", 100)
        monkeypatch.setattr(f"listenlink.client.{room}.chunks.PIECE_BYTES", 1000)
    data, seen = song.read_bytes(), []  # type: tuple[bytes, list[int]]
    for file in (io.BytesIO(data), Unseekable(data)):
        track = mine.upload(file, engine="studio", name="Pieces.wav", progress=seen.append)
        assert (track.title, track.measured_duration_seconds) == ("Pieces", 0.113)
    assert seen[-1] == len(data)


def test_what_is_no_file_of_bytes_is_said_to_be_none(mine: Client, song: Path) -> None:
    with song.open("r", encoding="latin-1") as text:
        for wrong in (text, 5, None):
            with pytest.raises(TypeError, match="isn't a path, a file opened for bytes, or bytes"):
                mine.upload(wrong, engine="studio")  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        mine.upload("nowhere.wav", engine="studio")
