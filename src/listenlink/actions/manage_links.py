"""A creator's links once made: list, get, change and rotate them, and read their audit and their sums."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass

from msgspec import json
from msgspec.structs import replace
from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, require_owner, write_as
from listenlink.actions.idempotency import Doing, always
from listenlink.actions.keep_address import keep_token
from listenlink.actions.lock_link import hash_asked, turn_lock
from listenlink.actions.make_link import NewLink
from listenlink.actions.revoke_link import find_by_token
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model.audit import AuditEntry
from listenlink.model.link_sums import LinkSums
from listenlink.model.listing import Found, Slice
from listenlink.model.sealing import TokenSealer
from listenlink.model.share import LinkState, Share, TargetType
from listenlink.model.share_token import digest, new_token
from listenlink.model.terms import AskedTerms, Terms, terms_of
from listenlink.store import listed_links, shares, told_links
from listenlink.store.audit import of_link, open_counts
from listenlink.store.database.database import Database
from listenlink.store.shares import Target


@dataclass(frozen=True, slots=True)
class ToldLink:
    """A link with its target and the time it was last opened (epoch µs); its `opens` are exact as of this
    moment."""

    share: Share
    target: Target
    last_opened_at: int | None


async def list_links(
    database: Database,
    caller: Caller,
    target: tuple[TargetType, int] | None,
    state: LinkState | None,
    now_us: int,
    part: Slice,
    label: str = "",
    creator_id: int | None = None,
) -> Found[ToldLink]:
    """Return a slice of the caller's links, newest first: all, or those to a target, in a state, with these
    words in their label. For a caller who sees all it's of everybody's links, or of this creator's. Raises
    Problem(INSUFFICIENT_PERMISSIONS) if they aren't an owner."""

    def find(connection: Connection) -> Found[ToldLink]:
        organization_id, whose = caller.owner.organization_id, caller.owner.user_id
        if caller.sees_all:
            require_owner(connection, caller)
        own = listed_links.list_own_shares(
            connection,
            organization_id,
            creator_id if caller.sees_all else whose,
            target,
            state,
            now_us,
            part,
            label.strip(),
        )
        return Found(tell_links(connection, own.items), own.place)

    return await database.read(find)


async def get_link(database: Database, caller: Caller, share_id: int) -> ToldLink:
    """Return one of the caller's links; of who sees all, anybody's in their organisation, as below. Raises
    Problem(NOT_FOUND)."""
    return await database.read(
        lambda connection: tell_links(connection, [_get(connection, caller, share_id)])[0]
    )


async def get_link_of_token(database: Database, caller: Caller, token: str) -> ToldLink:
    """Return the caller's link that has this token now. Raises Problem(NOT_FOUND), whatever else has it."""
    return await get_link(database, caller, await find_by_token(database, caller, token))


async def change_link(
    database: Database,
    sealer: TokenSealer,
    caller: Caller,
    share_id: int,
    asked: AskedTerms,
    now_us: int,
    seen: str | None = None,
) -> ToldLink:
    """Change the terms as asked and return the link; `seen` is the mark of those that whoever asks has seen.

    Raises Problem(NOT_FOUND), Problem(CONFLICT) for a revoked link and for one that has other terms than were
    seen, and a 422 Problem as `Terms.changed` does, and for a `max_opens` below the number of opens so far.
    """

    hashed = await hash_asked(asked)

    def change(connection: Connection) -> ToldLink:
        share = _get_open_to_change(connection, caller, share_id)
        terms = terms_of(share)
        if seen is not None and seen != mark_terms(terms):
            raise Problem(ProblemKind.CONFLICT, "This link was changed meanwhile.")
        changed = asdict(terms.changed(asked, now_us))
        if "max_opens" in asked:
            opens = open_counts.settle(connection, share_id)
            most = asked["max_opens"]
            if most is not None and most < opens:
                raise invalid("max_opens", "The link was opened more often already.")
        changes = {name: value for name, value in changed.items() if value != getattr(terms, name)}
        if "password" in asked and (hashed is not None or share.has_password):
            changes |= turn_lock(connection, sealer, share, hashed)
        if changes:
            shares.change_share(connection, share_id, changes)
        if "max_opens" in changes:
            told_links.forget_spent(connection, share_id)
        return tell_links(connection, [_get(connection, caller, share_id)])[0]

    return await write_as(database, caller, change)


