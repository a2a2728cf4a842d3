"""How covers are sent, fetched and taken away, a track's and a collection's alike."""

from __future__ import annotations

from typing import Literal

from listenlink.client.connection import Connection
from listenlink.client.sending import trying
from listenlink.client.source import Given, Source

Size = Literal["large", "small"]
# More is refused by every server, so no more is read.
_MOST_BYTES = 8 * 1024 * 1024
_TIMEOUT_SECONDS = 120.0


def fetch_cover(connection: Connection, path: str, size: Size) -> bytes:
    """The JPEG at this path."""
    params = {"size": size}
    return connection.send("GET", path, params=params, headers={"Accept": "image/jpeg"}).content


def send_cover(connection: Connection, path: str, file: Given) -> None:
    """Put a picture there, again if the server is away or busy: that makes no difference."""
    with Source(file).open() as opened:
        picture = opened.read(_MOST_BYTES + 1)
    trying(lambda: connection.send("PUT", path, content=picture, timeout=_TIMEOUT_SECONDS))


def take_cover(connection: Connection, path: str, *, restore: bool) -> None:
    """Take away what is there, or only what was put there."""
    connection.delete(path, params={"restore": "true"} if restore else {})
