"""Where the desk is, as a command prints it: an address that passkeys can be made for, where there is one."""

from __future__ import annotations

from urllib.parse import urlsplit

from listenlink.model.client_address import parse_address
from listenlink.settings import Settings


def desk_url(settings: Settings) -> str:
    """The public URL, or `http://localhost:PORT` where that is this machine's own address: browsers make
    passkeys for names alone."""
    split = urlsplit(settings.base_url)
    address = parse_address(split.hostname or "")
    if address is None or not address.is_loopback:
        return settings.base_url
    port = "" if split.port is None else f":{split.port}"
    return f"{split.scheme}://localhost{port}"
