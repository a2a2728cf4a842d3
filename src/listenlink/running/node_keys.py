"""Compares this node's signing keys with those that the other nodes on the database sign with.

Whatever a key signs is valid for a day at most, so a key is in use until a day after the last node signed
with it. A node that lacks one in use would refuse what others permitted: it isn't ready, and says why.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

import structlog
from sqlalchemy import Connection

from listenlink.clock import DAY_US
from listenlink.model.signing import SigningKey, derive
from listenlink.store import signing_keys, time_marks
from listenlink.store.database.database import Database

_PURPOSE = "listenlink.key-check.v1"
_CHECK_BYTES = 16
_OK = "ok"


class NodeKeys:
    """The result of the last comparison of keys. On the embedded database there is only one node."""

    def __init__(self, ring: Sequence[SigningKey]) -> None:
        self._checks = {key.key_id: derive(key.root, _PURPOSE)[:_CHECK_BYTES] for key in ring}
        self._signs_with = ring[0].key_id
        self.finding = _OK

    @property
    def is_matching(self) -> bool:
        """Whether this node has every key that is in use."""
        return self.finding == _OK

    async def compare(self, database: Database) -> None:
        """Compare the keys and, if they match, record for the others what this node signs with.

        Raises Problem(UNAVAILABLE).
        """
        self._note(await database.write(self._compare))

    def compare_now(self, database: Database) -> None:
        """Like `compare`, but the calling thread waits."""
        self._note(database.write_now(self._compare))

    def _note(self, finding: str) -> None:
        if finding != self.finding:
            log = structlog.get_logger()
            (log.info if finding == _OK else log.error)("signing_keys_compared", finding=finding)
        self.finding = finding

    def _compare(self, connection: Connection) -> str:
        # By the database's clock: one node whose clock is ahead would keep a key in use for as long as that.
        now_us = time_marks.find_database_now(connection)
        if now_us is None:
            return _OK
        signing_keys.pull_back(connection, now_us)
        for recorded in signing_keys.list_keys(connection):
            mine = self._checks.get(recorded.key_id)
            if mine is None:
                if recorded.used_at > now_us - DAY_US:
                    return (
                        f"this node lacks the signing key {recorded.key_id}, with which others sign"
                    )
            elif not hmac.compare_digest(mine, recorded.check_value):
                return f"this node's signing key {recorded.key_id} is another than the others'"
        check = self._checks[self._signs_with]
        signing_keys.note_use(connection, self._signs_with, check, now_us)
        return _OK
