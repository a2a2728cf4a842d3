"""A client's budgets: which ones exist, how large they are, and what one request spends."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import msgspec

_PICTURES_PER_OPEN = 5
# An open, what it shows, and the watch until it ends: what a page's visit asks for with its ticket.
USES_PER_VISIT = 3


class Budget(IntEnum):
    """What a client may do a limited number of times in any 60 s. Reported by its lower-case name.

    A refusal that is sent spends one of REPEAT, and one of REFUSAL unless the same token was already
    refused to the client within 60 s. If either has none left, the refusal isn't sent and spends nothing.
    """

    RESOLVE = 1
    REFUSAL = 2
    REPEAT = 3
    WRITE = 4
    PICTURE = 5


def budget_sizes(resolve_per_minute: int, miss_per_minute: int) -> dict[Budget, int]:
    """The size of each budget in any window; 0 is no limit. With no limit on opens, nothing is limited."""
    return {
        Budget.RESOLVE: resolve_per_minute,
        Budget.REFUSAL: miss_per_minute if resolve_per_minute else 0,
        Budget.REPEAT: resolve_per_minute,
        Budget.WRITE: resolve_per_minute,
        Budget.PICTURE: _PICTURES_PER_OPEN * resolve_per_minute,
    }


class Spend(NamedTuple):
    """What one request would spend: one of `budget`; for REPEAT, with the digest of the refused token.

    `client` is the number of the client's prefix; `tick_us` is monotonic. For RESOLVE, `token_digest` is the
    use of the visit ticket that the request came with, if any: a new one spends nothing of the budget.
    """

    client: int
    budget: Budget
    tick_us: int
    token_digest: bytes = b""


def refusal(client: int, token_digest: bytes, tick_us: int) -> Spend:
    """What refusing a token spends, whichever endpoint refuses it and for whatever reason."""
    return Spend(client, Budget.REPEAT, tick_us, token_digest)


class Allowance(msgspec.Struct, frozen=True, gc=False):
    """What a client has left. `reset_us` is the time until one more is certain to be accepted, if the
    budget is spent; otherwise until the oldest accepted one leaves the window."""

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
    """An allowance from a log shared by several processes; `at` is the time by that log's clock. `is_free`
    says that a visit ticket was used instead of the budget."""

    at: int
    is_free: bool = False


class Shortage(NamedTuple):
    """Why a request wasn't accepted: which budget had nothing left, and when it will again."""

    budget: Budget
    allowance: Allowance


Charge = tuple[Spend, Allowance]
