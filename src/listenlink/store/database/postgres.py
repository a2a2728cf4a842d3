"""PostgreSQL without its driver: how many connections a process uses, and the locks nodes wait for."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from sqlalchemy import Connection, text

from listenlink.store.database.database import is_postgres

CONNECT_SECONDS = 1.5
LOCK_WAIT_MS = 1500
# The name of a serving node's connections, by which other nodes can see it.
NODE_NAME = "listenlink-node"

# The most PostgreSQL connections that a process uses (docs/operating.md gives the sum): so many batches of
# opens at once and as many of playback's reads, ordinary queries, and the lock for publishing. Writers take
# turns anyway: while one works, the next has got as far as to wait for it.
BATCHES, READERS, WRITERS, PUBLISHERS = 2, 3, 2, 1
MOST_CONNECTIONS = 2 * BATCHES + READERS + WRITERS + PUBLISHERS

# Advisory locks, all within this database: one key space for Listenlink, a number for each use.
LOCK_SPACE = 0x4C4C
MIGRATING, WRITING, KEEPING_OPENS, PUBLISHING = 1, 2, 3, 4

Raw: TypeAlias = Any


def is_postgres_url(url: str) -> bool:
    """Whether the setting is the URL of a PostgreSQL database."""
    return re.match(r"postgres(ql)?://[^/]", url) is not None


def wait_for_turn(connection: Connection, lock: int) -> None:
    """Hold this lock until the transaction ends. The embedded database has only one writer anyway."""
    if is_postgres(connection):
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:space, :lock)"),
            {"space": LOCK_SPACE, "lock": lock},
        )


def find_node(connection: Connection) -> bool:
    """Whether a serving node is connected to this database."""
    nodes = text(
        "SELECT 1 FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = :name LIMIT 1"
    )
    return connection.execute(nodes, {"name": NODE_NAME}).first() is not None
