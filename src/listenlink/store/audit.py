"""Reading the audit back, and letting go of what is older than may be kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, delete, select, tuple_

from listenlink.model.audit import Agent, AuditEntry, Outcome, Reason
from listenlink.store import audit_tables, open_counts
from listenlink.store.sqlite import connect

_DELETED_PER_STEP = 5000

_READ = """
SELECT a.at, a.outcome, a.reason, a.share_id, a.trace, c.pseudonym, c.prefix, a.agent, a.referrer, 1
FROM audit a LEFT JOIN clients c ON c.id = a.client_id
WHERE ?1 IS NULL OR a.share_id = ?1
ORDER BY a.id
"""

_READ_LIMITED = """
SELECT l.at, ?1, l.reason, NULL, l.trace, c.pseudonym, c.prefix, l.agent, NULL, l.count
FROM limited l LEFT JOIN clients c ON c.id = l.client_id
ORDER BY l.at
"""


def read_audit(path: Path, share_id: int | None = None) -> Iterator[AuditEntry]:
    """The audit's lines in the order they were written, then the counted 429s.

    With `share_id`, the lines of one link; a 429 is decided before the link is known, so it's of none.
    Reads beside a running server, without hindering it.
    """
    connection = connect(path, busy_timeout_ms=5000, read_only=True)
    try:
        yield from map(entry_of, connection.execute(_READ, (share_id,)))
        if share_id is None:
            yield from map(entry_of, connection.execute(_READ_LIMITED, (int(Outcome.LIMITED),)))
    finally:
        connection.close()


def entry_of(row: sqlite3.Row) -> AuditEntry:
    """An entry from a row as the queries of the audit select it."""
    at, outcome, reason, share_id, trace, client, prefix, agent, referrer, count = row
    return AuditEntry(
        at=at,
        outcome=Outcome(outcome),
        reason=None if reason is None else Reason(reason),
        share_id=share_id,
        trace=trace,
        client=client or b"",
        client_prefix=prefix or "",
        agent=Agent(agent),
        referrer=referrer,
        count=count,
    )


def delete_older(connection: Connection, before_us: int) -> int:
    """Delete some lines older than `before_us`, oldest first; how many. Call until it gives 0.

    In steps, because each holds the write lock that opens need.
    """
    audit, limited, clients = audit_tables.audit, audit_tables.limited, audit_tables.clients
    oldest = select(audit.c.id).order_by(audit.c.id).limit(_DELETED_PER_STEP).scalar_subquery()
    are_old = audit.c.id.in_(oldest) & (audit.c.at < before_us)
    indexed = audit_tables.audit_by_share
    connection.execute(
        delete(indexed).where(
            tuple_(indexed.c.share_id, indexed.c.audit_id).in_(
                select(audit.c.share_id, audit.c.id).where(are_old)
            )
        )
    )
    gone = connection.execute(delete(audit).where(are_old))
    if gone.rowcount:
        if connection.execute(select(audit.c.id).limit(1)).one_or_none() is None:
            open_counts.forget_numbers(connection)
        return gone.rowcount
    counted = connection.execute(delete(limited).where(limited.c.at < before_us))
    day = before_us // 86_400_000_000
    forgotten = connection.execute(delete(clients).where(clients.c.day < day))
    return counted.rowcount + forgotten.rowcount
