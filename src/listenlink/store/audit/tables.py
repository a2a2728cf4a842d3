"""The tables of the audit, and of the counts made from it.

No foreign keys here: a line is written within the open, and retention drops whole days.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    text,
)

from listenlink.store.database.columns import KEY, at, metadata


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def _version() -> Column[int]:
    return Column("version", Integer, nullable=False, server_default=text("1"))


def _opens_of(kind: str) -> Column[int]:
    return _count(f"{kind}_opens")


# One row per client and day: the audit refers to it by its number, so that a line stays narrow.
clients = Table(
    "clients",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("day", Integer, nullable=False),
    Column("pseudonym", LargeBinary(16), nullable=False),
    Column("prefix", String(43), nullable=False),
    UniqueConstraint("day", "pseudonym"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    at("at"),
    Column("outcome", Integer, nullable=False),
    Column("reason", Integer),
    Column("share_id", KEY),
    Column("trace", BigInteger, nullable=False),
    Column("client_id", KEY, nullable=False),
    Column("agent", Integer, nullable=False),
    Column("referrer", String(253)),
)

# 429s: one row per client, reason and minute, with a count.
limited = Table(
    "limited",
    metadata,
    Column("client_id", KEY, primary_key=True, autoincrement=False),
    Column("minute", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", Integer, primary_key=True, autoincrement=False),
    at("at"),
    Column("trace", BigInteger, nullable=False),
    Column("agent", Integer, nullable=False),
    Column("count", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# On PostgreSQL this and the audit consist of one table per day (`store/audit/day_tables.py`), with the day's
# column in their keys.
#
# The audit's lines by link, maintained by housekeeping up to the line that `audit_progress` names: an
# index on the table itself would have to be written within the open.
audit_by_share = Table(
    "audit_by_share",
    metadata,
    Column("share_id", KEY, primary_key=True, autoincrement=False),
    Column("audit_id", KEY, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# How far the audit has been read. `added_up`: the last line that is counted; `days_added_up`: the last one
# that is in `open_days`; `block_…`: on the embedded database, what of the lines behind that is in both as
# well (`store/audit/progress.py`); `settled`: on PostgreSQL, how often a link's `max_opens` was changed;
# `last_line`, `last_client`: on the embedded database, numbers that were given already, kept by triggers when
# rows are deleted (`store/audit/numbers.py`); `publishing`: on PostgreSQL, the turn to publish stored audio
# (`store/database/publishing_turn.py`); `told`: the last line that was looked at to tell people of
# (`store/told_opens.py`), `notices`: the newest number of what they're told, and `told_ends`: up to which
# moment ends of links were told (epoch µs).
audit_progress = Table(
    "audit_progress",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("audit_id", KEY, nullable=False),
)

# A listen: at least 30 s heard, reported by the player once for each open (its trace) and track. Of which
# version, by its number, is that of the first report.
listens = Table(
    "listens",
    metadata,
    Column("open_trace", BigInteger, primary_key=True, autoincrement=False),
    Column("track_id", KEY, primary_key=True, autoincrement=False),
    Column("share_id", KEY, nullable=False),
    at("at"),
    _version(),
    Index(None, "share_id", "at"),
    sqlite_with_rowid=False,
)

# How far a track was heard after an open: the furthest quarter that the player reported, 1 to 4, and of which
# version. Kept as long as the open's session may raise it; the sums are in `track_days`.
heard = Table(
    "heard",
    metadata,
    Column("open_trace", BigInteger, primary_key=True, autoincrement=False),
    Column("track_id", KEY, primary_key=True, autoincrement=False),
    Column("share_id", KEY, nullable=False),
    at("at"),
    Column("quarter", Integer, nullable=False),
    _version(),
    Index(None, "at"),
    sqlite_with_rowid=False,
)

# What each link's tracks come to on each day, by version: how often they were downloaded, and how far they
# were heard, as the furthest quarter of each open (`store/listens.py`). None of it goes with the audit's
# lines.
track_days = Table(
    "track_days",
    metadata,
    Column("share_id", KEY, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("track_id", KEY, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False, server_default=text("1")),
    *(_count(name) for name in ("downloads", "quarter", "half", "three_quarters", "whole")),
    sqlite_with_rowid=False,
)

# How often each link was opened on each day, and by what, as far as it's added up
# (`store/audit/open_days.py`); none of it goes with the audit's lines. What a node of an older release added
# up says nothing of what asked.
open_days = Table(
    "open_days",
    metadata,
    Column("share_id", KEY, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("opens", BigInteger, nullable=False),
    *(_opens_of(kind) for kind in ("person", "program", "unfurler", "unknown")),
    sqlite_with_rowid=False,
)

# The newest numbers when a day was first looked at: the time that a line bears may be wrong, the order in
# which lines were written isn't.
numbered_days = Table(
    "numbered_days",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("line", KEY, nullable=False),
    Column("client", KEY, nullable=False),
)

# What remains of a link's days when the audit's lines are deleted: what they came to, up to the line
# `summed_to`. By default that is all: a node of an older release, during an upgrade, doesn't write it. Nor
# does it write of what kinds of program the opens were, so these needn't come to as many.
share_days = Table(
    "share_days",
    metadata,
    Column("share_id", KEY, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("opens", BigInteger, nullable=False),
    Column("listens", BigInteger, nullable=False),
    Column("listeners", BigInteger, nullable=False),
    Column("bot_requests", BigInteger, nullable=False),
    Column("summed_to", BigInteger, nullable=False, server_default=text(str(2**63 - 1))),
    *(_opens_of(kind) for kind in ("person", "program", "unfurler", "unknown")),
    sqlite_with_rowid=False,
)
