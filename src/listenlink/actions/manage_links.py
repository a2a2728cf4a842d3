"""A creator's links once made: list, get, change and rotate them, and read their audit and daily sums."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from msgspec.structs import replace
from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, write_as
from listenlink.actions.idempotency import Doing, always
from listenlink.actions.keep_address import keep_token
from listenlink.actions.make_link import NewLink
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model.audit import AuditEntry
from listenlink.model.listing import Found, Slice
from listenlink.model.sealing import TokenSealer
from listenlink.model.share import LinkState, Share, TargetType
from listenlink.model.share_token import digest, new_token
from listenlink.model.terms import AskedTerms, terms_of
from listenlink.store import shares
from listenlink.store.audit import of_link, open_counts
from listenlink.store.audit.of_link import DaySums
from listenlink.store.database.database import Database


@dataclass(frozen=True, slots=True)
class ToldLink:
    """A link with its target's title and the time it was last opened (epoch µs); its `opens` are
    exact as of this moment."""

    share: Share
    target_title: str
    last_opened_at: int | None


async def list_links(
    database: Database,
    caller: Caller,
    target: tuple[TargetType, int] | None,
    state: LinkState | None,
    now_us: int,
    part: Slice,
) -> Found[ToldLink]:
    """Return a slice of the caller's links, newest first."""

    def find(connection: Connection) -> Found[ToldLink]:
        own = shares.list_own_shares(connection, *caller.owner, target, state, now_us, part)
        return Found(_tell(connection, own.items), own.place)

    return await database.read(find)


async def get_link(database: Database, caller: Caller, share_id: int) -> ToldLink:
    """Return one of the caller's links. Raises Problem(NOT_FOUND)."""
    return await database.read(
        lambda connection: _tell(connection, [_get(connection, caller, share_id)])[0]
    )


async def change_link(
    database: Database, caller: Caller, share_id: int, asked: AskedTerms, now_us: int
) -> ToldLink:
    """Change the terms as asked and return the link.

    Raises Problem(NOT_FOUND), Problem(CONFLICT) for a revoked link, and a 422 Problem as `Terms.changed`
    does, and for a `max_opens` below the number of opens so far.
    """

    def change(connection: Connection) -> ToldLink:
        terms = terms_of(_get_open_to_change(connection, caller, share_id))
        changed = asdict(terms.changed(asked, now_us))
        if "max_opens" in asked:
            opens = open_counts.settle(connection, share_id)
            most = asked["max_opens"]
            if most is not None and most < opens:
                raise invalid("max_opens", f"The link was opened {opens} times already.")
        changes = {name: value for name, value in changed.items() if value != getattr(terms, name)}
        if changes:
            shares.change_share(connection, share_id, changes)
        return _tell(connection, [_get(connection, caller, share_id)])[0]

    return await write_as(database, caller, change)


async def rotate_link(
    database: Database,
    sealer: TokenSealer,
    caller: Caller,
    share_id: int,
    doing: Doing[NewLink] = always,
) -> NewLink:
    """Give the link a new token; the old one, its sessions and its playback URLs are dead at once.

    Raises Problem(NOT_FOUND), and Problem(CONFLICT) for a revoked link.
    """
    token = new_token()

    def rotate(connection: Connection) -> NewLink:
        share = _get_open_to_change(connection, caller, share_id)
        turned = {"token_digest": digest(token), "rotation": share.rotation + 1}
        shares.change_share(connection, share_id, turned)
        made = replace(share, rotation=share.rotation + 1)
        keep_token(connection, sealer, made, token)
        return NewLink(made, token)

    return await write_as(database, caller, lambda connection: doing(connection, rotate))


async def list_lines(
    database: Database, caller: Caller, share_id: int, part: Slice
) -> Found[AuditEntry]:
    """Return a slice of the audit of the caller's link, newest first. Raises Problem(NOT_FOUND)."""

    def find(connection: Connection) -> Found[AuditEntry]:
        _get(connection, caller, share_id)
        return of_link.list_lines(connection, share_id, part)

    return await database.read(find)


async def sum_days(
    database: Database, caller: Caller, share_id: int
) -> tuple[ToldLink, list[DaySums]]:
    """Return the caller's link and its sums for each day. Raises Problem(NOT_FOUND)."""

    def find(connection: Connection) -> tuple[ToldLink, list[DaySums]]:
        told = _tell(connection, [_get(connection, caller, share_id)])[0]
        return told, of_link.sum_days(connection, share_id)

    return await database.read(find)


def _get(connection: Connection, caller: Caller, share_id: int) -> Share:
    share = shares.find_own_share(connection, *caller.owner, share_id)
    if share is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return share


def _get_open_to_change(connection: Connection, caller: Caller, share_id: int) -> Share:
    share = _get(connection, caller, share_id)
    if share.revoked_at is not None:
        raise Problem(ProblemKind.CONFLICT, "This link is revoked.")
    return share


def _tell(connection: Connection, found: list[Share]) -> list[ToldLink]:
    numbers = [share.id for share in found]
    opens = open_counts.find_opens(connection, numbers)
    last = of_link.find_last_opens(connection, numbers)
    titles = shares.find_titles(connection, found)
    return [
        ToldLink(
            replace(share, opens=opens[share.id]),
            titles[share.target_type, share.target_id],
            last.get(share.id),
        )
        for share in found
    ]
