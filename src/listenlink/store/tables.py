"""The tables, defined once. Times are integers in epoch µs: SQLite and PostgreSQL differ on datetimes.

Row keys of things with a public id are the 48-bit number of that id (`model/ids.py`).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

SCHEMA_VERSION = "0001"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite takes only INTEGER as the name of its row number; elsewhere these are 64-bit.
_Key = BigInteger().with_variant(Integer, "sqlite")


def _key() -> Column[int]:
    return Column("id", _Key, primary_key=True, autoincrement=False)


def _at(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _to(name: str, table: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, _Key, ForeignKey(f"{table}.id"), nullable=nullable)


organizations = Table(
    "organizations", metadata, _key(), Column("name", String(512), nullable=False), _at("created_at")
)  # fmt: skip

users = Table(
    "users", metadata, _key(), Column("email", String(320), nullable=False, unique=True), _at("created_at")
)  # fmt: skip

memberships = Table(
    "memberships",
    metadata,
    Column("organization_id", _Key, ForeignKey("organizations.id"), primary_key=True),
    Column("user_id", _Key, ForeignKey("users.id"), primary_key=True),
    Column("role", String(16), nullable=False),
    _at("created_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    _key(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("shown_prefix", String(8), nullable=False),
    _to("organization_id", "organizations"),
    _to("user_id", "users"),
    Column("scopes", String(64), nullable=False),
    _at("created_at"),
    _at("expires_at", nullable=True),
    _at("deactivated_at", nullable=True),
)

# `discarded_at` marks bytes that no track needs any more, between that decision and their removal.
audio_objects = Table(
    "audio_objects",
    metadata,
    _key(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("content_type", String(64), nullable=False),
    _at("created_at"),
    _at("discarded_at", nullable=True),
)

tracks = Table(
    "tracks",
    metadata,
    _key(),
    _to("organization_id", "organizations"),
    _to("creator_id", "users"),
    _to("audio_id", "audio_objects"),
    Column("title", String(512), nullable=False),
    Column("engine", String(64), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("instrumental", Boolean, nullable=False),
    Column("sample_count", BigInteger, nullable=False),
    Column("sample_rate", Integer, nullable=False),
    Column("stamp_class", String(32), nullable=False),
    Column("stamp_version", String(32), nullable=False),
    Column("stamp_requires_attribution", Boolean, nullable=False),
    Column("stamp_attribution_text", String(512)),
    _at("created_at"),
    _at("removed_at", nullable=True),
    Index(None, "organization_id", "creator_id", "created_at"),
    Index(None, "audio_id"),
)

collections = Table(
    "collections",
    metadata,
    _key(),
    _to("organization_id", "organizations"),
    _to("owner_id", "users"),
    Column("name", String(512), nullable=False),
    Column("description", String(4096)),
    _to("cover_track_id", "tracks", nullable=True),
    Column("cover_image_url", String(1024)),
    _at("created_at"),
    _at("updated_at"),
    _at("removed_at", nullable=True),
    Index(None, "organization_id", "owner_id", "created_at"),
)

collection_tracks = Table(
    "collection_tracks",
    metadata,
    Column("collection_id", _Key, ForeignKey("collections.id"), primary_key=True),
    Column("track_id", _Key, ForeignKey("tracks.id"), primary_key=True),
    Column("position", Integer, nullable=False),
    _at("added_at"),
    Index(None, "collection_id", "position"),
    Index(None, "track_id"),
)

shares = Table(
    "shares",
    metadata,
    _key(),
    Column("token_digest", LargeBinary(32), nullable=False, unique=True),
    _to("organization_id", "organizations"),
    _to("creator_id", "users"),
    _to("track_id", "tracks", nullable=True),
    _to("collection_id", "collections", nullable=True),
    Column("visibility", String(16), nullable=False),
    Column("label", String(120)),
    Column("max_opens", BigInteger),
    Column("opens", BigInteger, nullable=False, server_default=text("0")),
    _at("starts_at", nullable=True),
    _at("expires_at", nullable=True),
    _at("revoked_at", nullable=True),
    Column("rotation", Integer, nullable=False, server_default=text("0")),
    _at("created_at"),
    CheckConstraint("(track_id IS NULL) <> (collection_id IS NULL)", name="one_target"),
    CheckConstraint("max_opens IS NULL OR opens <= max_opens", name="never_over"),
    Index(None, "organization_id", "creator_id", "created_at"),
)

# What the data file said, from `known_at` until `withdrawn_at`; saying it again later is a new row.
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
    _at("withdrawn_at", nullable=True),
)

# One row a client and day: the audit names it by its number, so that a line stays narrow.
clients = Table(
    "clients",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("day", Integer, nullable=False),
    Column("pseudonym", LargeBinary(16), nullable=False),
    Column("prefix", String(43), nullable=False),
    UniqueConstraint("day", "pseudonym"),
)

# No foreign keys here: the line is written within the open, and retention drops whole days.
audit = Table(
    "audit",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=True),
    _at("at"),
    Column("outcome", Integer, nullable=False),
    Column("reason", Integer),
    Column("share_id", _Key),
    Column("trace", BigInteger, nullable=False),
    Column("client_id", _Key, nullable=False),
    Column("agent", Integer, nullable=False),
    Column("referrer", String(253)),
)

# 429s: one row a client, reason and minute, with a count.
limited = Table(
    "limited",
    metadata,
    Column("client_id", _Key, primary_key=True, autoincrement=False),
    Column("minute", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", Integer, primary_key=True, autoincrement=False),
    _at("at"),
    Column("trace", BigInteger, nullable=False),
    Column("agent", Integer, nullable=False),
    Column("count", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
