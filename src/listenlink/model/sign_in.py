"""A sign-in: somebody known to a browser by a secret in a cookie, and for how long.

*Session* is another word here: the Listen-Session of whoever opened a link.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

from listenlink.clock import DAY_US, SECOND_US

IDLE_US = 7 * DAY_US
LONGEST_US = 30 * DAY_US
LINK_US = 30 * 60 * SECOND_US
INVITATION_US = 7 * DAY_US
# A sign-in's last use is written when it's that much later than the one written before: not at each request.
NOTED_EVERY_US = 3600 * SECOND_US
_GRAMMAR = re.compile("[0-9a-f]{64}")
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Vivaldi/", "Vivaldi"), ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"),
    ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


class Method(StrEnum):
    """How somebody signed in."""

    LINK = "link"
    PASSWORD = "password"  # noqa: S105 (a method, not a password)
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in as stored, without its secret. Times in epoch µs. `organization_id` is the one that the
    person acts in; `browser` is what it said it is, in words."""

    id: int
    user_id: int
    organization_id: int
    method: Method
    browser: str
    made_at: int
    seen_at: int

    @property
    def ends_at(self) -> int:
        """When it ends unless it's used before: after 7 days without use, and 30 in all."""
        return min(self.seen_at + IDLE_US, self.made_at + LONGEST_US)


def new_secret() -> str:
    """256 random bits in hex: a sign-in's secret, or a one-time link's."""
    return secrets.token_hex(32)


def is_well_formed(text: str) -> bool:
    """Whether the text has the form of such a secret: a cheap check before any look-up."""
    return _GRAMMAR.fullmatch(text) is not None


def digest(text: str) -> bytes:
    """SHA-256 of the secret: the only form in which it's stored. It's random, so one fast hash is enough."""
    return hashlib.sha256(text.encode()).digest()


def browser_words(user_agent: str) -> str:
    """The browser and its system in words, as in `Firefox, Linux`; `unknown` for what says neither."""
    browser = _first(user_agent, _BROWSERS)
    system = _first(user_agent, _SYSTEMS)
    return ", ".join(word for word in (browser, system) if word) or "unknown"


def _first(text: str, known: tuple[tuple[str, str], ...]) -> str | None:
    return next((words for part, words in known if part in text), None)
