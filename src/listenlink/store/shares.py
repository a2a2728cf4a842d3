"""Share links, for their owners. For opening them see `store/opening/sqlite_opens.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Row, case, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from listenlink.model.folded import folded
from listenlink.model.listing import Found, Place, Slice, found
from listenlink.model.share import LinkState, Share, TargetType, Visibility
from listenlink.store import sealed_tokens, share_passwords, tables
from listenlink.store.database.columns import ended
from listenlink.store.database.database import insert_with_new_id
from listenlink.store.own import own, seen
from listenlink.store.slices import newest_first, place_of
from listenlink.store.suspensions import OF_SHARE

_SHARES = tables.shares
_LABELS_PER_STEP = 2000
# So many are read at most for one slice: that takes a tenth of a second.
MOST_LABELS = 20_000
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
    return None if row is None else _share(row)


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


def list_own_shares(
    connection: Connection,
    organization_id: int,
    creator_id: int | None,
    target: tuple[TargetType, int] | None,
    state: LinkState | None,
    now_us: int,
    part: Slice,
    label: str = "",
) -> Found[Share]:
    """List a slice of the creator's links, or without one of everybody's in the organisation, newest first;
    for one target, in one state, or with these words in their label if given.

    Of labels the next `MOST_LABELS` are read: where no more has been found by then, there are fewer links
    than asked for, or none, and the place to go on after is that of the last that was looked at.
    """
    wanted = [seen(_SHARES, organization_id, creator_id)]
    if target is not None:
        wanted.append(_target_column(target[0]) == target[1])
    if state is not None:
        wanted.append(_is_in(state, now_us))
    left_at: Place | None = None
    if label:
        numbers, left_at = _find_labelled(connection, wanted, folded(label), part)
        wanted, part = [_SHARES.c.id.in_(numbers)], Slice(part.limit)
    query = newest_first(select(_SHARES, OF_SHARE).where(*wanted), _SHARES, part)
    listed = found(connection.execute(query).all(), part, _share, place_of)
    return listed if listed.place is not None else Found(listed.items, left_at)


def _target_column(kind: TargetType) -> Column[int]:
    return _SHARES.c.track_id if kind is TargetType.TRACK else _SHARES.c.collection_id


def _find_labelled(
    connection: Connection, wanted: Sequence[ColumnElement[bool]], words: str, part: Slice
) -> tuple[list[int], Place | None]:
    """The numbers of a slice and one more, of those whose label has the words, and the place where looking
    was left, None if it wasn't. The labels are read here, some at a time: no two databases agree on what
    differs by its case alone."""
    named = select(_SHARES.c.id, _SHARES.c.created_at, _SHARES.c.label).where(
        *wanted, _SHARES.c.label.is_not(None)
    )
    most = part.offset + part.one_more
    numbers: list[int] = []
    step = Slice(_LABELS_PER_STEP, after=part.after)
    for _ in range(MOST_LABELS // _LABELS_PER_STEP):
        rows = connection.execute(newest_first(named, _SHARES, step)).all()
        here = rows[: step.limit]
        numbers += [row.id for row in here if words in folded(row.label)]
        if len(rows) < step.one_more or len(numbers) >= most:
            return numbers[part.offset : most], None
        step = Slice(_LABELS_PER_STEP, after=place_of(here[-1]))
    return numbers[part.offset :], step.after


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


def count_unrevoked(
    connection: Connection,
    organization_id: int,
    creator_id: int,
    kind: TargetType,
    target_ids: Sequence[int],
) -> dict[int, int]:
    """How many of the creator's links lead to each of these tracks, or collections, and aren't revoked; those
    that none leads to aren't named."""
    target = _target_column(kind)
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


def _is_in(state: LinkState, now_us: int) -> ColumnElement[bool]:
    """`Share.state` as a condition."""
    state_of = case(
        (_SHARES.c.revoked_at.is_not(None), LinkState.REVOKED.value),
        (ended(_SHARES.c.expires_at, now_us), LinkState.EXPIRED.value),
        (_SHARES.c.starts_at > now_us, LinkState.SCHEDULED.value),
        (_SHARES.c.opens >= _SHARES.c.max_opens, LinkState.SPENT.value),
        else_=LinkState.ACTIVE.value,
    )
    return state_of == state.value


def _share(row: Row[tuple[object, ...]]) -> Share:
    is_track = row.track_id is not None
    return Share(
        **{name: getattr(row, name) for name in _AS_STORED},
        target_type=TargetType.TRACK if is_track else TargetType.COLLECTION,
        target_id=row.track_id if is_track else row.collection_id,
        visibility=Visibility(row.visibility),
        suspended_at=row.suspended_at,
    )
