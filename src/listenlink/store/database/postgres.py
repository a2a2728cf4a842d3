"""How every connection to PostgreSQL is opened, and the locks by which nodes wait for each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime

from listenlink.store.database.database import is_postgres

CONNECT_SECONDS = 1.5
LOCK_WAIT_MS = 1500
_IDLE_IN_TRANSACTION_MS = 5000
_APPLICATION_NAME = "listenlink"
# What the connections of a serving node are called, by which others see it.
NODE_NAME = "listenlink-node"

# What a process takes of PostgreSQL's connections at most (docs/operating.md tells the sum): so many batches
# of opens at once and as many of playback's reads, ordinary queries, and the lock for publishing.
BATCHES, QUERIES, PUBLISHERS = 2, 5, 1
MOST_CONNECTIONS = 2 * BATCHES + QUERIES + PUBLISHERS

# Advisory locks, all of this database: one key space for Listenlink, a number for each use.
LOCK_SPACE = 0x4C4C
MIGRATING, WRITING, KEEPING_OPENS, PUBLISHING = 1, 2, 3, 4

Raw: TypeAlias = Any


def is_postgres_url(url: str) -> bool:
    """Whether the setting names a PostgreSQL database."""
    return re.match(r"postgres(ql)?://[^/]", url) is not None


async def connect(
    url: str,
    *,
    statement_ms: int = 0,
    name: str = _APPLICATION_NAME,
    more: Mapping[str, str] | None = None,
) -> Raw:
    """A plain asyncpg connection, which waits for nothing forever. `statement_ms` 0 is no bound; `more`
    settings are PostgreSQL's.

    Raises OSError or asyncpg.PostgresError if there is none.
    """
    return await asyncpg.connect(
        url,
        timeout=CONNECT_SECONDS,
        server_settings={
            "application_name": name,
            "statement_timeout": str(statement_ms),
            "lock_timeout": str(LOCK_WAIT_MS),
            "idle_in_transaction_session_timeout": str(_IDLE_IN_TRANSACTION_MS),
            # A query over all days of the audit looks dear enough to be compiled, and never is.
            "jit": "off",
            **(more or {}),
        },
    )


def is_unavailable(error: BaseException) -> bool:
    """Whether the error is the database's state rather than a mistake in what was asked of it."""
    # The internal one is what a connection raises that is cut in the middle of an answer.
    if isinstance(
        error,
        OSError | NoConnectionInTime | asyncpg.InterfaceError | asyncpg.InternalClientError,
    ):
        return True
    if isinstance(error, asyncpg.PostgresError):
        # Classes 22, 23 and 42: data, integrity, syntax.
        return (error.sqlstate or "")[:2] not in ("22", "23", "42")
    if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError | ProgrammingError):
        cause = error.orig.__cause__ if error.orig is not None else None
        return cause is None or is_unavailable(cause)
    return False


def wait_for_turn(connection: Connection, lock: int) -> None:
    """Hold this lock to the transaction's end. The embedded database has one writer anyway."""
    if is_postgres(connection):
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:space, :lock)"),
            {"space": LOCK_SPACE, "lock": lock},
        )


def find_node(connection: Connection) -> bool:
    """Whether a node that serves is connected to this database."""
    nodes = text(
        "SELECT 1 FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = :name LIMIT 1"
    )
    return connection.execute(nodes, {"name": NODE_NAME}).first() is not None
