"""A person's links as they are listed: all, or those to one target, in one state, by words in their label.

Whatever is asked for, a slice is bounded in what is looked through for it, however many links there are.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, case, select

from listenlink.model.folded import folded
from listenlink.model.listing import Found, Place, Slice, found
from listenlink.model.share import LinkState, Share, TargetType
from listenlink.store import tables
from listenlink.store.database.columns import ended
from listenlink.store.own import seen
from listenlink.store.shares import share_of, target_column
from listenlink.store.slices import newest_first, not_older, place_of
from listenlink.store.suspensions import OF_SHARE

_SHARES = tables.shares
_LABELS_PER_STEP = 2000
# Where what is asked for is in no index, so many links are looked through at most for one slice: from memory
# that takes a tenth of a second, and if each has to be read from a disk, less than one.
MOST_LOOKED_THROUGH = 20_000


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

    In a state, or with words, the next `MOST_LOOKED_THROUGH` are looked through: where no more has been found
    by then, there are fewer links than asked for, or none, and the place to go on after is that of the last
    that was looked at.
    """
    wanted = _whose(organization_id, creator_id, target)
    left_at: Place | None = None
    if state is not None or label:
        left_at = _find_last_looked_at(connection, wanted, part)
    if left_at is not None:
        wanted.append(not_older(_SHARES, left_at))
    if state is not None:
        wanted.append(_is_in(state, now_us))
    if label:
        numbers = _find_labelled(connection, wanted, folded(label), part)
        wanted, part = [_SHARES.c.id.in_(numbers)], Slice(part.limit)
    query = newest_first(select(_SHARES, OF_SHARE).where(*wanted), _SHARES, part)
    listed = found(connection.execute(query).all(), part, share_of, place_of)
    return listed if listed.place is not None else Found(listed.items, left_at)


def _whose(
    organization_id: int, creator_id: int | None, target: tuple[TargetType, int] | None
) -> list[ColumnElement[bool]]:
    if target is None:
        return [seen(_SHARES, organization_id, creator_id)]
    leads_there = target_column(target[0]) == target[1]
    if creator_id is None:
        # Apart, because the order of the list would be taken from the index of all that the organisation has.
        theirs = seen(_SHARES, organization_id, None)
        return [_SHARES.c.id.in_(select(_SHARES.c.id).where(leads_there, theirs))]
    return [leads_there, seen(_SHARES, organization_id, creator_id)]


def _find_last_looked_at(
    connection: Connection, wanted: Sequence[ColumnElement[bool]], part: Slice
) -> Place | None:
    """The place of the last link that is looked through for a slice; None if none follows it."""
    looked = Slice(1, MOST_LOOKED_THROUGH - 1, part.after)
    query = select(_SHARES.c.id, _SHARES.c.created_at).where(*wanted)
    rows = connection.execute(newest_first(query, _SHARES, looked)).all()
    return place_of(rows[0]) if len(rows) > 1 else None


def _find_labelled(
    connection: Connection, wanted: Sequence[ColumnElement[bool]], words: str, part: Slice
) -> list[int]:
    """The numbers of a slice and one more, of those whose label has the words. The labels are read here, some
    at a time: no two databases agree on what differs by its case alone."""
    named = select(_SHARES.c.id, _SHARES.c.created_at, _SHARES.c.label).where(
        *wanted, _SHARES.c.label.is_not(None)
    )
    most = part.offset + part.one_more
    numbers: list[int] = []
    step = Slice(_LABELS_PER_STEP, after=part.after)
    while True:
        rows = connection.execute(newest_first(named, _SHARES, step)).all()
        here = rows[: step.limit]
        numbers += [row.id for row in here if words in folded(row.label)]
        if len(rows) < step.one_more or len(numbers) >= most:
            return numbers[part.offset : most]
        step = Slice(_LABELS_PER_STEP, after=place_of(here[-1]))


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
