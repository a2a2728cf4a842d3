"""Write what a link's token lets its holder write, within the client's write budget, refused as an open is.

Neither budget is touched by the other's requests: a refused request spends refusals, a stored one a write.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from listenlink.actions.opening.rate_limits import (
    RateLimits,
    raise_refused,
    refuse_spent,
    spend_one,
)
from listenlink.model.budget import Budget
from listenlink.model.client_address import ClientAddress
from listenlink.store.database.database import Database

_Found = TypeVar("_Found")
_Kept = TypeVar("_Kept")


async def write_by_link(
    database: Database,
    limits: RateLimits,
    client: ClientAddress,
    token: str,
    tick_us: int,
    find: Callable[[Connection], _Found | None],
    keep: Callable[[Connection, _Found], _Kept],
) -> _Kept:
    """Return what `keep` makes of what `find` found, both in one transaction, for one of the client's writes.

    Raises Problem(LIMITED) if the client has no write left, before anything is looked up; and, if `find`
    returns None, Problem(LINK_REFUSED), or Problem(LIMITED) if the client has no refusal left.
    """
    refuse_spent(limits, Budget.WRITE, client, tick_us)
    # Looked up first without the lock that every open needs, and before a write is spent: otherwise
    # refusals in progress would hold writes that others need.
    if await database.read(find) is None:
        await raise_refused(limits, client, token, tick_us)
    charge = await spend_one(limits, Budget.WRITE, client, tick_us)

    def find_and_keep(connection: Connection) -> tuple[_Kept] | None:
        found = find(connection)
        return None if found is None else (keep(connection, found),)

    try:
        kept = await database.write(find_and_keep)
    except Exception:
        limits.give_back([charge])
        raise
    if kept is None:
        limits.give_back([charge])
        await raise_refused(limits, client, token, tick_us)
    return kept[0]
