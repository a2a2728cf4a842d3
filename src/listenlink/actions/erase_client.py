"""Erase an address or a prefix from the audit: its lines stay, and nothing leads from them to it any more.

Deleting the lines instead would change how often links were opened (docs/decisions/0044).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection

from listenlink.actions.find_client import FoundClient, find_client
from listenlink.errors import RefusesToStart
from listenlink.model.client_address import client_address
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


def erase_prefix(database: Database, prefix: str, days: Collection[int]) -> int:
    """Erase all clients with this prefix, of these days or of all if there are none; return how many.

    It needs no key of a day: the prefix is stored, an IPv4 /24 or an IPv6 /48. Raises RefusesToStart for any
    other: which of a prefix's clients belong to a part of it isn't known.
    """
    stored = _stored_prefix(prefix)
    if stored is None:
        raise RefusesToStart(
            f"{prefix} isn't a prefix as the audit has it: an IPv4 /24, like 203.0.113.0/24, or an IPv6 /48, "
            "like 2001:db8:7::/48"
        )

    def erase(connection: Connection) -> int:
        found = clients.find_with_prefix(connection, stored, days)
        clients.erase_clients(connection, found)
        return len(found)

    return database.write_now(erase)


def _stored_prefix(text: str) -> str | None:
    """The prefix in the spelling of the audit; None if it's no prefix that the audit has."""
    try:
        network = ipaddress.ip_network(text.strip())
    except ValueError:
        return None
    stored = client_address(network.network_address).prefix
    return stored if ipaddress.ip_network(stored) == network else None
