"""The table of what creators declared about their music."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

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
