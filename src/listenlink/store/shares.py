"""Share links, for their owners. For opening them see `store/opening/sqlite_opens.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from listenlink.model.share import Share, TargetType, Visibility
from listenlink.store import sealed_tokens, share_passwords, tables
from listenlink.store.database.database import insert_with_new_id
from listenlink.store.own import own, seen
from listenlink.store.suspensions import OF_SHARE

_SHARES = tables.shares
# The fields of `Share` that are columns, as they are.
_AS_STORED = tuple(
    name for name in Share.__struct_fields__ if name in _SHARES.c and name != "visibility"
)


def add_share(connection: Connection, share: Share, token_digest: bytes) -> int:
    """Insert the link under a fresh number."""
    values = _values(share, token_digest)
    return insert_with_new_id(
        connection,
        lambda number: connection.execute(insert(_SHARES).values(values | {"id": number})),
    )


def add_shares(connection: Connection, made: Sequence[tuple[Share, bytes]]) -> bool:
    """Insert links under the numbers that they have, each with its token's digest, at one stroke. False if a
    number is taken: then none is inserted."""
    rows = [_values(share, token_digest) for share, token_digest in made]
    try:
        with connection.begin_nested():
            connection.execute(insert(_SHARES), rows)
    except IntegrityError:
        numbers = [share.id for share, _ in made]
        taken = select(_SHARES.c.id).where(_SHARES.c.id.in_(numbers)).limit(1)
        if connection.execute(taken).one_or_none() is None:
            raise
        return False
    return True


def _values(share: Share, token_digest: bytes) -> dict[str, object]:
    is_track = share.target_type is TargetType.TRACK
    return {name: getattr(share, name) for name in _AS_STORED} | {
        "token_digest": token_digest,
        "track_id": share.target_id if is_track else None,
        "collection_id": None if is_track else share.target_id,
        "visibility": share.visibility.value,
    }


def revoke_share(
    connection: Connection, organization_id: int, creator_id: int, share_id: int, now_us: int
) -> bool:
    """Revoke the creator's link and destroy its sealed token and its password, or find it revoked; False if
    there is no such link of theirs."""
    theirs = own(_SHARES, organization_id, creator_id) & (_SHARES.c.id == share_id)
    connection.execute(
        update(_SHARES).where(theirs, _SHARES.c.revoked_at.is_(None)).values(revoked_at=now_us)
    )
    if connection.execute(select(_SHARES.c.id).where(theirs)).one_or_none() is None:
        return False
    sealed_tokens.forget_sealed(connection, [share_id])
    share_passwords.forget_passwords(connection, [share_id])
    return True


def find_own_share(
    connection: Connection, organization_id: int, creator_id: int, share_id: int
) -> Share | None:
    """Return the creator's link, revoked or not; None if it's somebody else's."""
    return _find_share(connection, own(_SHARES, organization_id, creator_id), share_id)


def find_seen_share(connection: Connection, organization_id: int, share_id: int) -> Share | None:
    """Return a link of the organisation's, whoever made it, revoked or not: to be looked at alone."""
    return _find_share(connection, seen(_SHARES, organization_id, None), share_id)


def _find_share(connection: Connection, whose: ColumnElement[bool], share_id: int) -> Share | None:
    query = select(_SHARES, OF_SHARE).where(whose, _SHARES.c.id == share_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else share_of(row)


def find_own_by_token(
    connection: Connection, organization_id: int, creator_id: int, token_digest: bytes
) -> int | None:
    """Return the number of the creator's link with this token, whatever state it's in; None if it's somebody
    else's, as if there were none."""
    theirs = own(_SHARES, organization_id, creator_id) & (_SHARES.c.token_digest == token_digest)
    number: int | None = connection.execute(select(_SHARES.c.id).where(theirs)).scalar_one_or_none()
    return number


def find_by_token(connection: Connection, token_digest: bytes) -> int | None:
    """Return the number of the link with this token, whoever made it; None if none has it."""
    found = select(_SHARES.c.id).where(_SHARES.c.token_digest == token_digest)
    number: int | None = connection.execute(found).scalar_one_or_none()
    return number


class Target(NamedTuple):
    """What a link leads to: its title or name, and when it was removed, in epoch µs."""

    title: str
    removed_at: int | None


def find_targets(connection: Connection, told: list[Share]) -> dict[tuple[TargetType, int], Target]:
    """Return what these links lead to, removed or not."""
    targets: dict[tuple[TargetType, int], Target] = {}
    for kind, table, name in (
        (TargetType.TRACK, tables.tracks, tables.tracks.c.title),
        (TargetType.COLLECTION, tables.collections, tables.collections.c.name),
    ):
        numbers = {share.target_id for share in told if share.target_type is kind}
        if numbers:
            rows = connection.execute(
                select(table.c.id, name, table.c.removed_at).where(table.c.id.in_(numbers))
            )
            targets |= {(kind, number): Target(*target) for number, *target in rows}
    return targets


def target_column(kind: TargetType) -> Column[int]:
    """Where it stands what a link leads to."""
    return _SHARES.c.track_id if kind is TargetType.TRACK else _SHARES.c.collection_id


def count_unrevoked(
    connection: Connection,
    organization_id: int,
    creator_id: int,
    kind: TargetType,
    target_ids: Sequence[int],
) -> dict[int, int]:
    """How many of the creator's links lead to each of these tracks, or collections, and aren't revoked; those
    that none leads to aren't named."""
    target = target_column(kind)
    counted = (
        select(target, func.count())
        .where(
            own(_SHARES, organization_id, creator_id),
            target.in_(target_ids),
            _SHARES.c.revoked_at.is_(None),
        )
        .group_by(target)
    )
    return {row[0]: row[1] for row in connection.execute(counted)}


def change_share(connection: Connection, share_id: int, changes: Mapping[str, object]) -> None:
    """Set these columns of the link. `max_opens` may change only after `open_counts.settle`."""
    connection.execute(update(_SHARES).where(_SHARES.c.id == share_id).values(**changes))


def share_of(row: Row[tuple[object, ...]]) -> Share:
    """Make a link of a row of its table with what suspends it."""
    is_track = row.track_id is not None
    return Share(
        **{name: getattr(row, name) for name in _AS_STORED},
        target_type=TargetType.TRACK if is_track else TargetType.COLLECTION,
        target_id=row.track_id if is_track else row.collection_id,
        visibility=Visibility(row.visibility),
        suspended_at=row.suspended_at,
    )
