"""The addresses of manifests in what is written once for all who ask: each has its place there, and whoever
is answered gets their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from listenlink.model.page import PageTrack

# Inside a JSON string a quote is escaped, so no title can contain this.
_PLACE = re.compile(rb'"manifest_url":"(\d+)\.(\d+)"')


def manifest_place(track: PageTrack) -> str:
    """What stands for a track's address."""
    return f"{track.number}.{track.version}"


def fill_manifests(
    written: bytes, write: Callable[[Iterable[int], Iterable[int]], list[str]]
) -> bytes:
    """The JSON with addresses in their places, as `write` makes them of tracks and their versions, both by
    number."""
    places = _PLACE.findall(written)
    if not places:
        return written
    urls = iter(write([int(number) for number, _ in places], [int(one) for _, one in places]))
    return _PLACE.sub(lambda _: b'"manifest_url":"%b"' % next(urls).encode(), written)
