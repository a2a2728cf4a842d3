"""How somebody wants to be told: look at it, change it; and leave by an address that a mail had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, write_as
from listenlink.actions.opening.rate_limits import RateLimits, raise_refused, spend_one
from listenlink.errors import Problem, ProblemKind
from listenlink.model.budget import Budget
from listenlink.model.client_address import ClientAddress
from listenlink.model.leave_address import LeaveAddresses
from listenlink.model.owner import Owner
from listenlink.model.telling import Mails, TellingSettings, require_settings
from listenlink.store import telling_settings
from listenlink.store.database.database import Database


async def find_settings(database: Database, caller: Caller) -> TellingSettings | None:
    """The caller's settings, None if they chose nothing yet."""
    return await database.read(lambda c: telling_settings.find_set(c, caller.owner))


async def change_settings(
    database: Database,
    caller: Caller,
    changes: Mapping[str, Any],
    languages: tuple[str, ...],
    now_us: int,
    *,
    sends_mail: bool,
) -> TellingSettings:
    """Change those that are named, and return all; `languages` are those that there are. Raises a 422 Problem
    for what can't be set, and Problem(CONFLICT) for mails of a server that sends none."""

    def change(connection: Connection) -> TellingSettings:
        before = telling_settings.find_settings(connection, caller.owner)
        settings = replace(before, **changes)
        require_settings(settings, languages)
        if settings.mails is not Mails.OFF and before.mails is Mails.OFF and not sends_mail:
            raise Problem(ProblemKind.CONFLICT, "This server sends no mails.")
        telling_settings.keep_settings(connection, caller.owner, settings, now_us)
        return settings

    return await write_as(database, caller, change)


async def find_leaving(
    addresses: LeaveAddresses,
    limits: RateLimits,
    client: ClientAddress,
    address: str,
    tick_us: int,
) -> Owner:
    """Whose mails would end by an address. Raises Problem(NOT_FOUND) for one that isn't ours, or LIMITED once
    the client tried too many: it's as with links."""
    owner = addresses.read(address)
    if owner is not None:
        return owner
    try:
        await raise_refused(limits, client, address, tick_us)
    except Problem as problem:
        if problem.kind is not ProblemKind.LINK_REFUSED:
            raise
    raise Problem(ProblemKind.NOT_FOUND)


async def leave_mails(
    database: Database, limits: RateLimits, client: ClientAddress, owner: Owner, tick_us: int
) -> None:
    """Send this person no more mails; it's the same whether they got any. Raises Problem(LIMITED) if the
    client has no write left."""
    charge = await spend_one(limits, Budget.WRITE, client, tick_us)
    try:
        # Asked again and again by one address, it takes no turn from those who open links.
        settings = await database.read(lambda c: telling_settings.find_settings(c, owner))
        if settings.mails is not Mails.OFF:
            await database.write(lambda c: telling_settings.stop_mails(c, owner))
    except Exception:
        limits.give_back([charge])
        raise
