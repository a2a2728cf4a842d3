"""One-time links that sign somebody in: for a user who is there, or for somebody who is invited."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from listenlink.model.member import Invitation
from listenlink.model.sign_in import INVITATION_US
from listenlink.store import tables

_LINKS, _USERS = tables.sign_in_links, tables.users
_DELETED_PER_STEP = 500


@dataclass(frozen=True, slots=True)
class SignInLink:
    """What a one-time link gives. With `user_id` it signs that user in. Without, it's an invitation of
    whoever has `email`, with this role in the organisation. `ends_at` in epoch µs."""

    ends_at: int
    user_id: int | None = None
    organization_id: int | None = None
    role: str | None = None
    email: str | None = None
    invited_by: int | None = None


def add_link(connection: Connection, link: SignInLink, digest: bytes) -> None:
    """Store it under its secret's digest."""
    connection.execute(
        insert(_LINKS).values(
            digest=digest,
            user_id=link.user_id,
            organization_id=link.organization_id,
            role=link.role,
            email=link.email,
            invited_by=link.invited_by,
            ends_at=link.ends_at,
        )
    )


def find_link(connection: Connection, digest: bytes, now_us: int) -> SignInLink | None:
    """Return the link with this digest, unless it's over; it stays."""
    row = connection.execute(
        select(_LINKS).where(_LINKS.c.digest == digest, _LINKS.c.ends_at > now_us)
    ).one_or_none()
    if row is None:
        return None
    return SignInLink(
        row.ends_at, row.user_id, row.organization_id, row.role, row.email, row.invited_by
    )


def use_link(connection: Connection, digest: bytes) -> bool:
    """Delete the link; False if somebody else was quicker."""
    return connection.execute(delete(_LINKS).where(_LINKS.c.digest == digest)).rowcount == 1


def forget_links(connection: Connection, user_id: int) -> None:
    """Delete all that would sign this user in, and their own invitations."""
    theirs = (_LINKS.c.user_id == user_id) | (_LINKS.c.invited_by == user_id)
    connection.execute(delete(_LINKS).where(theirs))


def list_invitations(
    connection: Connection, organization_id: int, now_us: int, most: int
) -> list[Invitation]:
    """List the organisation's invitations that nobody has accepted yet, the newest first."""
    rows = connection.execute(
        select(_LINKS, _USERS.c.email.label("inviter"))
        .outerjoin(_USERS, _USERS.c.id == _LINKS.c.invited_by)
        .where(_is_invitation_of(organization_id), _LINKS.c.ends_at > now_us)
        .order_by(_LINKS.c.ends_at.desc(), _LINKS.c.digest)
        .limit(most)
    )
    return [
        Invitation(
            row.digest.hex(),
            row.email or "",
            row.role or "",
            row.inviter,
            row.ends_at - INVITATION_US,
            row.ends_at,
        )
        for row in rows
    ]


def take_back(connection: Connection, organization_id: int, mark: str, now_us: int) -> str | None:
    """Delete the organisation's invitation with this mark, and return its e-mail; None if it was used, or
    is over."""
    try:
        which = _is_invitation_of(organization_id) & (_LINKS.c.digest == bytes.fromhex(mark))
    except ValueError:
        return None
    live = which & (_LINKS.c.ends_at > now_us)
    email: str | None = connection.execute(select(_LINKS.c.email).where(live)).scalar_one_or_none()
    connection.execute(delete(_LINKS).where(live))
    return email


def forget_invitations_of(connection: Connection, organization_id: int, user_id: int) -> None:
    """Delete the invitations to the organisation that this user made."""
    theirs = _is_invitation_of(organization_id) & (_LINKS.c.invited_by == user_id)
    connection.execute(delete(_LINKS).where(theirs))


def _is_invitation_of(organization_id: int) -> ColumnElement[bool]:
    return (_LINKS.c.organization_id == organization_id) & _LINKS.c.user_id.is_(None)


def delete_over(connection: Connection, now_us: int) -> int:
    """Delete some that are over; return how many. Call until it returns 0."""
    over = select(_LINKS.c.digest).where(_LINKS.c.ends_at <= now_us).limit(_DELETED_PER_STEP)
    return connection.execute(
        delete(_LINKS).where(_LINKS.c.digest.in_(over.scalar_subquery()))
    ).rowcount
