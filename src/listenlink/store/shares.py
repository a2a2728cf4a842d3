"""Share links, for their owners. For opening them see `store/opening/sqlite_opens.py`."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, not_, or_, select, update

from listenlink.model.share import LinkState, Share, TargetType, Visibility
from listenlink.store import sealed_tokens, tables
from listenlink.store.database.database import insert_with_new_id
from listenlink.store.suspensions import OF_SHARE

_SHARES = tables.shares


def add_share(connection: Connection, share: Share, token_digest: bytes) -> int:
    """Insert the link under a fresh number."""
    target = "track_id" if share.target_type is TargetType.TRACK else "collection_id"
    values = {
        "token_digest": token_digest,
        "organization_id": share.organization_id,
        "creator_id": share.creator_id,
        target: share.target_id,
        "visibility": share.visibility.value,
        "label": share.label,
        "max_opens": share.max_opens,
        "starts_at": share.starts_at,
        "expires_at": share.expires_at,
        "allow_download": share.allow_download,
        "preview": share.preview,
        "strict_open": share.strict_open,
        "created_at": share.created_at,
    }
    return insert_with_new_id(
        connection, lambda number: connection.execute(insert(_SHARES).values(id=number, **values))
    )


def revoke_share(
    connection: Connection, organization_id: int, creator_id: int, share_id: int, now_us: int
) -> bool:
    """Revoke the creator's link and destroy its sealed token, or find it revoked; False if there is no such
    link of theirs."""
    own = _own(organization_id, creator_id) & (_SHARES.c.id == share_id)
    connection.execute(
        update(_SHARES).where(own, _SHARES.c.revoked_at.is_(None)).values(revoked_at=now_us)
    )
    if connection.execute(select(_SHARES.c.id).where(own)).one_or_none() is None:
        return False
    sealed_tokens.forget_sealed(connection, [share_id])
    return True


def find_own_share(
    connection: Connection, organization_id: int, creator_id: int, share_id: int
) -> Share | None:
    """Return the creator's link, revoked or not; None if it's somebody else's."""
    own = _own(organization_id, creator_id) & (_SHARES.c.id == share_id)
    row = connection.execute(select(_SHARES, OF_SHARE).where(own)).one_or_none()
    return None if row is None else _share(row)


def find_own_by_token(
    connection: Connection, organization_id: int, creator_id: int, token_digest: bytes
) -> int | None:
    """Return the number of the creator's link with this token, whatever state it's in; None if it's somebody
    else's, as if there were none."""
    own = _own(organization_id, creator_id) & (_SHARES.c.token_digest == token_digest)
    number: int | None = connection.execute(select(_SHARES.c.id).where(own)).scalar_one_or_none()
    return number


def list_own_shares(
    connection: Connection,
    organization_id: int,
    creator_id: int,
    target: tuple[TargetType, int] | None,
    state: LinkState | None,
    now_us: int,
    limit: int,
    offset: int,
) -> list[Share]:
    """List a slice of the creator's links, newest first; for one target or in one state if given."""
    wanted = [_own(organization_id, creator_id)]
    if target is not None:
        column = _SHARES.c.track_id if target[0] is TargetType.TRACK else _SHARES.c.collection_id
        wanted.append(column == target[1])
    if state is not None:
        wanted.append(_is_in(state, now_us))
    rows = connection.execute(
        select(_SHARES, OF_SHARE)
        .where(*wanted)
        .order_by(_SHARES.c.created_at.desc(), _SHARES.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [_share(row) for row in rows]


def find_titles(connection: Connection, found: list[Share]) -> dict[tuple[TargetType, int], str]:
    """Return the titles and names of what these links lead to, deleted or not."""
    titles: dict[tuple[TargetType, int], str] = {}
    for kind, table, name in (
        (TargetType.TRACK, tables.tracks, tables.tracks.c.title),
        (TargetType.COLLECTION, tables.collections, tables.collections.c.name),
    ):
        numbers = {share.target_id for share in found if share.target_type is kind}
        if numbers:
            rows = connection.execute(select(table.c.id, name).where(table.c.id.in_(numbers)))
            titles |= {(kind, number): title for number, title in rows}
    return titles


def change_share(connection: Connection, share_id: int, changes: Mapping[str, object]) -> None:
    """Set these columns of the link. `max_opens` may change only after `open_counts.settle`."""
    connection.execute(update(_SHARES).where(_SHARES.c.id == share_id).values(**changes))


def _own(organization_id: int, creator_id: int) -> ColumnElement[bool]:
    return and_(_SHARES.c.organization_id == organization_id, _SHARES.c.creator_id == creator_id)


def _is_in(state: LinkState, now_us: int) -> ColumnElement[bool]:
    """`Share.state` as a condition."""
    is_revoked = _SHARES.c.revoked_at.is_not(None)
    is_expired = and_(_SHARES.c.expires_at.is_not(None), _SHARES.c.expires_at <= now_us)
    is_ahead = and_(_SHARES.c.starts_at.is_not(None), _SHARES.c.starts_at > now_us)
    is_spent = and_(_SHARES.c.max_opens.is_not(None), _SHARES.c.opens >= _SHARES.c.max_opens)
    return {
        LinkState.REVOKED: is_revoked,
        LinkState.EXPIRED: and_(not_(is_revoked), is_expired),
        LinkState.SCHEDULED: and_(not_(or_(is_revoked, is_expired)), is_ahead),
        LinkState.SPENT: and_(not_(or_(is_revoked, is_expired, is_ahead)), is_spent),
        LinkState.ACTIVE: not_(or_(is_revoked, is_expired, is_ahead, is_spent)),
    }[state]


def _share(row: Row[tuple[object, ...]]) -> Share:
    is_track = row.track_id is not None
    return Share(
        id=row.id,
        organization_id=row.organization_id,
        creator_id=row.creator_id,
        target_type=TargetType.TRACK if is_track else TargetType.COLLECTION,
        target_id=row.track_id if is_track else row.collection_id,
        visibility=Visibility(row.visibility),
        label=row.label,
        max_opens=row.max_opens,
        opens=row.opens,
        starts_at=row.starts_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        rotation=row.rotation,
        allow_download=row.allow_download,
        preview=row.preview,
        strict_open=row.strict_open,
        created_at=row.created_at,
        suspended_at=row.suspended_at,
    )
