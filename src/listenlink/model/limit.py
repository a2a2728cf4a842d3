"""The exact limit of one budget: at most L accepted in any window, from a log of times per client.

A fixed window lets 2.00·L through and a two-counter window 1.97·L; a log lets L.
Memory stays small because a single time is stored as a bare number, and is bounded by generations: a
client not seen for a whole window is in the older generation, which is dropped a few keys per call.
"""

from __future__ import annotations

from array import array
from typing import Generic, TypeVar

from listenlink.model.budget import Allowance
from listenlink.model.visit_ticket import TTL_SECONDS

WINDOW_US = 60_000_000
VISIT_US = TTL_SECONDS * 1_000_000
MOST_VISIT_USES = 100_000
_DROPPED_PER_CALL = 4

_Log = TypeVar("_Log")


UNLIMITED = Allowance(0, 0, WINDOW_US)


class _Generations(Generic[_Log]):
    """A map of logs by client that forgets those not updated for one to two windows."""

    def __init__(self, window_us: int = WINDOW_US) -> None:
        self._window_us = window_us
        self._young: dict[int, _Log] = {}
        self._old: dict[int, _Log] = {}
        self._dropped: dict[int, _Log] = {}
        self._turns_at = 0

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def find(self, client: int) -> _Log | None:
        log = self._young.get(client)
        return self._old.get(client) if log is None else log

    def forget(self, client: int) -> None:
        self._young.pop(client, None)
        self._old.pop(client, None)

    def keep(self, client: int, log: _Log, tick_us: int) -> None:
        self.turn_at(tick_us)
        self._young[client] = log
        self._old.pop(client, None)
        for _ in range(min(_DROPPED_PER_CALL, len(self._dropped))):
            self._dropped.popitem()

    def turn_at(self, tick_us: int) -> None:
        if tick_us < self._turns_at:
            return
        # One tick more than a window: a time in the old generation is then certain to be outside it.
        self._dropped = self._old
        self._old = self._young
        self._young = {}
        self._turns_at = tick_us + self._window_us + 1


class HitLimit:
    """At most `limit` accepted per client in any 60 s. `limit` 0 accepts everything.

    `tick_us` is monotonic; `client` is the number of a client's prefix (`model/client_address.py`).
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._logs: _Generations[int | array[int]] = _Generations()

    def __len__(self) -> int:
        return len(self._logs)

    def peek(self, client: int, tick_us: int) -> Allowance:
        """What is left, without using any of it."""
        log = self._logs.find(client)
        if log is None:
            return Allowance(self.limit, self.limit, WINDOW_US)
        floor = tick_us - WINDOW_US
        if isinstance(log, int):
            return self._allowance(1, log, tick_us) if log >= floor else self._allowance(0, 0, 0)
        expired = _count_expired(log, floor)
        used = len(log) - expired
        return self._allowance(used, log[expired] if used else 0, tick_us)

    def is_spent(self, client: int, tick_us: int) -> bool:
        """Whether one more would be refused now: a cheap check before any work is done."""
        log = self._logs.find(client)
        if log is None or not self.limit:
            return False
        if isinstance(log, int):
            return self.limit == 1 and log >= tick_us - WINDOW_US
        # The limit-th newest decides: if it's outside the window, fewer than `limit` are inside.
        return len(log) >= self.limit and log[-self.limit] >= tick_us - WINDOW_US

    def spend(self, client: int, tick_us: int) -> Allowance | None:
        """Accept one more if the log has room, and return what is then left; None if it has none.

        The check and the write are one step.
        """
        if not self.limit:
            return UNLIMITED
        log = self._logs.find(client)
        floor = tick_us - WINDOW_US
        if log is None or (isinstance(log, int) and log < floor):
            self._logs.keep(client, tick_us, tick_us)
            return Allowance(self.limit, self.limit - 1, WINDOW_US + 1)
        if isinstance(log, int):
            log = array("q", (log,))
        elif log and log[0] < floor:
            del log[: _count_expired(log, floor)]
        used = len(log)
        if used >= self.limit:
            return None
        log.append(tick_us)
        self._logs.keep(client, log, tick_us)
        return Allowance(self.limit, self.limit - used - 1, log[0] + WINDOW_US + 1 - tick_us)

    def give_back(self, client: int, tick_us: int) -> None:
        """Undo one `spend` whose answer was never sent, because the database couldn't store it."""
        log = self._logs.find(client)
        if isinstance(log, array) and tick_us in log:
            log.remove(tick_us)
        elif log == tick_us:
            self._logs.keep(client, tick_us - WINDOW_US - 1, tick_us)

    def _allowance(self, used: int, oldest_us: int, tick_us: int) -> Allowance:
        reset_us = oldest_us + WINDOW_US + 1 - tick_us if used else WINDOW_US
        return Allowance(self.limit, max(0, self.limit - used), reset_us)


