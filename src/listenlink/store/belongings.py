"""What a user has in one organisation: counted, ended, or handed to somebody else.

It may be much, and what changes it holds the lock that opens need: so it's found first, and changed some rows
at a time. What has been changed isn't found again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    delete,
    func,
    or_,
    select,
    true,
    update,
)

from listenlink.model.library import OWN
from listenlink.model.owner import Owner
from listenlink.store import (
    given_covers,
    kept_audio,
    notices,
    promises,
    sealed_tokens,
    share_passwords,
    tables,
    telling_settings,
    webhooks,
)
from listenlink.store.library import add_edge
from listenlink.store.own import own

_TRACKS = tables.tracks
_COLLECTIONS = tables.collections
_SHARES = tables.shares
_EDGES = tables.library
_MEMBERS = tables.collection_tracks
_AUDIO = tables.audio_objects
_VERSIONS = tables.track_versions
_UPLOADS = tables.resumable_uploads
_ANSWERS = tables.idempotent_answers


class Music(NamedTuple):
    """The numbers of tracks and collections."""

    tracks: list[int]
    collections: list[int]


class Belongings(NamedTuple):
    """How many tracks and collections exist that a user made, and how many of their links aren't revoked."""

    tracks: int
    collections: int
    links: int


def count_belongings(connection: Connection, whose: Owner) -> Belongings:
    """Count what the user has in the organisation."""
    wanted = (
        (_TRACKS, own(_TRACKS, *whose) & _TRACKS.c.removed_at.is_(None)),
        (_COLLECTIONS, own(_COLLECTIONS, *whose) & _COLLECTIONS.c.removed_at.is_(None)),
        (_SHARES, own(_SHARES, *whose) & _SHARES.c.revoked_at.is_(None)),
    )
    counts = (
        connection.execute(select(func.count()).select_from(table).where(which)).scalar_one()
        for table, which in wanted
    )
    return Belongings(*counts)


def find_unended_links(connection: Connection, whose: Owner) -> list[int]:
    """Return the numbers of the user's links that aren't revoked, or still have a label."""
    left = or_(_SHARES.c.revoked_at.is_(None), _SHARES.c.label.is_not(None))
    return _find(connection, whose, _SHARES, left)


def end_links(connection: Connection, links: Collection[int], now_us: int) -> None:
    """Revoke these links, and forget what they were called, their sealed tokens and their passwords."""
    sealed_tokens.forget_sealed(connection, links)
    share_passwords.forget_passwords(connection, links)
    revoked_at = func.coalesce(_SHARES.c.revoked_at, now_us)
    _change(connection, _SHARES, links, revoked_at=revoked_at, label=None)


def find_undeleted(connection: Connection, whose: Owner) -> Music:
    """Return which of the user's tracks and collections exist, or still have a text."""
    has_text = or_(_TRACKS.c.title != "", _TRACKS.c.artist.is_not(None))
    tracks = _find(connection, whose, _TRACKS, or_(_TRACKS.c.removed_at.is_(None), has_text))
    left = or_(_COLLECTIONS.c.removed_at.is_(None), _COLLECTIONS.c.name != "")
    return Music(tracks, _find(connection, whose, _COLLECTIONS, left))


def delete_tracks(connection: Connection, tracks: Collection[int], now_us: int) -> None:
    """Delete these tracks as if their user had done it, and the texts that they wrote."""
    for table in (_EDGES, _MEMBERS, tables.declarations):
        connection.execute(delete(table).where(table.c.track_id.in_(tracks)))
    given_covers.take_all_back(connection, tracks=tracks)
    removed_at = func.coalesce(_TRACKS.c.removed_at, now_us)
    texts = {"title": "", "artist": None, "declared": None}
    _change(connection, _TRACKS, tracks, removed_at=removed_at, **texts)


def delete_collections(connection: Connection, collections: Collection[int], now_us: int) -> None:
    """Delete these collections, and the texts."""
    given_covers.take_all_back(connection, collections=collections)
    removed_at = func.coalesce(_COLLECTIONS.c.removed_at, now_us)
    texts = {"name": "", "description": None, "cover_image_url": None}
    _change(connection, _COLLECTIONS, collections, removed_at=removed_at, **texts)


