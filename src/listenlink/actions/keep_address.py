"""A link's address, kept so that whoever made the link can be shown it again.

What is kept is the token sealed by a link key (`model/sealing.py`), which is in the secrets folder or the
environment, never in the database. A lost key means that a link can't be shown again, and is no error.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.errors import Problem, ProblemKind
from listenlink.model.sealing import TokenSealer, sealed_by
from listenlink.model.share import Share
from listenlink.store import sealed_tokens, shares
from listenlink.store.database.database import Database
from listenlink.store.sealed_tokens import SealedToken

_ROWS_PER_STEP = 500


def keep_token(connection: Connection, sealer: TokenSealer, share: Share, token: str) -> None:
    """Seal the token that the link has as of its rotation, in place of an earlier one; where links aren't
    kept, nothing is."""
    sealed = sealer.seal(token, share.id, share.rotation)
    sealed_tokens.keep_sealed(connection, share.id, sealed)


async def find_token(
    database: Database, sealer: TokenSealer, caller: Caller, share_id: int
) -> str | None:
    """The token of the caller's link, None if it can't be shown: it's closed, or was made where links aren't
    kept, or its key is lost. Raises Problem(NOT_FOUND)."""

    def find(connection: Connection) -> str | None:
        share = shares.find_own_share(connection, *caller.owner, share_id)
        if share is None:
            raise Problem(ProblemKind.NOT_FOUND)
        sealed = sealed_tokens.find_sealed(connection, share_id)
        if sealed is None or share.revoked_at is not None:
            return None
        return sealer.unseal(sealed, share_id, share.rotation)

    return await database.read(find)


@dataclass(slots=True)
class Resealed:
    """How many addresses were sealed anew, had the newest key's seal already, were destroyed because links
    aren't kept, or can't be read with any key there is."""

    resealed: int = 0
    current: int = 0
    destroyed: int = 0
    unreadable: int = 0


def reseal(database: Database, sealer: TokenSealer) -> Resealed:
    """Seal every kept address with the newest key, or destroy it if links aren't kept: some at a time, so
    that opens go on. What can't be read stays as it is: its key may come back. May be repeated."""
    done, after_id = Resealed(), -1
    while some := database.read_now(partial(_list, after_id)):
        database.write_now(partial(_reseal, sealer, some, done))
        after_id = some[-1].share_id
    return done


def _list(after_id: int, connection: Connection) -> list[SealedToken]:
    return sealed_tokens.list_sealed(connection, after_id, _ROWS_PER_STEP)


def _reseal(
    sealer: TokenSealer, some: list[SealedToken], done: Resealed, connection: Connection
) -> None:
    if sealer.newest is None:
        sealed_tokens.forget_sealed(connection, [one.share_id for one in some])
        done.destroyed += len(some)
        return
    for one in some:
        if sealed_by(one.sealed) == sealer.newest:
            done.current += 1
            continue
        token = sealer.unseal(one.sealed, one.share_id, one.rotation)
        sealed = None if token is None else sealer.seal(token, one.share_id, one.rotation)
        if sealed is None:
            done.unreadable += 1
        else:
            # What was given a new address meanwhile has the newest seal already.
            done.resealed += sealed_tokens.replace_sealed(connection, one, sealed)
