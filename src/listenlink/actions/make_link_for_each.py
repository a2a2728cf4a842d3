"""Make a link for each of several recipients: all of them or none, in one transaction.

Whatever can be made up beforehand is, in a thread: the transaction has a few statements, however many links
there are, so that whoever opens one meanwhile waits no longer than for anything else that is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace
from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, write_as
from listenlink.actions.bound_making import require_few
from listenlink.actions.idempotency import Doing, always
from listenlink.actions.lock_link import hash_asked
from listenlink.actions.make_link import NewLink, draft_link, title_of
from listenlink.actions.note_account import note_account
from listenlink.model import ids
from listenlink.model.recipients import terms_for_each
from listenlink.model.sealing import TokenSealer
from listenlink.model.share import Share, TargetType
from listenlink.model.share_token import digest, new_token
from listenlink.model.terms import AskedTerms, Terms
from listenlink.store import sealed_tokens, share_passwords, shares
from listenlink.store.database.database import Database
from listenlink.store.made_things import Made
from listenlink.threads import WORK

_TRIES = 8


async def make_link_for_each(
    database: Database,
    sealer: TokenSealer,
    caller: Caller,
    target: tuple[TargetType, int],
    for_all: AskedTerms,
    recipients: Sequence[AskedTerms],
    now_us: int,
    doing: Doing[list[NewLink]] = always,
) -> list[NewLink]:
    """Make links to the caller's own track or collection, in the recipients' order. Raises Problem(NOT_FOUND)
    for any other, a 429 Problem if these are too many for a day, and a 422 Problem as `Terms.changed` and
    `terms_for_each` do."""
    terms, hashed = Terms().changed(for_all, now_us), await hash_asked(for_all)
    asked = partial(_prepare, sealer, caller, target, terms, recipients, now_us)
    prepared = await WORK.run(asked)
    about = ids.public_id(ids.TRACK if target[0] is TargetType.TRACK else ids.COLLECTION, target[1])

    def add(connection: Connection) -> list[NewLink]:
        title_of(connection, caller, *target)
        require_few(connection, Made.LINK, caller.owner, now_us, len(prepared.made))
        made = _add(connection, sealer, prepared)
        share_passwords.keep_same(connection, [new.share.id for new in made], hashed)
        note_account(connection, caller, "links_made", about, now_us)
        return made

    return await write_as(database, caller, lambda connection: doing(connection, add))


@dataclass(frozen=True, slots=True)
class _Prepared:
    """New links, and what is kept to show them again: nothing where links aren't kept."""

    made: list[NewLink]
    sealed: list[tuple[int, bytes]]


def _prepare(
    sealer: TokenSealer,
    caller: Caller,
    target: tuple[TargetType, int],
    for_all: Terms,
    recipients: Sequence[AskedTerms],
    now_us: int,
) -> _Prepared:
    each = terms_for_each(for_all, recipients, now_us)
    return _number(sealer, [draft_link(caller, *target, terms, now_us) for terms in each])


def _number(sealer: TokenSealer, drafts: Sequence[Share]) -> _Prepared:
    """Give each a number and a token. Lists have the newest first, and of one moment the highest number: so
    these are listed in the recipients' order."""
    numbers = set[int]()
    while len(numbers) < len(drafts):
        numbers.add(ids.new_number())
    each = zip(sorted(numbers, reverse=True), drafts, strict=True)
    made = [NewLink(replace(draft, id=number), new_token()) for number, draft in each]
    kept = [
        (new.share.id, sealer.seal(new.token, new.share.id, new.share.rotation)) for new in made
    ]
    return _Prepared(made, [(number, sealed) for number, sealed in kept if sealed is not None])


def _add(connection: Connection, sealer: TokenSealer, prepared: _Prepared) -> list[NewLink]:
    """Insert them, under other numbers if one of these is taken, which is rare."""
    for _ in range(_TRIES):
        if shares.add_shares(connection, [(new.share, digest(new.token)) for new in prepared.made]):
            sealed_tokens.add_sealed(connection, prepared.sealed)
            return prepared.made
        prepared = _number(sealer, [new.share for new in prepared.made])
    raise AssertionError("unreachable")
