"""Which `Host` a request may name. Nothing is ever built from it: links come from the settings."""

from __future__ import annotations

import re

from listenlink.model.client_address import is_loopback_host
from listenlink.model.remembered import Remembered

PROBES = (b"/healthz", b"/readyz")
# A name's 253 characters (RFC 1035, 2.3.4) and a port.
_MOST_CHARACTERS = 253 + len(":65535")
# The bytes of one spelling, plus the overhead of an entry.
_ENTRY_BYTES = _MOST_CHARACTERS + 250
_MOST_BYTES = 1000 * _ENTRY_BYTES
_HOST = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


class AcceptedHosts:
    """Accepts the public URL's host, and loopback on any port; for probes, any host."""

    def __init__(self, base_url: str) -> None:
        scheme, _, host = base_url.partition("://")
        self._own_port = {"http": ":80", "https": ":443"}[scheme]
        self._public = host.lower().removesuffix(self._own_port)
        # Only our own hosts, which have many spellings too: whatever else is requested, they stay known.
        self._known: Remembered[bytes, bool] = Remembered(_MOST_BYTES, lambda *_: _ENTRY_BYTES)

    def accepts(self, host: bytes | None, path: bytes) -> bool:
        """Whether the request names exactly one host, and it's ours. Two, joined, count as none."""
        return host in self._known or self._learn(host) or path in PROBES

    def _learn(self, host: bytes | None) -> bool:
        if host is None or len(host) > _MOST_CHARACTERS:
            return False
        if self._known.recall(host):
            return True
        is_ours = self._is_ours(host)
        if is_ours:
            self._known.keep(host, True)
        return is_ours

    def _is_ours(self, host: bytes) -> bool:
        text = host.decode("latin-1").lower()
        if text.removesuffix(self._own_port) == self._public:
            return True
        match = _HOST.fullmatch(text)
        if match is None:
            return False
        return is_loopback_host(match.group(1))
