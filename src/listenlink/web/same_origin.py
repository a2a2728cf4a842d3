"""Whether a request that would change something comes from a page of ours (no cross-site request forgery)."""

from __future__ import annotations

from collections.abc import Mapping

from listenlink.errors import Problem, ProblemKind

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


def require_ours(method: str, headers: Mapping[bytes, bytes], origins: frozenset[bytes]) -> None:
    """Raise Problem(CROSS_SITE) unless it `is_ours`."""
    if not is_ours(method, headers, origins):
        raise Problem(ProblemKind.CROSS_SITE)


def own_origins(*urls: str) -> frozenset[bytes]:
    """The origins of these addresses, as browsers write them: in lower case, without the usual port."""
    return frozenset(_origin(url).encode() for url in urls)


def _origin(url: str) -> str:
    scheme, _, host = url.lower().partition("://")
    return f"{scheme}://{host.removesuffix({'http': ':80', 'https': ':443'}[scheme])}"
