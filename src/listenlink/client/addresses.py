"""Addresses: a server's, a link's, and what is shown of them."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, urlsplit

DEFAULT_SERVER = "http://127.0.0.1:8484"
SHARED = "/v1/music/shared/"
_PORTS = {"http": 80, "https": 443}
_KINDS = {"mtrack": "tracks", "mcoll": "collections"}


class ReadLink(NamedTuple):
    """A link as it was given: the server that its address names, None if it's a token alone."""

    origin: str | None
    token: str

    @property
    def url(self) -> str:
        """Where it opens: a path on the client's own server, or a whole address."""
        return f"{self.origin or ''}{SHARED}{self.token}"


def read_link(link: str) -> ReadLink:
    """A link's address, or its token alone. Raises ValueError for an address that isn't one, without
    repeating it: it holds the token."""
    text = link.strip()
    if "/" not in text:
        return ReadLink(None, text)
    try:
        address = urlsplit(text)
        is_path = text.startswith("/") and not address.netloc
        origin = None if is_path else origin_of(text)
    except ValueError:
        raise ValueError(
            "this isn't a link's address: https://…, and the token at its end"
        ) from None
    return ReadLink(origin, address.path.rstrip("/").rpartition("/")[2])


def origin_of(url: str) -> str:
    """`HTTPS://a@Music.example:443/x` → `https://music.example`. Raises ValueError for what is no address of
    http or https."""
    address = urlsplit(url)
    scheme, host = address.scheme.lower(), address.hostname
    if scheme not in _PORTS or not host:
        raise ValueError("this isn't an address of http or https")
    named = f"[{host}]" if ":" in host else host
    port = address.port
    return f"{scheme}://{named}" + ("" if port in (None, _PORTS[scheme]) else f":{port}")


def kind_of(target_id: str) -> str:
    """`tracks` or `collections`, as paths have it. Raises ValueError for the id of anything else."""
    kind = _KINDS.get(target_id.partition("_")[0])
    if kind is None:
        raise ValueError(f"{target_id} is neither a track nor a collection")
    return kind


def headers_of(
    session: str | None = None, password: str | None = None, unlock: str | None = None
) -> dict[str, str]:
    """What is sent with a link: the session of an earlier open, its password, or what that was worth."""
    sent = {"Listen-Session": session, "Share-Unlock": unlock}
    if password is not None:
        sent["Share-Password"] = quote(password, safe="")
    return {name: value for name, value in sent.items() if value is not None}
