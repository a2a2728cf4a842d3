"""The tables of what an instance keeps for itself: which one it is, its time, its nodes' keys, and what it
answered."""

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

from listenlink.store.database.columns import KEY, at, metadata

# One row: which instance this is, and, of an embedded database, into which database it was moved.
instance = Table(
    "instance", metadata, Column("id", String(32), primary_key=True), Column("moved_to", Text)
)

# Answers to writes that may be repeated. Neither the Idempotency-Key nor the answer can be read from
# here: the former is a digest, the latter is sealed with a key made from it and the server's own. Whose they
# are is said so that they can go with their user; of those from before that was, a day long, it isn't known.
idempotent_answers = Table(
    "idempotent_answers",
    metadata,
    Column("key_digest", LargeBinary(32), primary_key=True),
    Column("body_digest", LargeBinary(32), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    at("created_at"),
    Column("organization_id", KEY),
    Column("user_id", KEY),
    Index(None, "created_at"),
)

# The clients that a session, that of the open with this trace, was renewed from: pseudonyms that hold for
# this session alone. They go when it's over.
session_clients = Table(
    "session_clients",
    metadata,
    Column("open_trace", BigInteger, primary_key=True, autoincrement=False),
    Column("client", LargeBinary(16), primary_key=True),
    at("ends_at"),
    Index(None, "ends_at"),
)

# The signing keys that nodes on one PostgreSQL sign with: a value that only the same key produces, and
# when a node last reported signing with it.
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("key_id", String(8), primary_key=True),
    Column("check_value", LargeBinary(16), nullable=False),
    at("used_at"),
)

# One row, once the instance was served: `store/time_marks.py`.
time_marks = Table(
    "time_marks",
    metadata,
    Column("name", String(16), primary_key=True),
    at("reached_at"),
    Column("audit_id", KEY, nullable=False),
    Column("unseen_us", BigInteger, nullable=False),
    Column("words", Integer, nullable=False),
)

# Organisations whose keys and links don't work for now: nearly always empty (docs/decisions/0055).
suspensions = Table(
    "suspensions",
    metadata,
    Column(
        "organization_id",
        KEY,
        ForeignKey("organizations.id"),
        primary_key=True,
        autoincrement=False,
    ),
    at("suspended_at"),
)
