"""All stored objects that are needed: audio, what was derived from it, and covers that were given."""

from __future__ import annotations

from sqlalchemy import Connection, select

from listenlink.store import given_covers, tables, tracks

_AUDIO = tables.audio_objects
_COVER_TYPE = "image/jpeg"


def list_needed(connection: Connection) -> dict[bytes, str]:
    """Return the content type of each object that is needed, by its digest."""
    rows = connection.execute(
        select(
            _AUDIO.c.digest,
            _AUDIO.c.content_type,
            _AUDIO.c.cover_digest,
            _AUDIO.c.cover_small_digest,
            _AUDIO.c.rendition_digest,
            _AUDIO.c.rendition_content_type,
        ).where(_AUDIO.c.discarded_at.is_(None))
    )
    needed = dict.fromkeys(given_covers.list_given(connection), _COVER_TYPE)
    for row in rows:
        needed[row.digest] = row.content_type
        for cover in (row.cover_digest, row.cover_small_digest):
            if cover is not None:
                needed[cover] = _COVER_TYPE
        if row.rendition_digest is not None:
            needed[row.rendition_digest] = row.rendition_content_type
    return needed


def list_discarded(connection: Connection) -> list[bytes]:
    """List the digests of what perhaps nothing needs: discarded audio with what was made of it, and covers
    that were replaced or taken away."""
    dropped = given_covers.list_dropped(connection).values()
    return [*tracks.list_discarded_audio(connection), *dropped]
