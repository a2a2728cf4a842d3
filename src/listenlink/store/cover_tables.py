"""The tables of covers that were given (`store/given_covers.py`), and of objects that are to go."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, LargeBinary, Table

from listenlink.store.database.columns import KEY, key, metadata

# A row is never changed: another cover is another row, so its key says which one somebody has seen. Without
# digests it says that no cover is shown, whatever there is otherwise.
given_covers = Table(
    "given_covers",
    metadata,
    key(),
    Column("track_id", KEY, ForeignKey("tracks.id"), unique=True),
    Column("collection_id", KEY, ForeignKey("collections.id"), unique=True),
    Column("cover_digest", LargeBinary(32), index=True),
    Column("cover_small_digest", LargeBinary(32), index=True),
    CheckConstraint("(track_id IS NULL) <> (collection_id IS NULL)", name="one_target"),
)

# Objects whose row is gone, and which perhaps nothing needs: until their bytes are gone too.
dropped_objects = Table(
    "dropped_objects", metadata, key(), Column("digest", LargeBinary(32), nullable=False)
)
