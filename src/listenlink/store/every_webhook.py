"""All of somebody's webhooks at once, or of everybody's: stopped, or sealed by another key."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select, update

from listenlink.model.owner import Owner
from listenlink.model.webhook import PauseReason
from listenlink.store import tables
from listenlink.store.own import own

_WEBHOOKS = tables.webhooks


class SealedWebhook(NamedTuple):
    """A webhook's address and secrets, sealed."""

    webhook_id: int
    sealed: bytes


def list_sealed(connection: Connection, after_id: int, limit: int) -> list[SealedWebhook]:
    """Return some, in the order of the webhooks' numbers, from behind this one."""
    rows = connection.execute(
        select(_WEBHOOKS.c.id, _WEBHOOKS.c.sealed)
        .where(_WEBHOOKS.c.id > after_id)
        .order_by(_WEBHOOKS.c.id)
        .limit(limit)
    )
    return [SealedWebhook(*row) for row in rows]


def replace_sealed(connection: Connection, old: SealedWebhook, sealed: bytes) -> bool:
    """Keep this in place of what was read; False if that is another one by now, or gone."""
    same = (_WEBHOOKS.c.id == old.webhook_id) & (_WEBHOOKS.c.sealed == old.sealed)
    return connection.execute(update(_WEBHOOKS).where(same).values(sealed=sealed)).rowcount == 1


def stop_all(connection: Connection, owner: Owner, now_us: int) -> None:
    """Send nothing more to a user's webhooks. What waits stays where it is."""
    connection.execute(
        update(_WEBHOOKS)
        .where(own(_WEBHOOKS, *owner), _WEBHOOKS.c.paused_at.is_(None))
        .values(paused_at=now_us, pause_reason=PauseReason.ASKED)
    )
