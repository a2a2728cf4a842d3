"""A link's password: who sends the right one gets an unlock, by which the link opens without hashing again.

Nothing is hashed for a request without a password, nor for a link that has none or doesn't work. A client
fails 10 times at a link in any 15 minutes, over all nodes and restarts: behind that, no answer tells whether
a password was right. A link is never locked: where many tried in vain, everybody's next try only takes
seconds longer.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence

from msgspec.structs import replace
from sqlalchemy import Connection

from listenlink.actions.opening.rate_limits import RateLimits
from listenlink.actions.opening.rule import OpenRequest, session_holds, why_locked
from listenlink.actions.waiting_line import WaitingLine
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.media.turns import Turns
from listenlink.model.budget import Budget, Spend
from listenlink.model.password import is_right
from listenlink.model.places import Places
from listenlink.model.signing import SigningKey, derive
from listenlink.model.unlock import Unlock, as_hashed
from listenlink.store import share_attempts
from listenlink.store.database.database import Database
from listenlink.store.share_attempts import Failures
from listenlink.store.share_passwords import LockedLink, find_locked
from listenlink.threads import LINK_HASHES

PURPOSE = "listenlink.share-attempts.v1"
MOST_FAILURES = 10
WINDOW_US = 15 * 60 * SECOND_US
# Of a link, in an hour: behind these each try is slowed.
FREE_FAILURES, LINK_WINDOW_US = 100, 60 * 60 * SECOND_US
_STEP, _LONGEST_SECONDS = 10, 4.0
# Who waits to be decided, slowed or not: with its turn that's a few seconds at most.
_MOST_IN_LINE, _MOST_OF_A_CLIENT = 128, 32


class TriedTooOften(Problem):
    """The client has no failure left at this link."""

    def __init__(self, wait_us: int) -> None:
        wait_seconds = max(1, -(-wait_us // SECOND_US))
        said = "Too many passwords were tried. Please try again later."
        super().__init__(ProblemKind.LIMITED, said, retry_after_seconds=wait_seconds)


class LinkUnlocker:
    """Decides passwords of links, one at a time; an unlock lasts `ttl_seconds`."""

    def __init__(
        self,
        database: Database,
        limits: RateLimits,
        ring: Sequence[SigningKey],
        ttl_seconds: int,
    ) -> None:
        self._database = database
        self._limits = limits
        # While keys are being replaced, taking the lowest id lets all nodes agree for as long as possible.
        self._secret = derive(min(ring, key=lambda key: key.key_id).root, PURPOSE)
        self._ttl_seconds = ttl_seconds
        self._places = Places(_MOST_IN_LINE, _MOST_OF_A_CLIENT)
        # One is decided at a time; among those who wait, clients go round.
        self._turns, self._line = Turns(1, 0), WaitingLine()

    async def decide(self, asked: OpenRequest) -> OpenRequest:
        """The request without its password: with an unlock if that was right, marked if it was wrong, else as
        it was, where none is asked for or the client may open nothing more by now. Raises TriedTooOften,
        Problem(LIMITED) if too many of the client's wait, and Problem(UNAVAILABLE) if too many of all do."""
        asked, password = replace(asked, password=""), asked.password
        found = await self._database.read(lambda connection: self._find(connection, asked))
        if found is None:
            return asked
        link, named, failures = found
        if _wait_us(failures, asked.now_us):
            # Not for nothing either: the look-ups are as many as any other's.
            await self._limits.spend([Spend(asked.client.number, Budget.RESOLVE, asked.tick_us)])
            raise TriedTooOften(_wait_us(failures, asked.now_us))
        client = asked.client.number
        with self._places.take(client):
            await asyncio.sleep(slowed_by(failures.of_link))
            async with self._line.take(self._turns.take(client)):
                if self._limits.is_spent(Budget.RESOLVE, client, asked.tick_us):
                    # By those of the same client that came before: they're paid for once they're decided.
                    return asked
                if not await self._is_right(link, named, password, asked.now_us):
                    return replace(asked, is_wrong=True)
        ends_at = asked.now_us // SECOND_US + self._ttl_seconds
        return replace(asked, unlock=Unlock(link.id, link.rotation, ends_at))

    def _find(
        self, connection: Connection, asked: OpenRequest
    ) -> tuple[LockedLink, bytes, Failures] | None:
        """The link whose password decides, with the client as it's counted there; None if none does."""
        link = find_locked(connection, asked.token_digest)
        if link is None or link.hashed is None or not _is_decided_by_password(asked, link):
            return None
        client = self._name(link.id, asked.client.number)
        return link, client, _count(connection, link.id, client, asked.now_us)

    async def _is_right(self, link: LockedLink, client: bytes, password: str, now_us: int) -> bool:
        """Decide one password. What comes of it is told only if the client has a failure left by then, in a
        writer's turn, which is one over all nodes: so nobody gains a try by coming at once. For who knows the
        password nothing is written in it."""

        def require_left(connection: Connection) -> None:
            wait_us = _wait_us(_count(connection, link.id, client, now_us), now_us)
            if wait_us:
                raise TriedTooOften(wait_us)

        def end(connection: Connection) -> None:
            require_left(connection)
            if not is_one:
                share_attempts.add_failure(connection, link.id, client, now_us)

        await self._database.read(require_left)
        is_one = await LINK_HASHES.run(is_right, as_hashed(password), link.hashed)
        await self._database.write(end)
        return is_one

    def _name(self, share_id: int, client: int) -> bytes:
        """Of this client at this link alone: nobody's failures can be told to be the same person's."""
        return hmac.digest(self._secret, f"{share_id:x}.{client:x}".encode(), "sha256")[:16]


def slowed_by(failures: int) -> float:
    """How many seconds a try waits at a link at which so many failed lately: none up to a hundred, then twice
    as long for each ten more, to 4 s."""
    if failures < FREE_FAILURES:
        return 0.0
    return float(min(_LONGEST_SECONDS, 0.25 * 2 ** min((failures - FREE_FAILURES) // _STEP, 10)))


def _is_decided_by_password(asked: OpenRequest, link: LockedLink) -> bool:
    """Whether nothing else decides: the link works, and neither a session nor an unlock holds."""
    if session_holds(asked, link.id, link):
        return False
    works = link.refusal(asked.now_us) is None and not link.is_spent()
    return works and asked.is_well_formed and why_locked(asked, link.id, link) is not None


def _count(connection: Connection, share_id: int, client: bytes, now_us: int) -> Failures:
    since_us = now_us - WINDOW_US
    return share_attempts.count_failures(
        connection, share_id, client, since_us, now_us - LINK_WINDOW_US
    )


def _wait_us(failures: Failures, now_us: int) -> int:
    """For how long the client may try no more; 0 if it may now."""
    if failures.of_client < MOST_FAILURES:
        return 0
    return max(1, (failures.oldest_at or now_us) + WINDOW_US - now_us)
