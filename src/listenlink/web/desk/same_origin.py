"""Whether a request that would change something comes from a page of ours (no cross-site request forgery)."""

from __future__ import annotations

from collections.abc import Mapping

_SAFE = ("GET", "HEAD", "OPTIONS")


def is_ours(method: str, headers: Mapping[bytes, bytes], origins: frozenset[bytes]) -> bool:
    """Whether the request may count the cookie that came with it.

    An unsafe method needs `Sec-Fetch-Site: same-origin` (Fetch Metadata, 2.3), which a page can't set. Where
    a browser sends none, over plain http off the loopback, the `Origin` has to be one of ours. Neither is no.
    """
    if method in _SAFE:
        return True
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site == b"same-origin"
    return headers.get(b"origin") in origins
