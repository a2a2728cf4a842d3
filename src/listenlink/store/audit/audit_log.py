"""Reading the audit back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam, text

from listenlink.model.audit import Agent, AuditEntry, Outcome, Reason
from listenlink.store.database.database import Database

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
