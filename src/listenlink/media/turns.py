"""Turns of work in child processes, fair by user: whoever has much to do leaves room for everybody else.

The kernel shares the processors among the children that run; what is decided here is who runs at all, and who
gives way (`sandbox/priority.py`). So a long piece of work holds nobody up, and still goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

# Of the CPU time that was taken so long ago, half counts.
_HALVED_SECONDS = 30.0
# More than a song takes: whoever has taken as much lately begins among the long ones.
_MUCH_SECONDS = 10.0
_MOST_SPENDERS = 1000


class Spending:
    """The CPU seconds that each user's children have taken lately, of all kinds of work that share this."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        # So many seconds, as they counted at that time.
        self._spent: dict[int, tuple[float, float]] = {}

    def lately(self, user: int) -> float:
        """The seconds that count by now."""
        seconds, at = self._spent.get(user, (0.0, 0.0))
        return seconds * 0.5 ** ((self._now() - at) / _HALVED_SECONDS) if seconds else 0.0

    def is_much(self, user: int) -> bool:
        """Whether they have had so much that they begin among the long ones."""
        return self.lately(user) >= _MUCH_SECONDS

    def much(self) -> set[int]:
        """Who has had so much."""
        return set(filter(self.is_much, self._spent))

    def add(self, user: int, seconds: float) -> None:
        """Count what a child of this user's has just taken."""
        self._spent[user] = (self.lately(user) + seconds, self._now())
        if len(self._spent) > _MOST_SPENDERS:
            del self._spent[min(self._spent, key=self.lately)]


class Turn:
    """Leave to run one child for a user. `is_long`: it gives way to others, because it has been running for
    long, because its user has another, or because they have had much lately."""

    def __init__(self, turns: Turns, user: int, *, is_long: bool) -> None:
        self._turns = turns
        self.user = user
        self.is_long = is_long
        self.has_grown = (
            False  # It has been running for long, though there may be no room for that.
        )

    @property
    def spent_lately(self) -> float:
        """The CPU seconds that its user's children have taken lately."""
        return self._turns.spending.lately(self.user)

    def spend(self, seconds: float) -> None:
        """Count what its child has just taken."""
        self._turns.spending.add(self.user, seconds)

    def grow_long(self) -> None:
        """Go on among the long ones, so that somebody else's work may begin."""
        if not self.has_grown:
            self.has_grown = True
            self._turns.let_go_on()
            self._turns.changed()


class Room(NamedTuple):
    """Whose work could begin now: anybody's but the `users`', or, unless `is_open`, only theirs."""

    is_open: bool
    users: frozenset[int]


class Turns:
    """`short_at_once` short pieces of work run at once, one of each user, and `long_at_once` more which are
    long, a user's second, or of a user who has had much lately. A user has `most_of_one` of all these.

    Among those who wait, users go round: whoever has the fewest running, and was served longest ago, is next.
    `changed` is called when a turn has ended or grown long, so that there may be room.
    """

    def __init__(
        self,
        short_at_once: int = 2,
        long_at_once: int = 6,
        *,
        most_of_one: int = 2,
        changed: Callable[[], None] = lambda: None,
        spending: Spending | None = None,
    ) -> None:
        self.changed = changed
        self.spending = spending or Spending()
        self._short_at_once = short_at_once
        self._long_at_once = long_at_once
        self._most_of_one = most_of_one
        self._running: list[Turn] = []
        self._waiting: dict[int, deque[asyncio.Future[Turn]]] = {}
        # When each user was last given a turn, a count; of those who have one or wait for one.
        self._served: dict[int, int] = {}
        self._given = 0

    @contextlib.asynccontextmanager
    async def take(self, user: int) -> AsyncIterator[Turn]:
        """Wait for a turn of this user's, which lasts as long as the block."""
        given = await self._wait(user)
        try:
            yield given
        finally:
            self._give_back(given)

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(map(len, self._waiting.values()))

    def waiting_of(self, user: int) -> int:
        """How many of this user's wait."""
        return len(self._waiting.get(user, ()))

    @property
    def have_all_grown(self) -> bool:
        """Whether all that runs has been running for long."""
        return all(turn.has_grown for turn in self._running)

    @property
    def room(self) -> Room:
        """Whose work could begin now, if nobody waits."""
        users = {turn.user for turn in self._running} | self.spending.much()
        is_open = self._begin(None) is not None
        return Room(
            is_open, frozenset(user for user in users if (self._begin(user) is None) == is_open)
        )

    def let_go_on(self) -> None:
        """Move what has outgrown the short ones to the long ones, and begin what there is room for then."""
        for turn in self._running:
            if turn.has_grown and not turn.is_long:
                turn.is_long = self._count(is_long=True) < self._long_at_once
        while (user := self._next()) is not None:
            given, future = self._begin(user), self._waiting[user].popleft()
            if not self._waiting[user]:
                del self._waiting[user]
            if given is not None and not future.done():
                self._running.append(given)
                self._given += 1
                self._served[user] = self._given
                future.set_result(given)

    async def _wait(self, user: int) -> Turn:
        future: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(user, deque()).append(future)
        self.let_go_on()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._give_back(future.result())
            else:
                self._leave(user, future)
            raise

    def _leave(self, user: int, future: asyncio.Future[Turn]) -> None:
        line = self._waiting.get(user)
        if line is not None and future in line:
            line.remove(future)
            if not line:
                del self._waiting[user]

    def _give_back(self, turn: Turn) -> None:
        self._running.remove(turn)
        is_busy = any(other.user == turn.user for other in self._running)
        if not is_busy and turn.user not in self._waiting:
            del self._served[turn.user]
        self.let_go_on()
        self.changed()

    def _next(self) -> int | None:
        """The user whose work is to begin now, if any."""
        running = Counter(turn.user for turn in self._running)
        able = [user for user in self._waiting if self._begin(user) is not None]
        return min(able, key=lambda user: (running[user], self._served.get(user, 0)), default=None)

    def _begin(self, user: int | None) -> Turn | None:
        """The turn that this user can have now, if any; no user is one who has nothing running."""
        own = [turn for turn in self._running if turn.user == user]
        if len(own) >= self._most_of_one:
            return None
        had_much = user is not None and self._long_at_once > 0 and self.spending.is_much(user)
        is_long = had_much or any(not turn.is_long for turn in own)
        most = self._long_at_once if is_long else self._short_at_once
        is_free = self._count(is_long=is_long) < most
        return Turn(self, user or 0, is_long=is_long) if is_free else None

    def _count(self, *, is_long: bool) -> int:
        return sum(turn.is_long == is_long for turn in self._running)
