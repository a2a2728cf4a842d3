"""The tables of what people are told, defined once: what happened, whom it's sent to, what came of that."""

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
    text,
)

from listenlink.store.database.columns import KEY, at, key, metadata, to

# Where a person wants to be told. Address and secrets are sealed (`model/sealing.py`); `shown` is of the
# address what may be listed. One that is `paused_at` isn't sent to. Once something failed, it rests until
# `rests_until`; `failures` in a row began at `failing_since`; something last arrived at `arrived_at`. One
# that is `removed_at` is nobody's any more: housekeeping deletes it, after what was sent there.
webhooks = Table(
    "webhooks",
    metadata,
    key(),
    to("organization_id", "organizations"),
    to("user_id", "users"),
    Column("sealed", LargeBinary, nullable=False),
    Column("shown", String(255), nullable=False),
    Column("events", String(255), nullable=False),
    Column("shape", String(16), nullable=False),
    at("created_at"),
    at("paused_at", nullable=True),
    Column("pause_reason", String(32)),
    at("rests_until", nullable=True),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    at("failing_since", nullable=True),
    at("arrived_at", nullable=True),
    at("removed_at", nullable=True),
    Index(None, "organization_id", "user_id", "created_at"),
    Index(None, "removed_at"),
)

# What happened, once for whoever made the link or the track. `facts` is JSON: ids, labels and numbers. The
# newest id given is in `audit_progress`, so that none is given twice; `number` is what others are told of it.
notices = Table(
    "notices",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=False),
    to("organization_id", "organizations"),
    to("user_id", "users"),
    Column("type", String(32), nullable=False),
    Column("share_id", KEY),
    Column("track_id", KEY),
    Column("facts", Text, nullable=False),
    Column("number", KEY, nullable=False),
    at("at"),
    Index(None, "organization_id", "user_id", "id"),
    Index(None, "at"),
)

# One notice for one webhook. It's open until it `ended_at`, and due from `due_at` on; who sends it takes it
# until `taken_until`. `failure` is the last one's, None once it arrived. `is_asked` is 1 if its owner asked
# for it: a test, or something once more.
deliveries = Table(
    "deliveries",
    metadata,
    key(),
    Column("webhook_id", KEY, ForeignKey("webhooks.id"), nullable=False),
    Column("notice_id", KEY, ForeignKey("notices.id"), nullable=False),
    at("due_at", nullable=True),
    at("taken_until", nullable=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("status", Integer),
    Column("failure", String(32)),
    Column("is_asked", Integer, nullable=False, server_default=text("0")),
    at("created_at"),
    at("ended_at", nullable=True),
    Index(None, "due_at"),
    Index(None, "taken_until"),
    Index(None, "webhook_id", "due_at"),
    Index(None, "webhook_id", "created_at", "id"),
    Index(None, "notice_id"),
)

# What of a link was told already: `waiting` opens weren't yet, nor was it that it's spent or has spread where
# `is_spent` or `is_spread` is 1. The rest is told once, at these times.
told_links = Table(
    "told_links",
    metadata,
    Column("share_id", KEY, ForeignKey("shares.id"), primary_key=True, autoincrement=False),
    Column("waiting", BigInteger, nullable=False, server_default=text("0")),
    at("opened_at", nullable=True),
    at("told_at", nullable=True),
    at("spent_at", nullable=True),
    at("ending_at", nullable=True),
    at("ended_at", nullable=True),
    at("spread_at", nullable=True),
    Column("is_spent", Integer, nullable=False, server_default=text("0")),
    Column("is_spread", Integer, nullable=False, server_default=text("0")),
    Index(None, "waiting", "told_at"),
    Index(None, "is_spent"),
    Index(None, "is_spread"),
)

# From which networks a link was opened lately, last `seen_at`; of links whose owner wants to be told that
# they spread, and only until they are.
told_networks = Table(
    "told_networks",
    metadata,
    Column("share_id", KEY, ForeignKey("shares.id"), primary_key=True, autoincrement=False),
    Column("prefix", String(64), primary_key=True),
    at("seen_at"),
    Index(None, "seen_at"),
)

# How a person wants to be told besides: by mail, and from how many networks on a link has spread. Up to which
# notice they were mailed, and when they are next. A mail that is on its way, or may have arrived, has a
# `mail_number` and goes to `taken_to`: once more it's the same. `refused_at`: since when nobody may read it.
telling_settings = Table(
    "telling_settings",
    metadata,
    Column(
        "organization_id",
        KEY,
        ForeignKey("organizations.id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("user_id", KEY, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("spread_networks", Integer),
    Column("mails", String(8), nullable=False),
    Column("language", String(8), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("mailed_to", KEY, nullable=False),
    at("due_at", nullable=True),
    at("taken_until", nullable=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("taken_to", KEY),
    Column("mail_number", KEY),
    at("refused_at", nullable=True),
    Column("off_reason", String(16)),
    Index(None, "due_at"),
)
