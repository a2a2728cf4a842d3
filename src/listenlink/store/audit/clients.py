"""The audit's clients, by the pseudonyms of their days: found, and erased."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable

from sqlalchemy import Connection, select, tuple_, update

from listenlink.store.audit import tables

_PSEUDONYM_BYTES = 16


def find_clients(connection: Connection, named: Iterable[tuple[int, bytes]]) -> list[int]:
    """Return the numbers of the clients with these (day, pseudonym)."""
    clients = tables.clients
    wanted = tuple_(clients.c.day, clients.c.pseudonym).in_(list(named))
    return list(connection.execute(select(clients.c.id).where(wanted)).scalars())


def erase_clients(connection: Connection, numbers: Collection[int]) -> None:
    """Give these clients random pseudonyms, and no prefix. Their lines stay, and with them all counts."""
    clients = tables.clients
    for number in numbers:
        connection.execute(
            update(clients)
            .where(clients.c.id == number)
            .values(pseudonym=secrets.token_bytes(_PSEUDONYM_BYTES), prefix="")
        )
