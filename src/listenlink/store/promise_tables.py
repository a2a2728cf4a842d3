"""The tables of what begun uploads promise (`store/promises.py`) and of quotas (`store/usage.py`)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table, Text

from listenlink.store.database.columns import KEY, at, key, metadata, to

# Bytes that are to be written, by uploads that have begun and by what the server makes: `size_bytes` in the
# file system `place`, and, once they're whole, in `object_place`, if that's another. A promise counts until
# `ends_at`. Nothing refers to it, and it refers to nothing, so whoever is deleted needn't wait for it.
promises = Table(
    "promises",
    metadata,
    key(),
    Column("organization_id", KEY),
    Column("user_id", KEY),
    Column("size_bytes", BigInteger, nullable=False),
    Column("counted_bytes", BigInteger, nullable=False),
    Column("place", String(64), nullable=False),
    Column("object_place", String(64)),
    Column("is_resumable", Boolean, nullable=False),
    at("begun_at"),
    at("ends_at"),
    Index(None, "organization_id", "user_id"),
    Index(None, "ends_at"),
)

# What an organisation may store; null, as for one without a row: as much as there is room for.
quotas = Table(
    "quotas",
    metadata,
    Column("organization_id", KEY, primary_key=True, autoincrement=False),
    Column("most_bytes", BigInteger),
    Column("most_tracks", BigInteger),
)

# An upload that arrives in pieces. Its bytes are a draft in the folder; `facts` is what was declared of it.
resumable_uploads = Table(
    "resumable_uploads",
    metadata,
    key(),
    to("organization_id", "organizations"),
    to("user_id", "users"),
    Column("size_bytes", BigInteger, nullable=False),
    Column("facts", Text, nullable=False),
    at("created_at"),
    to("track_id", "tracks", nullable=True),
)
