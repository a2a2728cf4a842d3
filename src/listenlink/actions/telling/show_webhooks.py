"""Webhooks as their owner looks at them: each with how it fares; and how an organisation's fare."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.actions.telling.manage_webhooks import get_webhook
from listenlink.model.delivery import Delivery
from listenlink.model.listing import Found, Slice
from listenlink.model.webhook import MOST_OF_A_USER, Fares, Webhook
from listenlink.store import deliveries, webhooks
from listenlink.store.database.database import Database


class ShownWebhook(NamedTuple):
    """A webhook, and since when what waits for it fails (epoch µs); None if nothing does."""

    webhook: Webhook
    failing_since: int | None


async def show_webhooks(database: Database, caller: Caller) -> list[ShownWebhook]:
    """All of the caller's webhooks, newest first."""

    def find(connection: Connection) -> list[ShownWebhook]:
        listed = webhooks.list_webhooks(connection, caller.owner, Slice(MOST_OF_A_USER)).items
        return [_shown(connection, webhook) for webhook in listed]

    return await database.read(find)


async def show_webhook(
    database: Database, caller: Caller, webhook_id: int, part: Slice
) -> tuple[ShownWebhook, Found[Delivery]]:
    """One of them, and a slice of what was sent there, newest first. Raises Problem(NOT_FOUND)."""

    def find(connection: Connection) -> tuple[ShownWebhook, Found[Delivery]]:
        webhook = get_webhook(connection, caller, webhook_id)
        sent = deliveries.list_deliveries(connection, webhook_id, part)
        return _shown(connection, webhook), sent

    return await database.read(find)


async def tell_how_they_fare(database: Database, caller: Caller) -> Fares:
    """How the webhooks of the caller's organisation fare."""
    organization_id = caller.owner.organization_id
    return await database.read(lambda c: webhooks.find_fares(c, organization_id))


def _shown(connection: Connection, webhook: Webhook) -> ShownWebhook:
    return ShownWebhook(webhook, deliveries.find_failing_since(connection, webhook.id))
