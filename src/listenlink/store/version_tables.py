"""The tables of tracks' versions, defined once."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table

from listenlink.store.database.columns import KEY, at, metadata, to

# Of a track that has had only one version there is none. Each is what the track was made of at its time, and
# never changes; one that was removed has no audio any more.
track_versions = Table(
    "track_versions",
    metadata,
    Column("track_id", KEY, ForeignKey("tracks.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    to("audio_id", "audio_objects", nullable=True),
    Column("engine", String(64), nullable=False),
    Column("sample_count", BigInteger, nullable=False),
    Column("sample_rate", Integer, nullable=False),
    Column("is_shorter_than_declared", Boolean, nullable=False),
    Column("stamp_class", String(32), nullable=False),
    Column("stamp_version", String(32), nullable=False),
    Column("stamp_requires_attribution", Boolean, nullable=False),
    Column("stamp_attribution_text", String(512)),
    at("created_at"),
    at("removed_at", nullable=True),
    Index(None, "audio_id"),
    Index(None, "created_at"),
)

# Since when which of them is current: a link that is pinned leads to the last one from before it was made.
track_turns = Table(
    "track_turns",
    metadata,
    Column("track_id", KEY, ForeignKey("tracks.id"), primary_key=True, autoincrement=False),
    Column("since", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Index(None, "since"),
)
