"""The exact limit of one budget: at most L accepted in any window, from a log of times per client.

A fixed window lets 2.00·L through and a two-counter window 1.97·L; a log lets L. How the logs stay small is
told in `client_logs.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from listenlink.model.budget import Allowance
from listenlink.model.client_logs import FEW, ClientLogs, Log
from listenlink.model.visit_ticket import TTL_SECONDS

WINDOW_US = 60_000_000
VISIT_US = TTL_SECONDS * 1_000_000
MOST_VISIT_USES = 100_000
UNLIMITED = Allowance(0, 0, WINDOW_US)


class HitLimit:
    """At most `limit` accepted per client in any 60 s. `limit` 0 accepts everything.

    `tick_us` is monotonic; `client` is the number of a client's prefix (`model/client_address.py`).
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._logs = ClientLogs(WINDOW_US)

    def __len__(self) -> int:
        return len(self._logs)

    def peek(self, client: int, tick_us: int) -> Allowance:
        """What is left, without using any of it."""
        log = self._logs.find(client)
        if not log:
            return Allowance(self.limit, self.limit, WINDOW_US)
        expired = _count_expired(log, tick_us - WINDOW_US)
        used = len(log) - expired
        reset_us = log[expired] + WINDOW_US + 1 - tick_us if used else WINDOW_US
        return Allowance(self.limit, max(0, self.limit - used), reset_us)

    def is_spent(self, client: int, tick_us: int) -> bool:
        """Whether one more would be refused now: a cheap check before any work is done."""
        limit = self.limit
        log = self._logs.find_many(client) if limit > FEW else self._logs.find(client)
        if not log or not limit:
            return False
        # The limit-th newest decides: if it's outside the window, fewer than `limit` are inside.
        return len(log) >= limit and log[-limit] >= tick_us - WINDOW_US

    def spend(self, client: int, tick_us: int) -> Allowance | None:
        """Accept one more if the log has room, and return what is then left; None if it has none.

        The check and the write are one step.
        """
        if not self.limit:
            return UNLIMITED
        log = self._logs.find(client, tick_us)
        if log is None:
            return Allowance(self.limit, self.limit - 1, WINDOW_US + 1)
        floor = tick_us - WINDOW_US
        if log and log[0] < floor:
            del log[: _count_expired(log, floor)]
        used = len(log)
        if used >= self.limit:
            return None
        self._logs.add(client, log, tick_us)
        return Allowance(self.limit, self.limit - used - 1, log[0] + WINDOW_US + 1 - tick_us)

    def give_back(self, client: int, tick_us: int) -> None:
        """Undo one `spend` whose answer was never sent, because the database couldn't store it."""
        self._logs.remove(client, tick_us)


def _count_expired(log: Sequence[int], floor: int) -> int:
    expired = 0
    for accepted_at in log:
        if accepted_at >= floor:
            break
        expired += 1
    return expired


class MissLimit:
    """At most `limit` different tokens refused per client in any 60 s. `limit` 0 accepts every token.

    An office where many click the same dead link spends one miss. The log is a flat sequence of
    (tick, token number) pairs in order of time, so its length gives the number of misses.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._logs = ClientLogs(WINDOW_US, marked=True)

    def __len__(self) -> int:
        return len(self._logs)

    def peek(self, client: int, tick_us: int) -> Allowance:
        """What is left, without using any of it."""
        log = self._live(self._logs.find(client) or [], tick_us)
        reset_us = log[0] + WINDOW_US + 1 - tick_us if log else WINDOW_US
        return Allowance(self.limit, max(0, self.limit - len(log) // 2), reset_us)

    def accepts(self, client: int, token_digest: bytes, tick_us: int) -> bool:
        """Whether `spend` would accept the token now; uses nothing."""
        if not self.limit:
            return True
        log = self._live(self._logs.find(client) or [], tick_us)
        return len(log) < 2 * self.limit or _token_number(token_digest) in log[1::2]

    def spend(self, client: int, token_digest: bytes, tick_us: int) -> bool:
        """Count a token unless it's counted already. False if the budget is spent."""
        if not self.limit:
            return True
        number = _token_number(token_digest)
        log = self._logs.find(client, tick_us, number)
        if log is None:
            return True
        if number in self._live(log, tick_us)[1::2]:
            return True
        if len(log) >= 2 * self.limit:
            return False
        self._logs.add(client, log, tick_us, number)
        return True

    def _live(self, log: Log, tick_us: int) -> Log:
        """The same log, without entries that have left the window."""
        floor = tick_us - WINDOW_US
        if log and log[0] < floor:
            del log[: 2 * _count_expired(log[::2], floor)]
        return log


class VisitLimit:
    """The uses of visit tickets: each once, and at most `limit` per client in any 60 s.

    A use (`model/visit_ticket.py`) is known for as long as its ticket could still be valid.
    MOST_VISIT_USES are known; once they are all taken, no use is accepted, and what comes spends as without
    a ticket.
    """

    def __init__(self, limit: int) -> None:
        self._hits = HitLimit(limit)
        self._used = ClientLogs(VISIT_US)

    def __len__(self) -> int:
        return len(self._used)

    def accepts(self, client: int, use: bytes, tick_us: int) -> bool:
        """Whether `take` would accept the use now; uses nothing."""
        used = self._used.find(int.from_bytes(use, "big"))
        if used and tick_us - used[-1] <= VISIT_US:
            return False
        return len(self._used) < MOST_VISIT_USES and not self._hits.is_spent(client, tick_us)

    def take(self, client: int, use: bytes, tick_us: int) -> bool:
        """Accept the use, if it's new and there is room for it. The check and the write are one step."""
        if not self.accepts(client, use, tick_us):
            # Keeping nothing, it wouldn't forget either.
            self._used.turn_at(tick_us)
            return False
        self._hits.spend(client, tick_us)
        self._used.add(int.from_bytes(use, "big"), [], tick_us)
        return True

    def give_back(self, client: int, use: bytes, tick_us: int) -> bool:
        """Undo the `take` of this moment; False if it wasn't accepted then."""
        if not self._used.remove(int.from_bytes(use, "big"), tick_us):
            return False
        self._hits.give_back(client, tick_us)
        return True


def _token_number(token_digest: bytes) -> int:
    return int.from_bytes(token_digest[:8], "big", signed=True)
