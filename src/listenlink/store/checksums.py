"""The CRC-32 of stored files: kept as they're put in, and made up for those that were put in before that."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select, update

from listenlink.store import tables

_AUDIO = tables.audio_objects


class Unsummed(NamedTuple):
    """A stored file whose CRC-32 isn't known. `digest` is the SHA-256 of its bytes."""

    audio_id: int
    digest: bytes


def list_unsummed(connection: Connection, after: int, most: int) -> list[Unsummed]:
    """List files without a CRC-32 whose numbers come after this one, at most so many, in that order."""
    rows = connection.execute(
        select(_AUDIO.c.id, _AUDIO.c.digest)
        .where(_AUDIO.c.crc32.is_(None), _AUDIO.c.discarded_at.is_(None), _AUDIO.c.id > after)
        .order_by(_AUDIO.c.id)
        .limit(most)
    )
    return [Unsummed(*row) for row in rows]


def is_unsummed(connection: Connection, audio_id: int) -> bool:
    """Whether the file still is without."""
    found = select(_AUDIO.c.id).where(_AUDIO.c.id == audio_id, _AUDIO.c.crc32.is_(None))
    return connection.execute(found).one_or_none() is not None


def keep_checksum(connection: Connection, audio_id: int, crc32: int) -> None:
    """Store the CRC-32 of a file's bytes, which never change."""
    connection.execute(
        update(_AUDIO).where(_AUDIO.c.id == audio_id, _AUDIO.c.crc32.is_(None)).values(crc32=crc32)
    )
