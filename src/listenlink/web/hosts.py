"""Which `Host` a request may name. Nothing is ever built from it: links come from the settings."""

from __future__ import annotations

import re

from listenlink.errors import Problem, ProblemKind
from listenlink.model.client_address import is_loopback_host
from listenlink.model.remembered import Remembered
from listenlink.web.probe_door import ALIVE_PATH, READY_PATH

PROBES = (ALIVE_PATH, READY_PATH)
# A name's 253 characters (RFC 1035, 2.3.4) and a port.
_MOST_CHARACTERS = 253 + len(":65535")
# The bytes of one spelling, plus the overhead of an entry.
_ENTRY_BYTES = _MOST_CHARACTERS + 250
_MOST_BYTES = 1000 * _ENTRY_BYTES
# RFC 3986, section 3.2.2, without the comma that joins two.
_WELL_FORMED = re.compile(
    rb"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})+)(?::[0-9]*)?"
)
# What ASGI calls HTTP/1.0, and what granian does.
_WITHOUT_HOST = ("1.0", "1")
_HOST = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


class AcceptedHosts:
    """Accepts the public URL's host, and loopback on any port; for probes, any host."""

    def __init__(self, base_url: str) -> None:
        scheme, _, host = base_url.partition("://")
        self._own_port = {"http": ":80", "https": ":443"}[scheme]
        self._public = host.lower().removesuffix(self._own_port)
        # Only our own hosts, which have many spellings too: whatever else is requested, they stay known.
        self._known: Remembered[bytes, bool] = Remembered(_MOST_BYTES, lambda *_: _ENTRY_BYTES)

    def accepts(self, host: bytes | None) -> bool:
        """Whether the request names exactly one host, and it's ours. Two, joined, count as none."""
        return host in self._known or self._learn(host)

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


def refuse_unless_probe(host: bytes | None, path: bytes, http_version: str) -> None:
    """Raise Problem for a host that isn't ours, except on the probes.

    BAD_REQUEST for what names no host, or several, or nonsense (RFC 9112, section 3.2); HTTP/1.0, which some
    load balancers still ask probes with, needs none. Otherwise MISDIRECTED.
    """
    # The server in front of this code turns a missing one into an empty one.
    is_missing = not host and http_version not in _WITHOUT_HOST
    if is_missing or (host and _WELL_FORMED.fullmatch(host) is None):
        raise Problem(ProblemKind.BAD_REQUEST, "A request names one host.")
    if path not in PROBES:
        raise Problem(ProblemKind.MISDIRECTED)
