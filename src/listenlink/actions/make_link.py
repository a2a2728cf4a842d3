"""Make a share link for a track or a collection; its token is in the answer, and sealed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, write_as
from listenlink.actions.bound_making import require_few
from listenlink.actions.idempotency import Doing, always
from listenlink.actions.keep_address import keep_token
from listenlink.clock import DAY_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model.one_line import one_line
from listenlink.model.sealing import TokenSealer
from listenlink.model.share import MAX_EXPIRES_IN_DAYS, Share, TargetType, Visibility
from listenlink.model.share_token import digest, new_token
from listenlink.store import collections, shares, tracks
from listenlink.store.database.database import Database
from listenlink.store.made_things import Made


@dataclass(frozen=True, slots=True)
class ShareTerms:
    """The terms the creator wants for a link. None means: never expires, unlimited, no label, at once."""

    visibility: Visibility = Visibility.LINK_ONLY
    expires_in_days: int | None = None
    max_opens: int | None = None
    label: str | None = None
    starts_at: int | None = None
    allow_download: bool = False
    preview: bool = True
    strict_open: bool = False


@dataclass(frozen=True, slots=True)
class NewLink:
    """The link and its raw token."""

    share: Share
    token: str


async def make_link(
    database: Database,
    sealer: TokenSealer,
    caller: Caller,
    target_type: TargetType,
    target_id: int,
    terms: ShareTerms,
    now_us: int,
    doing: Doing[NewLink] = always,
) -> NewLink:
    """Make a link to the caller's own track or collection. Raises Problem(NOT_FOUND) for any other.

    An expiry beyond 90 days is clamped to 90 (docs/api.md, Share a track).
    """
    token = new_token()
    draft = _draft(caller, target_type, target_id, terms, now_us)

    def add(connection: Connection) -> NewLink:
        if not _is_own(connection, draft):
            raise Problem(ProblemKind.NOT_FOUND)
        require_few(connection, Made.LINK, (draft.organization_id, draft.creator_id), now_us)
        number = shares.add_share(connection, draft, digest(token))
        made = replace(draft, id=number)
        keep_token(connection, sealer, made, token)
        return NewLink(made, token)

    return await write_as(database, caller, lambda connection: doing(connection, add))


def _draft(
    caller: Caller, target_type: TargetType, target_id: int, terms: ShareTerms, now_us: int
) -> Share:
    return Share(
        id=0,
        organization_id=caller.organization_id,
        creator_id=caller.user_id,
        target_type=target_type,
        target_id=target_id,
        visibility=terms.visibility,
        label=terms.label and one_line(terms.label),
        max_opens=terms.max_opens,
        opens=0,
        starts_at=terms.starts_at,
        expires_at=expiry(terms.expires_in_days, now_us),
        revoked_at=None,
        rotation=0,
        allow_download=terms.allow_download,
        preview=terms.preview,
        strict_open=terms.strict_open,
        created_at=now_us,
    )


def expiry(days: int | None, now_us: int) -> int | None:
    """When a link made now for this many days expires, in epoch µs; None means never."""
    return None if days is None else now_us + min(days, MAX_EXPIRES_IN_DAYS) * DAY_US


def _is_own(connection: Connection, draft: Share) -> bool:
    owner = (draft.organization_id, draft.creator_id)
    if draft.target_type is TargetType.TRACK:
        return tracks.find_own_track(connection, *owner, draft.target_id) is not None
    return collections.find_own_collection(connection, *owner, draft.target_id) is not None
