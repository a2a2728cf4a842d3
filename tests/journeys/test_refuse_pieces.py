"""Uploads in pieces: what is wrong is refused in the one envelope, and leaves nothing behind."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from cast import Server
from media.make_audio import make
from pieces import ENGINE, LENGTH, TUS, begin, left_behind, look, offset_of, send


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("audio") / "a.wav"
    return make("wav16", path, sample_count=50_000).read_bytes()


@pytest.mark.parametrize("version", [None, "0.2.2", "1.0.1"])
def test_another_version_is_refused_before_anything_is_done(
    owner: httpx.Client, version: str | None
) -> None:
    headers = {} if version is None else {"Tus-Resumable": version}
    answer = owner.post("/uploads", headers=headers | LENGTH | ENGINE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (412, "PRECONDITION_FAILED")
    assert answer.headers["tus-version"] == "1.0.0"


@pytest.mark.parametrize(
    ("headers", "status", "field"),
    [
        (ENGINE, 422, "Upload-Length"),
        (ENGINE | {"Upload-Length": "-1"}, 422, "Upload-Length"),
        (ENGINE | {"Upload-Length": "1_0"}, 422, "Upload-Length"),
        (ENGINE | {"Upload-Length": "0"}, 422, "Upload-Length"),
        (ENGINE | {"Upload-Defer-Length": "1"}, 422, "Upload-Length"),
        (ENGINE | {"Upload-Length": str(10**10)}, 413, None),
        (LENGTH, 422, "engine"),
        (LENGTH | {"Upload-Metadata": "engine !"}, 422, "Upload-Metadata"),
        (LENGTH | {"Upload-Metadata": "engine c3R1ZGlv,engine c3R1ZGlv"}, 422, "Upload-Metadata"),
        (LENGTH | {"Upload-Metadata": "engine c3R1ZGlv,titel VGVh"}, 422, "titel"),
        (LENGTH | {"Upload-Metadata": "engine c3R1ZGlv,mode bG91ZA=="}, 422, "mode"),
    ],
)
def test_a_wrong_beginning_is_named_and_leaves_nothing(
    server: Server, owner: httpx.Client, headers: dict[str, str], status: int, field: str | None
) -> None:
    before = left_behind(server)
    answer = owner.post("/uploads", headers=TUS | headers)
    assert (answer.status_code, answer.headers["tus-resumable"]) == (status, "1.0.0")
    assert answer.json()["error"]["details"].get("field") == field
    assert left_behind(server) == before


def test_a_wrong_piece_changes_nothing(owner: httpx.Client, song: bytes) -> None:
    path = begin(owner, len(song))
    send(owner, path, 0, song[:100])
    refused = [
        (send(owner, path, 99, b"x"), 409),
        (send(owner, path, 101, b"x"), 409),
        (send(owner, path, 100, b"x", **{"Content-Type": "audio/wav"}), 415),
        (send(owner, path, 100, b"x", **{"Upload-Offset": "+100"}), 422),
        (send(owner, path, 100, song), 413),
        (send(owner, path, 100, in_parts(song)), 413),
        (send(owner, "/uploads/mupload_000000000000", 0, b"x"), 404),
        (send(owner, "/uploads/nonsense", 0, b"x"), 404),
        (owner.put(path, headers=TUS), 405),
    ]
    for answer, status in refused:
        assert answer.status_code == status, answer.text
        assert answer.json()["error"]["trace_id"] == answer.headers["x-request-id"]
        assert answer.headers["tus-resumable"] == "1.0.0"
    assert offset_of(owner, path) == 100


def in_parts(data: bytes) -> Any:
    """A body of which the length isn't told."""
    yield data


def test_what_is_not_audio_is_refused_at_its_end_and_leaves_nothing(
    server: Server, owner: httpx.Client, song: bytes
) -> None:
    before = left_behind(server)
    path = begin(owner, 30_000)
    answer = send(owner, path, 0, b"Dear diary, " * 2500)
    assert (answer.status_code, answer.json()["error"]["details"]["reason"]) == (422, "not_audio")
    assert left_behind(server) == before
    server.wait_until_derived()  # No other draft either.
    assert look(owner, path).status_code == 404
