"""The one cookie of the desk: the secret of a sign-in, and nothing else."""

from __future__ import annotations

import re

from listenlink.model.sign_in import LONGEST_US, is_well_formed
from listenlink.web.response import Scope

_PAIR = re.compile(r"\s*([^=;\s]+)\s*=\s*\"?([^;\"]*)\"?\s*")
_LONGEST_SECONDS = LONGEST_US // 1_000_000


class SignInCookie:
    """How it's called, written and read at one address.

    Over https it has the prefix `__Host-`, so that no other host of the domain and no plain connection can
    set it (RFC 6265bis, 4.1.3.2). On plain http browsers refuse that, and `Secure`.
    """

    def __init__(self, base_url: str) -> None:
        self.is_secure = base_url.startswith("https://")
        self.name = "__Host-listenlink" if self.is_secure else "listenlink"

    def find(self, scope: Scope) -> str | None:
        """The secret in a request. Over HTTP/2 its cookies may come in several lines (RFC 9113, 8.2.3)."""
        lines = [value for name, value in scope["headers"] if name == b"cookie"]
        return self.read(b"; ".join(lines).decode("latin-1")) if lines else None

    def read(self, header: str) -> str | None:
        """The secret in a Cookie header, None if there is none. Of two of the name there is none: which one
        is ours can't be told."""
        found = [
            match.group(2)
            for pair in header.split(";")
            if (match := _PAIR.fullmatch(pair)) and match.group(1) == self.name
        ]
        return found[0] if len(found) == 1 and is_well_formed(found[0]) else None

    def set(self, secret: str) -> str:
        """The Set-Cookie that a sign-in gets."""
        return f"{self.name}={secret}; Max-Age={_LONGEST_SECONDS}{self._attributes}"

    def clear(self) -> str:
        """The Set-Cookie that ends it."""
        return f"{self.name}=; Max-Age=0{self._attributes}"

    @property
    def _attributes(self) -> str:
        return "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if self.is_secure else "")
