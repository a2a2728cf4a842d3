"""A client's budgets: which there are, how large each is, and what one request spends of them."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import msgspec

_PICTURES_PER_OPEN = 5


class Budget(IntEnum):
    """What a client may do so many times in any 60 s. Its name in lower case is told.

    A refusal that is told spends one of REPEAT, and one of REFUSAL unless its token was refused to the
    client before within 60 s. If either has none left, the refusal isn't told and spends nothing.
    """

    RESOLVE = 1
    REFUSAL = 2
    REPEAT = 3
    WRITE = 4
    PICTURE = 5


def budget_sizes(resolve_per_minute: int, miss_per_minute: int) -> dict[Budget, int]:
    """How many of each in any window; 0 is no limit. Without a limit of opens there is none at all."""
    return {
        Budget.RESOLVE: resolve_per_minute,
        Budget.REFUSAL: miss_per_minute if resolve_per_minute else 0,
        Budget.REPEAT: resolve_per_minute,
        Budget.WRITE: resolve_per_minute,
        Budget.PICTURE: _PICTURES_PER_OPEN * resolve_per_minute,
    }


class Spend(NamedTuple):
    """What one request would use: one of `budget`, and by REPEAT the refusal of a token, its digest.

    A client is the number of its prefix, `tick_us` monotonic.
    """

    client: int
    budget: Budget
    tick_us: int
    token_digest: bytes = b""


def refusal(client: int, token_digest: bytes, tick_us: int) -> Spend:
    """What the refusal of a token spends, whichever door tells it and whatever the reason."""
    return Spend(client, Budget.REPEAT, tick_us, token_digest)


class Allowance(msgspec.Struct, frozen=True, gc=False):
    """What is left to a client. `reset_us` is the time until one more is surely accepted, if spent,
    else until the oldest accepted one leaves the window."""

    limit: int
    remaining: int
    reset_us: int

    @property
    def wait_seconds(self) -> int:
        """`reset_us` in whole seconds, rounded up, at least 1."""
        return -(-self.reset_us // 1_000_000) or 1

    @property
    def is_spent(self) -> bool:
        """Whether the next one would be refused."""
        return self.limit > 0 and self.remaining <= 0


class SharedAllowance(Allowance, frozen=True, gc=False):
    """One from a log that several processes share: `at` is when, by that log's clock."""

    at: int


class Shortage(NamedTuple):
    """Why a request wasn't accepted: the budget that had nothing left, and when it will have."""

    budget: Budget
    allowance: Allowance


Charge = tuple[Spend, Allowance]
