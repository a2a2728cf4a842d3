"""The client's methods for webhooks: where you want to be told of your links and tracks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from listenlink.client.awaiting.owner import Owner
from listenlink.wire import Delivery, NewWebhook, Webhook
from listenlink.wire.bodies import EventName, ShapeName


class WebhookMethods(Owner):
    """Methods for your own webhooks. `verify_webhook` reads what arrives there."""

    def webhooks(self) -> AsyncIterator[Webhook]:
        """All your webhooks, newest first. Of an address only the host is told, and no secret."""
        return self.listed(Webhook, "webhooks")

    async def make_webhook(
        self,
        url: str,
        events: Sequence[EventName],
        *,
        shape: ShapeName = "standard",
        idempotency_key: str | None = None,
    ) -> NewWebhook:
        """Have these events posted to an address. Its secret is told this once."""
        sent = {"url": url, "events": list(events), "shape": shape}
        path = await self.path_of("webhooks")
        return await self.make(path, NewWebhook, idempotency_key, json=sent)

    async def change_webhook(self, webhook_id: str, *, paused: bool) -> Webhook:
        """Send nothing there for now, or go on. What happens meanwhile isn't sent later."""
        path = await self.path_of("webhooks", webhook_id)
        return await self.ask("PATCH", path, Webhook, json={"paused": paused})

    async def rotate_webhook(
        self, webhook_id: str, *, idempotency_key: str | None = None
    ) -> NewWebhook:
        """Give a webhook another secret, told this once. For a day what is sent is signed with both."""
        path = await self.path_of("webhooks", webhook_id, "rotate")
        return await self.make(path, NewWebhook, idempotency_key)

    async def remove_webhook(self, webhook_id: str) -> None:
        """Send nothing there any more; what was sent is forgotten."""
        await self.remove(await self.path_of("webhooks", webhook_id))

    async def test_webhook(self, webhook_id: str) -> Delivery:
        """Have a `webhook.test` sent there within some seconds; what came of it is among the deliveries then.
        Not asked for again if it may have been done."""
        path = await self.path_of("webhooks", webhook_id, "test")
        return await self.ask("POST", path, Delivery, once=True)

    def deliveries(self, webhook_id: str) -> AsyncIterator[Delivery]:
        """What was sent to a webhook in the last 30 days, newest first, and what waits to be."""
        return self.listed(Delivery, "webhooks", webhook_id, "deliveries")

    async def resend(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Have something sent once more, under the same message id. Not asked for again if it may have been
        done."""
        path = await self.path_of("webhooks", webhook_id, "deliveries", delivery_id, "resend")
        return await self.ask("POST", path, Delivery, once=True)
