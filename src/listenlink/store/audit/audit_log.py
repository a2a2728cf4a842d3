"""Reading the audit back, and deleting what is too old to be retained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, select, text, tuple_

from listenlink.clock import DAY_US
from listenlink.model.audit import Agent, AuditEntry, Outcome, Reason
from listenlink.store.audit import day_tables, open_counts, tables
from listenlink.store.database.database import Database, is_postgres

_DELETED_PER_STEP = 5000
_READ_PER_STEP = 5000
_FIRST_NUMBER = -1

_READ = """
SELECT a.at, a.outcome, a.reason, a.share_id, a.trace, c.pseudonym, c.prefix, a.agent, a.referrer, 1,
       a.id
FROM audit a LEFT JOIN clients c ON c.id = a.client_id
WHERE a.id > :after AND a.at >= :since {more}
ORDER BY a.id LIMIT :most
"""

_READ_LIMITED = f"""
SELECT l.at, {int(Outcome.LIMITED)}, l.reason, NULL, l.trace, c.pseudonym, c.prefix, l.agent, NULL, l.count
FROM limited l LEFT JOIN clients c ON c.id = l.client_id
WHERE l.at >= :since {{more}}
ORDER BY l.at
"""  # noqa: S608 (made of constants)


def read_audit(
    database: Database,
    share_id: int | None = None,
    since_us: int = 0,
    client_ids: Sequence[int] | None = None,
) -> Iterator[AuditEntry]:
    """Yield the audit's lines in the order they were written, then the counted 429s.

    With `share_id`, only one link's lines; a 429 is decided before the link is known, so belongs to none.
    With `client_ids`, only these clients'. Reads alongside a running server, some thousands of lines at a
    time, without holding it up.
    """
    asked: dict[str, Any] = {"since": since_us}
    more = ""
    of_clients: list[BindParameter[int]] = []
    if client_ids is not None:
        more = "AND client_id IN :clients"
        of_clients = [bindparam("clients", list(client_ids), expanding=True)]
    if share_id is None:
        limited = text(_READ_LIMITED.format(more=more)).bindparams(*of_clients)
        counted = asked.copy()
    else:
        more += " AND a.share_id = :share"
        asked["share"] = share_id
    query = text(_READ.format(more=more)).bindparams(*of_clients)
    asked |= {"after": _FIRST_NUMBER, "most": _READ_PER_STEP}
    while rows := database.read_now(lambda c: c.execute(query, asked).all()):
        yield from (entry_of(row[:-1]) for row in rows)
        asked["after"] = rows[-1][-1]
    if share_id is None:
        yield from map(entry_of, database.read_now(lambda c: c.execute(limited, counted).all()))


def entry_of(row: Sequence[Any]) -> AuditEntry:
    """Make an entry from a row as the audit's queries select it."""
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
    """Delete some lines older than `before_us`, oldest first; return how many. Call until it returns 0.

    In steps, because each holds the write lock that opens need. On PostgreSQL whole days go at once.
    """
    lines = _delete_days if is_postgres(connection) else _delete_lines
    gone = lines(connection, before_us)
    if gone:
        return gone
    limited, clients = tables.limited, tables.clients
    counted = connection.execute(delete(limited).where(limited.c.at < before_us))
    day = before_us // DAY_US
    forgotten = connection.execute(delete(clients).where(clients.c.day < day))
    return counted.rowcount + forgotten.rowcount


def _delete_days(connection: Connection, before_us: int) -> int:
    return day_tables.drop_days(connection, before_us) or day_tables.empty_rest(
        connection, before_us
    )


def _delete_lines(connection: Connection, before_us: int) -> int:
    audit, indexed = tables.audit, tables.audit_by_share
    oldest = select(audit.c.id).order_by(audit.c.id).limit(_DELETED_PER_STEP).scalar_subquery()
    are_old = audit.c.id.in_(oldest) & (audit.c.at < before_us)
    connection.execute(
        delete(indexed).where(
            tuple_(indexed.c.share_id, indexed.c.audit_id).in_(
                select(audit.c.share_id, audit.c.id).where(are_old)
            )
        )
    )
    gone = connection.execute(delete(audit).where(are_old)).rowcount
    if gone and connection.execute(select(audit.c.id).limit(1)).one_or_none() is None:
        open_counts.forget_numbers(connection)
    return gone
