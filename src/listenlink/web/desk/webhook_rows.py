"""What the desk's pages show of webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from listenlink.actions.telling.show_webhooks import ShownWebhook, show_webhook, show_webhooks
from listenlink.model import ids
from listenlink.model.listing import Slice
from listenlink.model.notice import WANTED, Event
from listenlink.model.webhook import MOST_OF_A_USER
from listenlink.model.webhook_shapes import Shape
from listenlink.web.caller import path_id
from listenlink.web.desk.room import HOME, Asked, Room, person_of

WEBHOOKS = f"{HOME}/webhooks"
# What most want to know; the others are a tick away.
_TICKED = (Event.OPENED, Event.SPENT, Event.ENDING, Event.ENDED)
_MOST_SENT = 20


class WebhookRow(NamedTuple):
    """A webhook as pages show it, and the address of its own page."""

    shown: ShownWebhook
    path: str


async def list_webhook_rows(room: Room, request: Asked) -> dict[str, Any]:
    """What *Me* shows: the webhooks, and a form for one more, as far as there may be."""
    listed = await show_webhooks(room.owning.database, person_of(request).caller)
    can_seal = room.owning.webhook_sealer.can_seal
    return {
        "webhooks": [_row(shown) for shown in listed],
        "can_add": can_seal and len(listed) < MOST_OF_A_USER,
        "can_seal": can_seal,
        "wanted": WANTED,
        "ticked": _TICKED,
        "shape_names": list(Shape),
    }


async def one_webhook(room: Room, request: Asked, webhook_id: str) -> dict[str, Any]:
    """What a webhook's own page shows: how it fares, and what was sent there lately. Raises
    Problem(NOT_FOUND)."""
    number = path_id(ids.WEBHOOK, webhook_id)
    caller = person_of(request).caller
    shown, sent = await show_webhook(room.owning.database, caller, number, Slice(_MOST_SENT))
    return {
        "row": _row(shown),
        "sent": [(ids.public_id(ids.DELIVERY, one.id), one) for one in sent.items],
        "secret": None,
    }


def read_ticks(form: Mapping[str, str]) -> list[str]:
    """The events that are ticked in a form."""
    return [event.value for event in WANTED if form[event.value]]


def _row(shown: ShownWebhook) -> WebhookRow:
    return WebhookRow(shown, f"{WEBHOOKS}/{ids.public_id(ids.WEBHOOK, shown.webhook.id)}")
