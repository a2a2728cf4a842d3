"""Which webhooks want to be sent something, and how much more may wait for each."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from listenlink.model.notice import Event, Notice
from listenlink.model.owner import Owner
from listenlink.store import tables
from listenlink.store.own import own

_WEBHOOKS = tables.webhooks
_DELIVERIES = tables.deliveries
WORKS = (_WEBHOOKS.c.paused_at.is_(None), _WEBHOOKS.c.removed_at.is_(None))


class Wanting:
    """A webhook that works, which events it wants, and how many more may wait for it."""

    def __init__(self, webhook_id: int, events: str, room: int) -> None:
        self.webhook_id = webhook_id
        self._events = events.split(",")
        self._room = room

    def wants(self, notice: Notice) -> bool:
        """Whether it's to be sent this."""
        # Nobody chooses to be told of their webhooks: whoever has others is told there.
        if notice.event is not Event.PAUSED and notice.event.value not in self._events:
            return False
        self._room -= 1
        return self._room >= 0


def list_wanting(connection: Connection, whose: Owner, most: int) -> list[Wanting]:
    """A user's webhooks that work; for none may more wait than `most`."""
    waiting = (
        select(_DELIVERIES.c.webhook_id, func.count().label("waiting"))
        .join(_WEBHOOKS, _WEBHOOKS.c.id == _DELIVERIES.c.webhook_id)
        .where(own(_WEBHOOKS, *whose), _DELIVERIES.c.due_at.is_not(None))
        .group_by(_DELIVERIES.c.webhook_id)
        .subquery()
    )
    rows = connection.execute(
        select(_WEBHOOKS.c.id, _WEBHOOKS.c.events, func.coalesce(waiting.c.waiting, 0))
        .outerjoin(waiting, waiting.c.webhook_id == _WEBHOOKS.c.id)
        .where(own(_WEBHOOKS, *whose), *WORKS)
    )
    return [Wanting(number, events, most - much) for number, events, much in rows]
