"""Who is in an organisation, as its owners see it, and the beginning of a member's end.

Memberships themselves are in `store/people.py`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, or_, select, update

from listenlink.model.api_key import LEAVING
from listenlink.model.member import Access, Member
from listenlink.model.owner import Owner
from listenlink.store import (
    every_webhook,
    people,
    sign_in_links,
    sign_ins,
    tables,
    telling_settings,
)
from listenlink.store.own import own

_KEYS, _MEMBERS = tables.api_keys, tables.memberships
_USES, _UPLOADS = tables.api_key_uses, tables.resumable_uploads


def list_members(connection: Connection, organization_id: int, now_us: int) -> list[Member]:
    """List the organisation's members, by e-mail."""
    counted = (
        select(_KEYS.c.user_id, func.count(), func.max(_USES.c.day))
        .outerjoin(_USES, _USES.c.key_id == _KEYS.c.id)
        .where(_KEYS.c.organization_id == organization_id)
    )
    rows = connection.execute(_live(counted, now_us).group_by(_KEYS.c.user_id))
    keys = {row[0]: (row[1], row[2]) for row in rows}
    return [
        Member(user_id, email, role, *keys.get(user_id, (0, None)))
        for user_id, email, _, role in people.list_members(connection, organization_id)
    ]


def count_access(connection: Connection, organization_id: int, user_id: int, now_us: int) -> Access:
    """Count what ends with a member, besides what they made."""
    keys = select(func.count()).select_from(_KEYS).where(own(_KEYS, organization_id, user_id))
    uploads = (
        select(func.count())
        .select_from(_UPLOADS)
        .where(own(_UPLOADS, organization_id, user_id), _UPLOADS.c.track_id.is_(None))
    )
    acting = [
        sign_in
        for sign_in in sign_ins.list_sign_ins(connection, user_id, now_us)
        if sign_in.organization_id == organization_id
    ]
    return Access(
        connection.execute(_live(keys, now_us)).scalar_one(),
        len(acting),
        connection.execute(uploads).scalar_one(),
    )


def begin_leave(connection: Connection, organization_id: int, user_id: int, now_us: int) -> None:
    """Let the member be none for anything that they do: their keys, sign-ins and invitations of the
    organisation end, and their role with them. They're told nothing more: what waits for their webhooks is
    deleted later, as it may be much."""
    people.end_keys(connection, organization_id, user_id, now_us)
    sign_ins.end_all(connection, user_id, organization_id=organization_id)
    sign_in_links.forget_invitations_of(connection, organization_id, user_id)
    owner = Owner(organization_id, user_id)
    every_webhook.stop_all(connection, owner, now_us)
    telling_settings.forget_settings(connection, owner)
    whose = own(_MEMBERS, *owner)
    connection.execute(update(_MEMBERS).where(whose).values(role=LEAVING))


def _live(query: Select[Any], now_us: int) -> Select[Any]:
    goes_on = or_(_KEYS.c.expires_at.is_(None), _KEYS.c.expires_at > now_us)
    return query.where(_KEYS.c.deactivated_at.is_(None), goes_on)
