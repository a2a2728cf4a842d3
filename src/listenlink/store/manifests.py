"""The manifests that this server signed, one for a version: what it says of how that was made."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select

from listenlink.model.manifest import MOST_BYTES, Manifest
from listenlink.model.mark import Ai
from listenlink.store import embedded, tables

_ROWS = tables.manifests
# Packed they have an eighth of their size: room for a signature is left in them, and not all of it used.


def find_manifest(connection: Connection, track_id: int, version: int) -> Manifest | None:
    """Return the manifest of a version, None if none was signed (yet)."""
    row = connection.execute(
        select(_ROWS.c.ai, _ROWS.c.content, _ROWS.c.made_at, *embedded.COLUMNS).where(
            _ROWS.c.track_id == track_id, _ROWS.c.version == version
        )
    ).one_or_none()
    if row is None:
        return None
    content = _unpacked(row.content)
    return Manifest(Ai(row.ai), content, row.made_at, embedded.embedded_of(row))


def find_signed(connection: Connection, versions: Mapping[int, int]) -> dict[int, Ai]:
    """Return by track what the manifests of these versions say, given by track; who has none is missing."""
    rows = connection.execute(
        select(_ROWS.c.track_id, _ROWS.c.version, _ROWS.c.ai).where(_ROWS.c.track_id.in_(versions))
    )
    return {row.track_id: Ai(row.ai) for row in rows if row.version == versions[row.track_id]}


def keep_manifest(connection: Connection, track_id: int, version: int, manifest: Manifest) -> bool:
    """Write a manifest in place of one that says less; False if there is one that says as much."""
    here = (_ROWS.c.track_id == track_id, _ROWS.c.version == version)
    connection.execute(delete(_ROWS).where(*here, _ROWS.c.ai < manifest.ai))
    if connection.execute(select(_ROWS.c.ai).where(*here)).one_or_none() is not None:
        return False
    connection.execute(
        insert(_ROWS).values(
            track_id=track_id,
            version=version,
            ai=manifest.ai,
            content=zlib.compress(manifest.content),
            made_at=manifest.made_at,
            **embedded.columns_of(manifest.embedded),
        )
    )
    return True


def _unpacked(content: bytes) -> bytes:
    return zlib.decompressobj().decompress(content, MOST_BYTES)
