# Written by scripts/write_blocking_client.py. Change client/awaiting/covers.py, then `make client`.
"""How covers are sent, fetched and taken away, a track's and a collection's alike."""

from __future__ import annotations

from listenlink.client.blocking.connection import Connection
from listenlink.client.blocking.waits import aside
from listenlink.client.source import Given, Size, read_picture

_TIMEOUT_SECONDS = 120.0


def fetch_cover(connection: Connection, path: str, size: Size) -> bytes:
    """The JPEG at this path."""
    headers = {"Accept": "image/jpeg"}
    answer = connection.persist("GET", path, params={"size": size}, headers=headers)
    return answer.content


def send_cover(connection: Connection, path: str, file: Given) -> None:
    """Put a picture there, again if the server is away or busy: that makes no difference."""
    picture = aside(read_picture, file)
    connection.persist("PUT", path, content=picture, timeout=_TIMEOUT_SECONDS)


def take_cover(connection: Connection, path: str, *, restore: bool) -> None:
    """Take away what is there, or only what was put there."""
    params = {"restore": "true"} if restore else {}
    connection.persist("DELETE", path, params=params)
