"""A tus 1.0 program for the tests: plain requests, one function each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx

from cast import Server
from listenlink.model.upload_metadata import write_metadata

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {"Content-Type": "application/offset+octet-stream"}
FACTS = {"engine": "studio", "filename": "Evening.wav"}
LENGTH = {"Upload-Length": "9"}
ENGINE = {"Upload-Metadata": "engine c3R1ZGlv"}
METADATA = write_metadata(FACTS)


def begin(owner: httpx.Client, size_bytes: int, **facts: str) -> str:
    """A new upload; its path below the server."""
    headers = {
        "Upload-Length": str(size_bytes),
        "Upload-Metadata": write_metadata(FACTS | facts),
    }
    answer = owner.post("/uploads", headers=TUS | headers)
    assert answer.status_code == 201, answer.text
    return path_of(answer)


def path_of(answer: httpx.Response) -> str:
    """Where the pieces go, below the organisation."""
    return "/uploads/" + answer.headers["location"].rpartition("/")[2]


def send(
    owner: httpx.Client, path: str, offset: int, data: bytes | Iterator[bytes], **headers: str
) -> httpx.Response:
    """One piece."""
    return owner.patch(
        path, content=data, headers=TUS | PIECE | {"Upload-Offset": str(offset)} | headers
    )


def look(owner: httpx.Client, path: str) -> httpx.Response:
    """How far it is."""
    return owner.head(path, headers=TUS)


def offset_of(owner: httpx.Client, path: str) -> int:
    """Where to go on."""
    return int(look(owner, path).raise_for_status().headers["upload-offset"])


def left_behind(server: Server) -> tuple[int, list[Path]]:
    """Rows and files of uploads that aren't tracks."""
    ((rows,),) = server.query("SELECT count(*) FROM resumable_uploads WHERE track_id IS NULL")
    return rows, sorted((server.data / "uploads").glob("resumable-*"))
