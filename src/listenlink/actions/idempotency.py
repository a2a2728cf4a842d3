"""Repeat the first answer: a write with an Idempotency-Key is done once, however often it's sent.

The answer is stored in the same transaction that makes the thing, so neither a crash between the two
nor many identical requests at once can make a second one. Only successes are stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection

from listenlink.clock import DAY_US
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model.owner import Owner
from listenlink.model.sealing import Sealer
from listenlink.store import idempotency
from listenlink.store.database.database import Database
from listenlink.store.idempotency import KeptAnswer

HEADER = "Idempotency-Key"
KEPT_US = DAY_US

_Made = TypeVar("_Made")
# How an action performs its write within its transaction: `always` or `Once`.
Doing = Callable[[Connection, Callable[[Connection], _Made]], _Made]


def always(connection: Connection, make: Callable[[Connection], _Made]) -> _Made:
    """Do it, whether or not it was done before: for requests without an Idempotency-Key."""
    return make(connection)


class AnsweredBefore(Exception):
    """The same request came before and got this answer. Ends a transaction that changed nothing."""

    def __init__(self, answer: bytes) -> None:
        super().__init__("answered before")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: who asks, the method and path, their Idempotency-Key, the body's SHA-256."""

    owner: Owner
    route: str
    own_key: str
    body_digest: bytes

    @property
    def key_digest(self) -> bytes:
        """The digest that represents owner, route and key in the database."""
        fields = (*map(str, self.owner), self.route, self.own_key)
        named = b"".join(len(field).to_bytes(4, "big") + field.encode() for field in fields)
        return hashlib.sha256(named).digest()


async def was_answered(database: Database, asked: Asked, certain_us: int) -> bool:
    """Whether a request of theirs to this route had this key before, whatever its body was; too old are
    the same answers as for `Once`."""
    digest, since_us = asked.key_digest, certain_us - KEPT_US
    found = await database.read(lambda c: idempotency.find_answer(c, digest, since_us))
    return found is not None


class Once(Generic[_Made]):
    """A `Doing` that does it once. `tell` renders the answer for what was made; `answer` then holds it.

    Whether an earlier answer is too old goes by `certain_us`: a clock that is ahead must not do it twice.
    """

    def __init__(
        self,
        sealer: Sealer,
        asked: Asked,
        tell: Callable[[_Made], bytes],
        now_us: int,
        certain_us: int,
    ) -> None:
        self.answer = b""
        self._sealer = sealer
        self._asked = asked
        self._key_digest = asked.key_digest
        self._marks = sealer.marks(asked.body_digest, asked.own_key)
        self._tell = tell
        self._now_us = now_us
        self._since_us = certain_us - KEPT_US

    async def look(self, database: Database) -> None:
        """Raise as a call would if the key was used before, so that no work is done in vain."""
        await database.read(self._look)

    def __call__(self, connection: Connection, make: Callable[[Connection], _Made]) -> _Made:
        """Return what `make` makes, having stored the answer.

        Raises AnsweredBefore, or a 422 Problem for a key that was used with another body, or a 409
        for an answer that can no longer be unsealed.
        """
        self._look(connection)
        made = make(connection)
        self.answer = self._tell(made)
        sealed = self._sealer.seal(self.answer, self._asked.own_key, self._key_digest)
        kept = KeptAnswer(self._marks[0], sealed, self._asked.owner)
        idempotency.keep_answer(connection, self._key_digest, kept, self._now_us)
        return made

    def _look(self, connection: Connection) -> None:
        kept = idempotency.find_answer(connection, self._key_digest, self._since_us)
        if kept is None:
            return
        answer = self._sealer.unseal(kept.sealed, self._asked.own_key, self._key_digest)
        if answer is None:
            raise Problem(
                ProblemKind.CONFLICT,
                "This was done already, but its answer can't be told again: the server's keys have "
                "changed since. Look for it in your list, or use another key.",
                field=HEADER,
            )
        # Earlier releases kept the digest itself.
        if kept.body_digest not in (*self._marks, self._asked.body_digest):
            raise invalid(HEADER, "This key was used with another body already.")
        raise AnsweredBefore(answer)
