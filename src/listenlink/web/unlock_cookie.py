"""The one cookie that a listener can get, and only by giving a link's password: the unlock, at that link's
address alone."""

from __future__ import annotations

import re

from listenlink.web.paths import SHARED_PATH


class UnlockCookie:
    """How it's called, written and read at one address. Over https it has the prefix `__Secure-`, so that no
    plain connection can set it (RFC 6265bis, 4.1.3.1); `__Host-` would have it sent to all paths."""

    def __init__(self, base_url: str) -> None:
        self._is_secure = base_url.startswith("https://")
        self.name = "__Secure-listenlink-unlock" if self._is_secure else "listenlink-unlock"
        self._found = re.compile(rb"(?:^|[;,]\s*)" + self.name.encode() + rb"=([0-9a-z.]+)")

    def find(self, header: bytes) -> str:
        """The unlock in a Cookie header, empty if there is none. Of two it's the first, which has the longer
        path (RFC 6265, 5.4)."""
        match = self._found.search(header)
        return match.group(1).decode() if match else ""

    def set(self, token: str, unlock: str, ttl_seconds: int) -> tuple[bytes, bytes]:
        """The header that gives a browser the unlock of this link."""
        secure = "; Secure" if self._is_secure else ""
        attributes = f"Max-Age={ttl_seconds}; Path={SHARED_PATH}{token}; HttpOnly; SameSite=Lax"
        return b"set-cookie", f"{self.name}={unlock}; {attributes}{secure}".encode()
