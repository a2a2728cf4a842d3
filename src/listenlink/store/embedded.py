"""Files with this server's manifest in them: how they're composed of an object, and what they then are."""

from __future__ import annotations

import zlib
from typing import Any

from sqlalchemy import Connection, Row, select

from listenlink.model.recipe import MOST_BYTES, Embedded
from listenlink.store import tables

_ROWS = tables.manifests
COLUMNS = (
    _ROWS.c.recipe,
    _ROWS.c.embedded_size_bytes,
    _ROWS.c.embedded_digest,
    _ROWS.c.embedded_crc32,
)


def find_embedded(connection: Connection, track_id: int, version: int) -> Embedded | None:
    """Return the file of a version with its manifest in it, None if there is none (yet)."""
    row = connection.execute(
        select(*COLUMNS).where(_ROWS.c.track_id == track_id, _ROWS.c.version == version)
    ).one_or_none()
    return None if row is None else embedded_of(row)


def embedded_of(row: Row[*tuple[Any, ...]]) -> Embedded | None:
    """The file that these columns of a row are of."""
    if row.recipe is None:
        return None
    recipe = zlib.decompressobj().decompress(row.recipe, MOST_BYTES)
    return Embedded(recipe, row.embedded_size_bytes, row.embedded_digest, row.embedded_crc32)


def columns_of(embedded: Embedded | None) -> dict[str, object]:
    """What is written of it."""
    if embedded is None:
        return {}
    return {
        "recipe": zlib.compress(embedded.recipe),
        "embedded_size_bytes": embedded.size_bytes,
        "embedded_digest": embedded.digest,
        "embedded_crc32": embedded.crc32,
    }
