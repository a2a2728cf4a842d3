"""Make a share link for a track or a collection; its token is sent only once, in the answer."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace
from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, write_as
from listenlink.actions.bound_making import require_few
from listenlink.actions.idempotency import Doing, always
from listenlink.actions.keep_address import keep_token
from listenlink.actions.lock_link import hash_asked
from listenlink.actions.note_account import note_account
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.sealing import TokenSealer
from listenlink.model.share import Share, TargetType
from listenlink.model.share_token import digest, new_token
from listenlink.model.terms import AskedTerms, Terms
from listenlink.store import collections, share_passwords, shares, tracks
from listenlink.store.database.database import Database
from listenlink.store.made_things import Made


@dataclass(frozen=True, slots=True)
class NewLink:
    """The link and its raw token."""

    share: Share
    token: str


async def get_title(
    database: Database, caller: Caller, target_type: TargetType, target_id: int
) -> str:
    """What the caller's own track or collection is called. Raises Problem(NOT_FOUND) for any other, as
    `make_link` does."""
    return await database.read(lambda c: title_of(c, caller, target_type, target_id))


async def make_link(
    database: Database,
    sealer: TokenSealer,
    caller: Caller,
    target_type: TargetType,
    target_id: int,
    asked: AskedTerms,
    now_us: int,
    doing: Doing[NewLink] = always,
) -> NewLink:
    """Make a link to the caller's own track or collection. Raises Problem(NOT_FOUND) for any other, and a 422
    Problem as `Terms.changed` does."""
    token = new_token()
    terms = Terms().changed(asked, now_us)
    hashed = await hash_asked(asked)
    draft = draft_link(caller, target_type, target_id, terms, now_us)

    def add(connection: Connection) -> NewLink:
        title_of(connection, caller, target_type, target_id)
        require_few(connection, Made.LINK, caller.owner, now_us)
        number = shares.add_share(connection, draft, digest(token))
        made = replace(draft, id=number)
        keep_token(connection, sealer, made, token)
        share_passwords.keep_password(connection, number, hashed)
        named = ids.public_id(ids.SHARE, number)
        note_account(connection, caller, "link_made", named, now_us)
        return NewLink(made, token)

    return await write_as(database, caller, lambda connection: doing(connection, add))


def draft_link(
    caller: Caller, target_type: TargetType, target_id: int, terms: Terms, now_us: int
) -> Share:
    """The link as it's going to be, without a number of its own."""
    return Share(
        id=0,
        organization_id=caller.owner.organization_id,
        creator_id=caller.owner.user_id,
        target_type=target_type,
        target_id=target_id,
        opens=0,
        revoked_at=None,
        suspended_at=None,
        rotation=0,
        created_at=now_us,
        **{name: getattr(terms, name) for name in Terms.__slots__},
    )


def title_of(
    connection: Connection, caller: Caller, target_type: TargetType, target_id: int
) -> str:
    """What the caller's own track or collection is called. Raises Problem(NOT_FOUND) for any other."""
    if target_type is TargetType.TRACK:
        track = tracks.find_own_track(connection, *caller.owner, target_id)
        title = None if track is None else track.title
    else:
        collection = collections.find_own_collection(connection, *caller.owner, target_id)
        title = None if collection is None else collection.name
    if title is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return title
