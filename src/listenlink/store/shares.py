"""Share links, for their owner. Opening them is `store/opens.py`."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from listenlink.model.share import Share, TargetType
from listenlink.store import tables
from listenlink.store.database import insert_with_new_id

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
        "created_at": share.created_at,
    }
    return insert_with_new_id(
        connection, lambda number: connection.execute(insert(_SHARES).values(id=number, **values))
    )


def revoke_share(
    connection: Connection, organization_id: int, creator_id: int, share_id: int, now_us: int
) -> bool:
    """Revoke the creator's link, or find it revoked; False if there is no such link of theirs."""
    own = (
        (_SHARES.c.id == share_id)
        & (_SHARES.c.organization_id == organization_id)
        & (_SHARES.c.creator_id == creator_id)
    )
    connection.execute(
        update(_SHARES).where(own, _SHARES.c.revoked_at.is_(None)).values(revoked_at=now_us)
    )
    return connection.execute(select(_SHARES.c.id).where(own)).one_or_none() is not None
