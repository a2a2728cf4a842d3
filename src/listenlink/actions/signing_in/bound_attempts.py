"""How often somebody may guess a password: 10 failures of a client in any 15 minutes, counted before anything
is hashed, over all nodes and restarts; and answers that come later the more an account was tried.

An account is never locked: the right password is right after a wait of seconds, whoever else tries.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from listenlink.actions.signing_in.asker import Asker
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model.password import name_digest
from listenlink.model.signing import SigningKey, derive
from listenlink.store import sign_in_attempts
from listenlink.store.database.database import Database
from listenlink.threads import HASHES

PURPOSE = "listenlink.sign-in-attempts.v1"
MOST_FAILURES = 10
WINDOW_US = 15 * 60 * SECOND_US
# Lines that the audit gets of one account's failures within the window; the rest are the same.
MOST_LINES = 20
_FREE_FAILURES = 5
_LONGEST_SECONDS = 4.0
_MOST_SLOWED = 64


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that may be decided: its client and account as they're counted, and how many others of the
    account count."""

    client: bytes
    account: bytes
    of_account: int

    @property
    def is_told(self) -> bool:
        """Whether the audit gets a line of it."""
        return self.of_account < MOST_LINES


class Attempts:
    """Lets attempts be decided, one by one."""

    def __init__(self, database: Database, ring: Sequence[SigningKey]) -> None:
        self._database = database
        # While keys are being replaced, taking the lowest id lets all nodes agree for as long as possible.
        self._secret = derive(min(ring, key=lambda key: key.key_id).root, PURPOSE)
        self._slowed = 0

    async def begin(self, asker: Asker, email: str) -> Attempt:
        """Count an attempt and wait until it may be decided. Raises Problem(LIMITED) without counting it once
        the client has failed too often, Problem(UNAVAILABLE) if too many wait for a decision."""
        if HASHES.is_full:
            raise Problem(ProblemKind.UNAVAILABLE)
        client = hmac.digest(self._secret, f"client.{asker.client.number:x}".encode(), "sha256")
        account = name_digest(self._secret, email)
        begun = await self._database.write(lambda c: _count(c, client[:16], account, asker.now_us))
        await self._slow_down(slowed_by(begun.of_account))
        return begun

    async def _slow_down(self, seconds: float) -> None:
        if not seconds:
            return
        if self._slowed >= _MOST_SLOWED:
            raise Problem(ProblemKind.UNAVAILABLE)
        self._slowed += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._slowed -= 1


def slowed_by(failures: int) -> float:
    """How many seconds the next answer about an account waits that was tried in vain so often: none at first,
    then twice as long each time, to 4 s."""
    if failures < _FREE_FAILURES:
        return 0.0
    return float(min(_LONGEST_SECONDS, 0.25 * 2 ** min(failures - _FREE_FAILURES, 10)))


def _count(connection: Connection, client: bytes, account: bytes, now_us: int) -> Attempt:
    since_us = now_us - WINDOW_US
    of_client, of_account, oldest_at = sign_in_attempts.count_attempts(
        connection, client, account, since_us
    )
    if of_client >= MOST_FAILURES:
        wait_us = (oldest_at or now_us) + WINDOW_US - now_us
        raise Problem(ProblemKind.LIMITED, retry_after_seconds=max(1, -(-wait_us // SECOND_US)))
    sign_in_attempts.add_attempt(connection, client, account, now_us)
    return Attempt(client, account, of_account)
