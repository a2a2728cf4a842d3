"""API keys: `ak_` and 40 lowercase hex digits; stored as SHA-256, with a short prefix to identify them."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Set
from dataclasses import dataclass

from listenlink.model.moment import is_over
from listenlink.wire.bodies import MAX_DAYS_OF_A_KEY
from listenlink.wire.bodies import SCOPES as SCOPES

# The scopes each role may have. `admin`, which makes keys, is for owners of the organisation only.
ROLES: dict[str, frozenset[str]] = {
    "owner": frozenset(SCOPES),
    "member": frozenset(SCOPES) - {"admin"},
}
# In place of a role, of a member whose removal has begun: they may nothing, until they are none.
LEAVING = "leaving"
_GRAMMAR = re.compile(r"ak_[0-9a-f]{40}")
_SHOWN = len("ak_") + 5
ACTIVE = "active"


def new_api_key() -> str:
    """Generate a raw key with 160 random bits; it's shown once."""
    return "ak_" + secrets.token_hex(20)


def are_scopes(scopes: Set[str]) -> bool:
    """Whether a key can have just these scopes, whoever makes it."""
    return bool(scopes) and scopes <= frozenset(SCOPES)


def may_last(days: int | None) -> bool:
    """Whether a key can be made for so many days; None is without end."""
    return days is None or 1 <= days <= MAX_DAYS_OF_A_KEY


def is_well_formed(text: str) -> bool:
    """Whether the text has the form of a key: a cheap check before any look-up."""
    return _GRAMMAR.fullmatch(text) is not None


def digest(text: str) -> bytes:
    """SHA-256 of the key. The key is random, so one fast hash is enough."""
    return hashlib.sha256(text.encode()).digest()


def shown_prefix(text: str) -> str:
    """The first 8 characters, which lists may show to an owner."""
    return text[:_SHOWN]


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A stored key of a member. Times in epoch µs. `suspended_at` is since when its organisation is."""

    id: int
    organization_id: int
    user_id: int
    scopes: frozenset[str]
    expires_at: int | None
    deactivated_at: int | None
    suspended_at: int | None


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key as lists show it: enough to identify it, never the key itself. Times in epoch µs. `used_day` is
    the UTC day, counted from 1970, on which it was last used; None if it never was, or where that isn't
    asked."""

    id: int
    organization_id: int
    user_id: int
    shown_prefix: str
    scopes: frozenset[str]
    created_at: int
    expires_at: int | None
    deactivated_at: int | None
    used_day: int | None = None

    def state(self, now_us: int) -> str:
        """`active`, `expired` or `deactivated`."""
        if self.deactivated_at is not None:
            return "deactivated"
        return "expired" if is_over(self.expires_at, now_us) else ACTIVE
