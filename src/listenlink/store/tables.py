"""The tables for people and things, defined once. The audit's are in `store/audit/tables.py`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from listenlink.store.cover_tables import dropped_objects as dropped_objects
from listenlink.store.cover_tables import given_covers as given_covers
from listenlink.store.database.columns import KEY, at, index_where, key, metadata, to
from listenlink.store.declaration_tables import declarations as declarations
from listenlink.store.declaration_tables import engine_terms as engine_terms
from listenlink.store.desk_tables import account_events as account_events
from listenlink.store.desk_tables import answered_challenges as answered_challenges
from listenlink.store.desk_tables import api_key_uses as api_key_uses
from listenlink.store.desk_tables import mailed_links as mailed_links
from listenlink.store.desk_tables import passkeys as passkeys
from listenlink.store.desk_tables import passwords as passwords
from listenlink.store.desk_tables import sign_in_attempts as sign_in_attempts
from listenlink.store.desk_tables import sign_in_links as sign_in_links
from listenlink.store.desk_tables import sign_ins as sign_ins
from listenlink.store.mark_tables import manifests as manifests
from listenlink.store.mark_tables import track_marks as track_marks
from listenlink.store.own_tables import idempotent_answers as idempotent_answers
from listenlink.store.own_tables import instance as instance
from listenlink.store.own_tables import session_clients as session_clients
from listenlink.store.own_tables import signing_keys as signing_keys
from listenlink.store.own_tables import suspensions as suspensions
from listenlink.store.own_tables import time_marks as time_marks
from listenlink.store.promise_tables import promises as promises
from listenlink.store.promise_tables import quotas as quotas
from listenlink.store.promise_tables import resumable_uploads as resumable_uploads
from listenlink.store.secret_tables import sealed_tokens as sealed_tokens
from listenlink.store.secret_tables import share_attempts as share_attempts
from listenlink.store.secret_tables import share_passwords as share_passwords
from listenlink.store.telling_tables import deliveries as deliveries
from listenlink.store.telling_tables import notices as notices
from listenlink.store.telling_tables import telling_settings as telling_settings
from listenlink.store.telling_tables import told_links as told_links
from listenlink.store.telling_tables import told_networks as told_networks
from listenlink.store.telling_tables import webhooks as webhooks
from listenlink.store.version_tables import track_turns as track_turns
from listenlink.store.version_tables import track_versions as track_versions

organizations = Table(
    "organizations", metadata, key(), Column("name", String(512), nullable=False), at("created_at")
)  # fmt: skip

users = Table(
    "users", metadata, key(), Column("email", String(320), nullable=False, unique=True), at("created_at")
)  # fmt: skip

memberships = Table(
    "memberships",
    metadata,
    Column("organization_id", KEY, ForeignKey("organizations.id"), primary_key=True),
    Column("user_id", KEY, ForeignKey("users.id"), primary_key=True),
    Column("role", String(16), nullable=False),
    at("created_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    key(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("shown_prefix", String(8), nullable=False),
    to("organization_id", "organizations"),
    to("user_id", "users"),
    Column("scopes", String(64), nullable=False),
    at("created_at"),
    at("expires_at", nullable=True),
    at("deactivated_at", nullable=True),
    Index(None, "organization_id", "user_id", "created_at", "id"),
)

# `discarded_at` marks bytes that no track needs any more, until they're removed. What is derived from them is
# in the same row, for every track with these bytes. A cover or rendition is an object of its own, and goes
# with them. Whoever derives first sets `derivation_began_at`; from `derived_at` on nothing is left to derive.
audio_objects = Table(
    "audio_objects",
    metadata,
    key(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("content_type", String(64), nullable=False),
    at("created_at"),
    at("discarded_at", nullable=True),
    Column("loudness_lufs", Float),
    Column("peaks", LargeBinary),
    Column("cover_digest", LargeBinary(32)),
    Column("cover_small_digest", LargeBinary(32)),
    Column("rendition_digest", LargeBinary(32)),
    Column("rendition_size_bytes", BigInteger),
    Column("rendition_content_type", String(64)),
    Column("crc32", BigInteger),  # Of the file as it was put in.
    at("derivation_began_at", nullable=True),
    at("derived_at", nullable=True),
    Index(None, "derived_at"),
    Index(None, "cover_digest"),
    Index(None, "cover_small_digest"),
    Index(None, "rendition_digest"),
    index_where("crc32 IS NULL", "ix_audio_objects_unsummed", "id"),
)

tracks = Table(
    "tracks",
    metadata,
    key(),
    to("organization_id", "organizations"),
    to("creator_id", "users"),
    to("audio_id", "audio_objects"),
    Column("title", String(512), nullable=False),
    Column("artist", String(512)),
    Column("engine", String(64), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("instrumental", Boolean, nullable=False),
    Column("sample_count", BigInteger, nullable=False),
    Column("sample_rate", Integer, nullable=False),
    Column("is_shorter_than_declared", Boolean, nullable=False, server_default=text("false")),
    Column("stamp_class", String(32), nullable=False),
    Column("stamp_version", String(32), nullable=False),
    Column("stamp_requires_attribution", Boolean, nullable=False),
    Column("stamp_attribution_text", String(512)),
    Column("declared", String(1024)),  # What holds for links made since when (`model/declared.py`).
    # Which version these are the facts of; of a track that has had several, what a link needs to know of all.
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("versions", Text),
    at("created_at"),
    at("removed_at", nullable=True),
    # Of the file and what was made of it: a copy, so that an organisation's sum is read from one index.
    Column("counted_bytes", BigInteger, nullable=False, server_default=text("0")),
    Index(None, "organization_id", "creator_id", "created_at"),
    Index(None, "organization_id", "removed_at", "counted_bytes"),
    Index(None, "audio_id"),
)

collections = Table(
    "collections",
    metadata,
    key(),
    to("organization_id", "organizations"),
    to("owner_id", "users"),
    Column("name", String(512), nullable=False),
    Column("description", String(4096)),
    to("cover_track_id", "tracks", nullable=True),
    Column("cover_image_url", String(1024)),
    at("created_at"),
    at("updated_at"),
    at("removed_at", nullable=True),
    Index(None, "organization_id", "owner_id", "created_at"),
)

collection_tracks = Table(
    "collection_tracks",
    metadata,
    Column("collection_id", KEY, ForeignKey("collections.id"), primary_key=True),
    Column("track_id", KEY, ForeignKey("tracks.id"), primary_key=True),
    Column("position", Integer, nullable=False),
    at("added_at"),
    Index(None, "collection_id", "position"),
    Index(None, "track_id"),
)

shares = Table(
    "shares",
    metadata,
    key(),
    Column("token_digest", LargeBinary(32), nullable=False, unique=True),
    to("organization_id", "organizations"),
    to("creator_id", "users"),
    to("track_id", "tracks", nullable=True),
    to("collection_id", "collections", nullable=True),
    Column("visibility", String(16), nullable=False),
    Column("label", String(120)),
    Column("max_opens", BigInteger),
    Column("opens", BigInteger, nullable=False, server_default=text("0")),
    Column("counted_to", BigInteger, nullable=False, server_default=text("0")),
    at("starts_at", nullable=True),
    at("expires_at", nullable=True),
    at("revoked_at", nullable=True),
    Column("rotation", Integer, nullable=False, server_default=text("0")),
    Column("allow_download", Boolean, nullable=False, server_default=text("false")),
    Column("preview", Boolean, nullable=False, server_default=text("true")),
    Column("strict_open", Boolean, nullable=False, server_default=text("false")),
    Column("is_pinned", Boolean, nullable=False, server_default=text("false")),
    Column("has_password", Boolean, nullable=False, server_default=text("false")),
    at("created_at"),
    CheckConstraint("(track_id IS NULL) <> (collection_id IS NULL)", name="one_target"),
    CheckConstraint("max_opens IS NULL OR opens <= max_opens", name="never_over"),
    Index(None, "organization_id", "creator_id", "created_at"),
    Index(None, "organization_id", "created_at", "id"),
    Index(None, "expires_at"),
    *(
        # More columns that are equal than any other has: by that the embedded database chooses.
        index_where(
            f"{target} IS NOT NULL",
            f"ix_shares_to_{target.removesuffix('_id')}",
            *(target, "organization_id", "creator_id", "created_at", "id"),
        )
        for target in ("track_id", "collection_id")
    ),
)

# What is in a user's library: tracks they made (`own`) and tracks they saved (`shared`). A track
# that its creator deletes leaves every library, so an edge always leads to a track that exists.
library = Table(
    "library",
    metadata,
    key(),
    to("organization_id", "organizations"),
    to("user_id", "users"),
    to("track_id", "tracks"),
    Column("source", String(8), nullable=False),
    to("share_id", "shares", nullable=True),
    at("created_at"),
    UniqueConstraint("organization_id", "user_id", "track_id"),
    Index(None, "organization_id", "user_id", "created_at", "id"),
    Index(None, "track_id"),
)