def discard_audio(connection: Connection, whose: Owner, now_us: int) -> list[bytes]:
    """Mark the audio of the user's deleted tracks for removal where no other track needs it; return its
    digests, and those of what was derived from it, which other audio may still need."""
    theirs = select(_TRACKS.c.audio_id).where(own(_TRACKS, *whose))
    earlier = select(_VERSIONS.c.audio_id).where(
        _VERSIONS.c.track_id.in_(select(_TRACKS.c.id).where(own(_TRACKS, *whose))),
        _VERSIONS.c.audio_id.is_not(None),
    )
    which = _AUDIO.c.id.in_(theirs) | _AUDIO.c.id.in_(earlier)
    return kept_audio.discard_where(connection, which, now_us)


def find_music(connection: Connection, whose: Owner) -> Music:
    """Return the numbers of all of the user's tracks and collections, also of those deleted."""
    found = (_find(connection, whose, table, true()) for table in (_TRACKS, _COLLECTIONS))
    return Music(*found)


def find_links(connection: Connection, whose: Owner) -> list[int]:
    """Return the numbers of all of the user's links, also of those revoked."""
    return _find(connection, whose, _SHARES, true())


def hand_tracks(
    connection: Connection, whose: Owner, heir_id: int, tracks: Collection[int], now_us: int
) -> None:
    """Make these tracks another user's, and let them be in that user's library: nobody would find them."""
    heirs = Owner(whose.organization_id, heir_id)
    _change(connection, _TRACKS, tracks, creator_id=heir_id)
    # What they had saved by a link is their own now; a track has one edge in a library.
    saved = own(_EDGES, *heirs) & _EDGES.c.track_id.in_(tracks)
    connection.execute(update(_EDGES).where(saved).values(source=OWN, share_id=None))
    there = set(connection.execute(select(_EDGES.c.track_id).where(saved)).scalars())
    moved = [track_id for track_id in tracks if track_id not in there]
    theirs = own(_EDGES, *whose) & _EDGES.c.track_id.in_(moved)
    there.update(connection.execute(select(_EDGES.c.track_id).where(theirs)).scalars())
    connection.execute(update(_EDGES).where(theirs).values(user_id=heir_id))
    exist = select(_TRACKS.c.id).where(_TRACKS.c.id.in_(tracks), _TRACKS.c.removed_at.is_(None))
    for track_id in set(connection.execute(exist).scalars()) - there:
        add_edge(connection, *heirs, track_id, None, now_us)


def hand_collections(connection: Connection, heir_id: int, collections: Collection[int]) -> None:
    """Make these collections another user's."""
    _change(connection, _COLLECTIONS, collections, owner_id=heir_id)


def hand_links(connection: Connection, heir_id: int, links: Collection[int]) -> None:
    """Make these links another user's."""
    _change(connection, _SHARES, links, creator_id=heir_id)


def forget_rest(connection: Connection, whose: Owner, now_us: int) -> list[int]:
    """Delete the user's library, begun uploads, kept answers and webhooks; return the numbers of those
    uploads."""
    connection.execute(delete(_EDGES).where(own(_EDGES, *whose)))
    theirs = own(_UPLOADS, *whose)
    begun = connection.execute(select(_UPLOADS.c.id).where(theirs)).scalars().all()
    promises.remove_promises(connection, begun)
    connection.execute(delete(_UPLOADS).where(theirs))
    connection.execute(delete(_ANSWERS).where(own(_ANSWERS, *whose)))
    webhooks.remove_webhooks(connection, whose, now_us)
    notices.forget_owner(connection, whose)
    telling_settings.forget_settings(connection, whose)
    return list(begun)


def _find(
    connection: Connection, whose: Owner, table: Table, left: ColumnElement[bool]
) -> list[int]:
    rows = connection.execute(select(table.c.id).where(own(table, *whose), left))
    return list(rows.scalars())


def _change(connection: Connection, table: Table, numbers: Collection[int], **values: Any) -> None:
    connection.execute(update(table).where(table.c.id.in_(numbers)).values(**values))
