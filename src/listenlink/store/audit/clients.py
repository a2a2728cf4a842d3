"""The audit's clients, by the pseudonyms of their days: found, and erased."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select, tuple_, update

from listenlink.store.audit import tables

_PSEUDONYM_BYTES = 16


def find_clients(connection: Connection, named: Iterable[tuple[int, bytes]]) -> list[int]:
    """Return the numbers of the clients with these (day, pseudonym)."""
    clients = tables.clients
    wanted = tuple_(clients.c.day, clients.c.pseudonym).in_(list(named))
    return list(connection.execute(select(clients.c.id).where(wanted)).scalars())


class CountedClient(NamedTuple):
    """A client of one day, counted since the epoch: how many lines the audit has of it, and how many requests
    above its limits."""

    day: int
    pseudonym: bytes
    lines: int
    limited: int


def count_lines(connection: Connection, numbers: Collection[int]) -> list[CountedClient]:
    """Return what the audit has of each of these clients, the oldest day first."""
    clients, audit, limited = tables.clients, tables.audit, tables.limited
    of_client = audit.c.client_id.in_(numbers)
    lines = dict(_by_client(connection, audit.c.client_id, func.count(), of_client))
    counted = func.sum(limited.c.count)
    above = dict(
        _by_client(connection, limited.c.client_id, counted, limited.c.client_id.in_(numbers))
    )
    rows = connection.execute(
        select(clients.c.id, clients.c.day, clients.c.pseudonym)
        .where(clients.c.id.in_(numbers))
        .order_by(clients.c.day, clients.c.id)
    )
    return [
        CountedClient(row.day, row.pseudonym, lines.get(row.id, 0), above.get(row.id, 0))
        for row in rows
    ]


def find_with_prefix(connection: Connection, prefix: str, days: Collection[int]) -> list[int]:
    """Return the numbers of the clients with this prefix: of these days, or of all if there are none."""
    clients = tables.clients
    wanted = clients.c.prefix == prefix
    if days:
        wanted &= clients.c.day.in_(days)
    return list(connection.execute(select(clients.c.id).where(wanted)).scalars())


def _by_client(
    connection: Connection,
    client_id: ColumnElement[int],
    counted: ColumnElement[int],
    wanted: ColumnElement[bool],
) -> list[tuple[int, int]]:
    rows = connection.execute(select(client_id, counted).where(wanted).group_by(client_id))
    return [(number, int(count)) for number, count in rows]


def erase_clients(connection: Connection, numbers: Collection[int]) -> None:
    """Give these clients random pseudonyms, and no prefix. Their lines stay, and with them all counts."""
    clients = tables.clients
    for number in numbers:
        connection.execute(
            update(clients)
            .where(clients.c.id == number)
            .values(pseudonym=secrets.token_bytes(_PSEUDONYM_BYTES), prefix="")
        )
