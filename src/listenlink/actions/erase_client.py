"""Erase an address from the audit: its lines stay, and nothing leads from them to the address any more.

Deleting the lines instead would change how often links were opened (docs/decisions/0044).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from listenlink.actions.find_client import FoundClient, find_client
from listenlink.store.audit import clients
from listenlink.store.database.database import Database


def erase_client(
    database: Database, address: str, keys: Mapping[int, Sequence[bytes]]
) -> FoundClient:
    """Erase the address's clients of the days that have these keys, and return them. Raises RefusesToStart
    like `find_client`."""
    found = find_client(database, address, keys)
    database.write_now(lambda connection: clients.erase_clients(connection, found.numbers))
    return found