async def rotate_link(
    database: Database,
    sealer: TokenSealer,
    caller: Caller,
    share_id: int,
    doing: Doing[NewLink] = always,
    seen: int | None = None,
) -> NewLink:
    """Give the link a new token; the old one, its sessions and its playback URLs are dead at once. `seen` is
    the rotation that whoever asks has seen.

    Raises Problem(NOT_FOUND), and Problem(CONFLICT) for a revoked link and for one of another rotation.
    """
    token = new_token()

    def rotate(connection: Connection) -> NewLink:
        share = _get_open_to_change(connection, caller, share_id)
        if seen is not None and seen != share.rotation:
            raise Problem(ProblemKind.CONFLICT, "This link has got a new address meanwhile.")
        turned = {"token_digest": digest(token), "rotation": share.rotation + 1}
        shares.change_share(connection, share_id, turned)
        made = replace(share, rotation=share.rotation + 1)
        keep_token(connection, sealer, made, token)
        return NewLink(made, token)

    return await write_as(database, caller, lambda connection: doing(connection, rotate))


def mark_terms(terms: Terms) -> str:
    """16 hex digits that only these terms have, by which whoever changes them says which they saw."""
    return hashlib.sha256(json.encode(asdict(terms))).hexdigest()[:16]


async def list_lines(
    database: Database, caller: Caller, share_id: int, part: Slice
) -> Found[AuditEntry]:
    """Return a slice of the audit of the caller's link, newest first. Raises Problem(NOT_FOUND)."""

    def find(connection: Connection) -> Found[AuditEntry]:
        _get(connection, caller, share_id)
        return of_link.list_lines(connection, share_id, part)

    return await database.read(find)


async def sum_up(
    database: Database, caller: Caller, share_id: int, lately_seconds: int, now_us: int
) -> tuple[ToldLink, LinkSums]:
    """Return the caller's link and what it comes to; who opened it or renewed a session as lately as this is
    listening. Raises Problem(NOT_FOUND)."""

    def find(connection: Connection) -> tuple[ToldLink, LinkSums]:
        told = tell_links(connection, [_get(connection, caller, share_id)])[0]
        since_us = now_us - lately_seconds * SECOND_US
        return told, of_link.sum_up(connection, share_id, since_us, now_us)

    return await database.read(find)


def _get(connection: Connection, caller: Caller, share_id: int) -> Share:
    """To be looked at: one's own, or, of who sees all, anybody's in the organisation."""
    if not caller.sees_all:
        return _get_own(connection, caller, share_id)
    require_owner(connection, caller)
    share = shares.find_seen_share(connection, caller.owner.organization_id, share_id)
    if share is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return share


def _get_own(connection: Connection, caller: Caller, share_id: int) -> Share:
    share = shares.find_own_share(connection, *caller.owner, share_id)
    if share is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return share


def _get_open_to_change(connection: Connection, caller: Caller, share_id: int) -> Share:
    share = _get_own(connection, caller, share_id)
    if share.revoked_at is not None:
        raise Problem(ProblemKind.CONFLICT, "This link is revoked.")
    return share


def tell_links(connection: Connection, found: list[Share]) -> list[ToldLink]:
    """Return these links with what they lead to, how often and when they were last opened."""
    numbers = [share.id for share in found]
    opens = open_counts.find_opens(connection, numbers)
    last = of_link.find_last_opens(connection, numbers)
    targets = shares.find_targets(connection, found)
    return [
        ToldLink(
            replace(share, opens=opens[share.id]),
            targets[share.target_type, share.target_id],
            last.get(share.id),
        )
        for share in found
    ]
