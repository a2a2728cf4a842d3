"""The tables of what is known of how recordings were made, defined once."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    text,
)

from listenlink.store.database.columns import KEY, at, index_where, metadata, to


def _ai(name: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False, server_default=text("0"))


# Of each version of a track, the first as well: how much of it a machine made (`model/mark.py`), by whom that
# is said. Numbers only grow. From `read_at` on it's known what the file says itself.
track_marks = Table(
    "track_marks",
    metadata,
    Column("track_id", KEY, ForeignKey("tracks.id"), primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    to("organization_id", "organizations"),
    to("audio_id", "audio_objects"),
    Column("made_with", String(64), nullable=False),
    _ai("by_engine"),
    Column(
        "engine", String(64)
    ),  # The one that says it: of equal bytes another may have been named.
    _ai("by_creator"),
    _ai("by_file"),
    Column("file_says", String(256)),
    at("read_at", nullable=True),
    at("begun_at", nullable=True),  # Since when somebody reads it, or signs for it.
    Index(None, "audio_id", "organization_id"),
    Index(None, "made_with", "by_engine"),
    index_where("read_at IS NULL", "ix_track_marks_unread", "track_id"),
)

# The manifest that this server signed for a version: once, of what its mark was then. One that tells more
# takes its place.
manifests = Table(
    "manifests",
    metadata,
    Column("track_id", KEY, ForeignKey("tracks.id"), primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("ai", SmallInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    at("made_at"),
    # Of the file with a manifest in it, if its format can have one: how it's composed, and what it then is.
    Column("recipe", LargeBinary),
    Column("embedded_size_bytes", BigInteger),
    Column("embedded_digest", LargeBinary(32)),
    Column("embedded_crc32", BigInteger),
)
