"""The tables of what creators declared about their music, and of what engines say of theirs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, SmallInteger, String, Table

from listenlink.store.database.columns import at, key, metadata, to

# Who declared what, and when: of a track, or without one as the default for what an organisation's people
# record themselves. What of it holds for a link is in the track's row, written out.
declarations = Table(
    "declarations",
    metadata,
    key(),
    to("organization_id", "organizations"),
    to("track_id", "tracks", nullable=True),
    Column("terms", String(32), nullable=False),
    Column("attribution_text", String(512)),
    to("user_id", "users"),
    at("created_at"),
    Index(None, "organization_id", "track_id", "created_at"),
    Index(None, "organization_id", "user_id", "created_at"),
)

# What the data file said from `known_at` until `withdrawn_at`; if it says so again later, that's a new row.
engine_terms = Table(
    "engine_terms",
    metadata,
    Column("engine", String(64), primary_key=True),
    Column("version", String(32), primary_key=True),
    Column("licence_class", String(32), primary_key=True),
    Column("requires_attribution", Boolean, primary_key=True),
    Column("known_at", BigInteger, primary_key=True, autoincrement=False),
    Column("display_name", String(128), nullable=False),
    Column("attribution_text", String(512)),
    Column("valid_from", BigInteger, primary_key=True, autoincrement=False),
    at("withdrawn_at", nullable=True),
    Column("ai", SmallInteger),  # `model/mark.py`
)
