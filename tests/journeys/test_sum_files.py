"""The CRC-32 of files: kept as they arrive, made up where it's missing, and never a wrong one."""

from __future__ import annotations

import io
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, upload
from engines import of_folder
from journeys.albums import Taken, make_album, upload_album
from media.make_audio import make
from pieces import begin, send


@pytest.fixture(scope="module")
def songs(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return upload_album(owner, tmp_path_factory.mktemp("audio"))


@pytest.fixture
def forgotten(server: Server, songs: list[dict[str, Any]]) -> Iterator[dict[str, int]]:
    """The right ones, which the database has forgotten: as if all had been stored before they were kept."""
    right = checksums(server)
    server.change("UPDATE audio_objects SET crc32 = NULL")
    yield right
    for digest, crc32 in right.items():
        server.change(
            "UPDATE audio_objects SET crc32 = ? WHERE digest = ?", crc32, bytes.fromhex(digest)
        )


def checksums(server: Server) -> dict[str, Any]:
    rows = server.query("SELECT digest, crc32 FROM audio_objects WHERE discarded_at IS NULL")
    return {bytes(digest).hex(): crc32 for digest, crc32 in rows}


def wait_for(server: Server, wanted: dict[str, Any]) -> None:
    deadline = time.monotonic() + 30
    while checksums(server) != wanted:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_it_is_kept_by_form_and_in_pieces(
    server: Server, owner: httpx.Client, songs: list[dict[str, Any]], tmp_path: Path
) -> None:
    path = make("wav16", tmp_path / "pieces.wav", sample_count=40_000)
    data, upload_path = path.read_bytes(), begin(owner, path.stat().st_size)
    for start in range(0, len(data), 50_000):
        send(owner, upload_path, start, data[start : start + 50_000]).raise_for_status()
    for data in (*(song["bytes"] for song in songs), path.read_bytes()):
        assert zlib.crc32(data) in checksums(server).values()
    assert None not in checksums(server).values()


def test_what_is_uploaded_again_is_no_longer_without(
    server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    path = make("wav16", tmp_path / "again.wav", sample_count=41_000)
    upload(owner, path)
    right = checksums(server)
    server.change(
        "UPDATE audio_objects SET crc32 = NULL WHERE crc32 = ?", zlib.crc32(path.read_bytes())
    )
    upload(owner, path)
    assert checksums(server) == right


def test_an_archive_has_them_made_at_once(
    server: Server, owner: httpx.Client, listener: httpx.Client, songs: list[dict[str, Any]],
    forgotten: dict[str, int],
) -> None:  # fmt: skip
    taken = Taken(owner, listener, make_album(owner, songs))
    got = listener.get(taken.url()).raise_for_status()
    with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
        assert archive.testzip() is None
    known = {digest: crc32 for digest, crc32 in checksums(server).items() if crc32 is not None}
    assert len(known) >= len(songs)
    assert known.items() <= forgotten.items()


def test_the_rest_is_made_up_after_the_next_start_also_after_a_kill(
    server: Server, owner: httpx.Client, listener: httpx.Client, songs: list[dict[str, Any]],
    forgotten: dict[str, int],
) -> None:  # fmt: skip
    for _ in range(3):
        server.kill()
        server.launch()
        time.sleep(0.2)
    server.wait_until_ready()
    wait_for(server, forgotten)


@of_folder
def test_a_damaged_file_gets_none_and_an_archive_of_it_is_not_begun(
    server: Server, owner: httpx.Client, listener: httpx.Client, tmp_path: Path
) -> None:
    path = make("wav16", tmp_path / "damaged.wav", sample_count=42_000)
    song = upload(owner, path)
    url = Taken(owner, listener, make_album(owner, [song])).url()
    assert listener.get(url).status_code == 200
    (digest,) = [
        d for d, crc32 in checksums(server).items() if crc32 == zlib.crc32(path.read_bytes())
    ]
    stored = server.data / "objects" / digest[:2] / digest
    whole = stored.read_bytes()
    server.change("UPDATE audio_objects SET crc32 = NULL WHERE digest = ?", bytes.fromhex(digest))
    stored.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    refused = listener.get(url)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert "damaged or lost" in refused.json()["error"]["message"]
    assert checksums(server)[digest] is None
    stored.unlink()
    # It isn't read again for each who asks.
    for _ in range(20):
        assert listener.get(url).status_code == 503
    assert server.log is not None
    assert server.log.read_text().count("object_has_other_bytes") == 1
    stored.write_bytes(whole)
    wait_until(lambda: listener.get(url).status_code == 200)