def _count_expired(log: array[int], floor: int) -> int:
    expired = 0
    for accepted_at in log:
        if accepted_at >= floor:
            break
        expired += 1
    return expired


class MissLimit:
    """At most `limit` different tokens refused per client in any 60 s. `limit` 0 accepts every token.

    An office where many click the same dead link spends one miss. The log is a flat array of
    (token number, tick) pairs in order of time, so its length gives the number of misses.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._logs: _Generations[array[int]] = _Generations()

    def __len__(self) -> int:
        return len(self._logs)

    def peek(self, client: int, tick_us: int) -> Allowance:
        """What is left, without using any of it."""
        log = self._logs.find(client)
        if log is None:
            return Allowance(self.limit, self.limit, WINDOW_US)
        ticks = [at for at in log[1::2] if at >= tick_us - WINDOW_US]
        reset_us = ticks[0] + WINDOW_US + 1 - tick_us if ticks else WINDOW_US
        return Allowance(self.limit, max(0, self.limit - len(ticks)), reset_us)

    def accepts(self, client: int, token_digest: bytes, tick_us: int) -> bool:
        """Whether `spend` would accept the token now; uses nothing."""
        if not self.limit:
            return True
        log = self._find_live(client, tick_us)
        if log is None or len(log) < 2 * self.limit:
            return True
        return _token_number(token_digest) in log[::2]

    def spend(self, client: int, token_digest: bytes, tick_us: int) -> bool:
        """Count a token unless it's counted already. False if the budget is spent."""
        if not self.limit:
            return True
        number = _token_number(token_digest)
        log = self._find_live(client, tick_us)
        if log is None:
            self._logs.keep(client, array("q", (number, tick_us)), tick_us)
            return True
        if number in log[::2]:
            return True
        if len(log) >= 2 * self.limit:
            return False
        log.extend((number, tick_us))
        self._logs.keep(client, log, tick_us)
        return True

    def _find_live(self, client: int, tick_us: int) -> array[int] | None:
        """The client's log, without entries that have left the window."""
        log = self._logs.find(client)
        floor = tick_us - WINDOW_US
        if log and log[1] < floor:
            del log[: 2 * _count_expired(log[1::2], floor)]
        return log


class VisitLimit:
    """The uses of visit tickets: each once, and at most `limit` per client in any 60 s.

    A use (`model/visit_ticket.py`) is known for as long as its ticket could still be valid.
    MOST_VISIT_USES are known; once they are all taken, no use is accepted, and what comes spends as without
    a ticket.
    """

    def __init__(self, limit: int) -> None:
        self._hits = HitLimit(limit)
        self._used: _Generations[int] = _Generations(VISIT_US)

    def __len__(self) -> int:
        return len(self._used)

    def accepts(self, client: int, use: bytes, tick_us: int) -> bool:
        """Whether `take` would accept the use now; uses nothing."""
        used_at = self._used.find(int.from_bytes(use, "big"))
        if used_at is not None and tick_us - used_at <= VISIT_US:
            return False
        return len(self._used) < MOST_VISIT_USES and not self._hits.is_spent(client, tick_us)

    def take(self, client: int, use: bytes, tick_us: int) -> bool:
        """Accept the use, if it's new and there is room for it. The check and the write are one step."""
        if not self.accepts(client, use, tick_us):
            # Keeping nothing, it wouldn't forget either.
            self._used.turn_at(tick_us)
            return False
        self._hits.spend(client, tick_us)
        self._used.keep(int.from_bytes(use, "big"), tick_us, tick_us)
        return True

    def give_back(self, client: int, use: bytes, tick_us: int) -> bool:
        """Undo the `take` of this moment; False if it wasn't accepted then."""
        if self._used.find(int.from_bytes(use, "big")) != tick_us:
            return False
        self._used.forget(int.from_bytes(use, "big"))
        self._hits.give_back(client, tick_us)
        return True


def _token_number(token_digest: bytes) -> int:
    return int.from_bytes(token_digest[:8], "big", signed=True)
