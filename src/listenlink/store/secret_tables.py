"""The tables of what opens a link, defined once: in tables of their own, because the open reads a link's row
and never these.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String, Table

from listenlink.store.database.columns import KEY, at, key, metadata, to

# A link's token, sealed with a key that isn't in the database (`store/sealed_tokens.py`).
sealed_tokens = Table(
    "sealed_tokens",
    metadata,
    Column("share_id", KEY, ForeignKey("shares.id"), primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)

# What Argon2id makes of a link's password (`model/password.py`).
share_passwords = Table(
    "share_passwords",
    metadata,
    Column("share_id", KEY, ForeignKey("shares.id"), primary_key=True, autoincrement=False),
    Column("hashed", String(256), nullable=False),
)

# Passwords that were tried in vain, for as long as they count. `client` is an HMAC, another one for each
# link.
share_attempts = Table(
    "share_attempts",
    metadata,
    key(),
    to("share_id", "shares"),
    Column("client", LargeBinary(16), nullable=False),
    at("at"),
    Index(None, "share_id", "at"),
    Index(None, "client", "at"),
    Index(None, "at"),
)
