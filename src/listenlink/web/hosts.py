"""Which `Host` a request may name. Nothing is ever made from it: links come from settings."""

from __future__ import annotations

import re

from listenlink.model.client_address import parse_address

PROBES = (b"/healthz", b"/readyz")
_MOST_REMEMBERED = 1000
_HOST = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


class AcceptedHosts:
    """The public URL's host, and loopback under any port; for probes, any."""

    def __init__(self, base_url: str) -> None:
        scheme, _, host = base_url.partition("://")
        self._own_port = {"http": ":80", "https": ":443"}[scheme]
        self._public = host.lower().removesuffix(self._own_port)
        self._known: dict[bytes, bool] = {}

    def accepts(self, host: bytes | None, path: bytes) -> bool:
        """Whether the request names exactly one host, and one of ours. Two, joined, are none."""
        known = self._known.get(host or b"")
        if known is None:
            known = host is not None and self._is_ours(host)
            if len(self._known) < _MOST_REMEMBERED:
                self._known[host or b""] = known
        return known or path in PROBES

    def _is_ours(self, host: bytes) -> bool:
        text = host.decode("latin-1").lower()
        if text.removesuffix(self._own_port) == self._public:
            return True
        match = _HOST.fullmatch(text)
        if match is None:
            return False
        name = match.group(1)
        address = parse_address(name)
        return name == "localhost" or (address is not None and address.is_loopback)
