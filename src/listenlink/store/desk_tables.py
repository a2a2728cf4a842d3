"""The tables of people who sign in: what they're known by, where they're signed in, and what they did."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from listenlink.store.database.columns import KEY, at, key, metadata, to

# A browser somebody is signed in with. `digest` is that of the cookie's secret.
sign_ins = Table(
    "sign_ins",
    metadata,
    key(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    to("user_id", "users"),
    to("organization_id", "organizations"),
    Column("method", String(16), nullable=False),
    Column("browser", String(64), nullable=False),
    at("made_at"),
    at("seen_at"),
    Index(None, "user_id"),
    Index(None, "seen_at"),
)

# One-time links. One for somebody who exists has their `user_id`; an invitation has an e-mail, and the role
# it gives in an organisation. Used ones are deleted.
sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    to("user_id", "users", nullable=True),
    to("organization_id", "organizations", nullable=True),
    Column("role", String(16)),
    Column("email", String(320)),
    to("invited_by", "users", nullable=True),
    at("ends_at"),
    Index(None, "ends_at"),
    Index(None, "organization_id"),
)

passwords = Table(
    "passwords",
    metadata,
    Column("user_id", KEY, primary_key=True, autoincrement=False),
    Column("hash", String(255), nullable=False),
    at("set_at"),
)

# On which UTC day, counted from 1970, an API key was last used; none of one that never was. A table of its
# own, which is written to by housekeeping alone: what a request reads of its key stays as it is.
api_key_uses = Table(
    "api_key_uses",
    metadata,
    Column("key_id", KEY, ForeignKey("api_keys.id"), primary_key=True, autoincrement=False),
    Column("day", Integer, nullable=False),
)

# WebAuthn credentials: the authenticator's data about one, as it sent it (WebAuthn, 6.5.1), and how often it
# has signed, as far as it counts.
passkeys = Table(
    "passkeys",
    metadata,
    key(),
    Column("credential_id", LargeBinary(1023), nullable=False, unique=True),
    to("user_id", "users"),
    Column("credential", LargeBinary, nullable=False),
    Column("signatures", BigInteger, nullable=False),
    Column("name", String(64), nullable=False),
    at("made_at"),
    at("used_at", nullable=True),
    Index(None, "user_id"),
)

# Challenges that a passkey has answered, so that none is answered twice.
answered_challenges = Table(
    "answered_challenges",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    at("ends_at"),
    Index(None, "ends_at"),
)

# Attempts to sign in that failed, or aren't decided yet, for as long as they count: by whom, and as whom,
# both as HMACs.
sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    key(),
    Column("client", LargeBinary(16), nullable=False),
    Column("account", LargeBinary(16), nullable=False),
    at("at"),
    Index(None, "client", "at"),
    Index(None, "account", "at"),
    Index(None, "at"),
)

# One-time links that were mailed, for as long as they count: for which organisation, none for the operator,
# and to whom, as a digest.
mailed_links = Table(
    "mailed_links",
    metadata,
    key(),
    Column("organization_id", KEY),
    Column("reader", LargeBinary(32), nullable=False),
    at("at"),
    Index(None, "organization_id", "at"),
    Index(None, "reader", "at"),
    Index(None, "at"),
)

# Who did what: numbers of a user and an organisation that may be gone by now. A client is named as in the
# audit of links, by the day's pseudonym and its prefix.
account_events = Table(
    "account_events",
    metadata,
    key(),
    at("at"),
    Column("organization_id", KEY),
    Column("user_id", KEY),
    Column("what", String(32), nullable=False),
    Column("about", Text),
    Column("pseudonym", LargeBinary(16)),
    Column("prefix", String(64)),
    Index(None, "organization_id", "at"),
    Index(None, "user_id", "at"),
    Index(None, "at"),
)
