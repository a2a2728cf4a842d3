"""Webhooks: where somebody wants to be told of their links and tracks, by a key with the scope `share`."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from listenlink import wire
from listenlink.actions.idempotency import Doing
from listenlink.actions.tell_first import telling_first
from listenlink.actions.telling import manage_webhooks as managing
from listenlink.model import ids
from listenlink.model.delivery import Delivery
from listenlink.model.moment import moment_of, moment_or_none
from listenlink.model.webhook import Webhook
from listenlink.model.webhook_shapes import Shape
from listenlink.running.owning import Owning
from listenlink.web.api.idempotency import answer_once, digest_of_body
from listenlink.web.api.paging import Cursor, Limit, Offset, asked_slice, next_cursor
from listenlink.web.caller import caller_of, path_id
from listenlink.web.given import Given
from listenlink.wire.bodies import ChangedWebhook, WebhookTerms

_PATH = "/v1/music/{org:str}/webhooks"
_ONE = _PATH + "/{webhook_id:str}"


@post(
    _PATH,
    opt={"scope": "share", "repeatable": True, "errors": ["409"]},
    summary="Add a webhook",
    tags=["Webhooks"],
)
async def add_webhook(
    org: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[WebhookTerms],
) -> Response[wire.NewWebhook]:
    """Have these events of your links and tracks posted to an address. The secret is shown only in this
    answer."""
    now_us, shape, events = owning.clock.now_us(), Shape(data.shape), data.events

    async def make(doing: Doing[managing.NewWebhook]) -> managing.NewWebhook:
        return await managing.add_webhook(
            owning.database, owning.webhook_sealer, caller_of(request), data.url, events, shape, now_us, doing
        )  # fmt: skip

    return await answer_once(request, owning, await digest_of_body(request), _new, make)


@get(_PATH, opt={"scope": "share"}, summary="List webhooks", tags=["Webhooks"])
async def list_webhooks(
    org: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    offset: Offset = 0,
    cursor: Cursor = None,
) -> wire.Page[wire.Webhook]:
    """Your webhooks, newest first, without their addresses and secrets."""
    part = asked_slice(request, owning, limit, offset, cursor)
    found = await managing.list_webhooks(owning.database, caller_of(request), part)
    items = [_answer(webhook) for webhook in found.items]
    return wire.Page(items, limit, offset, next_cursor(request, owning, found))


@patch(_ONE, opt={"scope": "share"}, summary="Pause a webhook", tags=["Webhooks"])
async def change_webhook(
    org: FromPath[str],
    webhook_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[ChangedWebhook],
) -> wire.Webhook:
    """Send nothing there for now, or go on: what happened meanwhile isn't sent."""
    database = telling_first(owning.database, _answer)
    number, now_us = path_id(ids.WEBHOOK, webhook_id), owning.clock.now_us()
    return _answer(
        await managing.pause_webhook(database, caller_of(request), number, data.paused, now_us)
    )


@delete(
    _ONE, opt={"scope": "share"}, status_code=200, summary="Remove a webhook", tags=["Webhooks"]
)
async def remove_webhook(
    org: FromPath[str],
    webhook_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Acknowledgement:
    """Send nothing there any more; what was sent is forgotten."""
    number, now_us = path_id(ids.WEBHOOK, webhook_id), owning.clock.now_us()
    await managing.remove_webhook(owning.database, caller_of(request), number, now_us)
    return wire.Acknowledgement(True, webhook_id, "Webhook removed.")


@post(
    _ONE + "/rotate",
    opt={"scope": "share", "repeatable": True, "errors": ["409"]},
    status_code=200,
    summary="Give a webhook another secret",
    tags=["Webhooks"],
)
async def exchange_secret(
    org: FromPath[str],
    webhook_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> Response[wire.NewWebhook]:
    """The new secret is shown only in this answer. For a day what is sent is signed with the old one, too."""
    number, now_us = path_id(ids.WEBHOOK, webhook_id), owning.clock.now_us()

    async def make(doing: Doing[managing.NewWebhook]) -> managing.NewWebhook:
        sealer = owning.webhook_sealer
        return await managing.exchange_secret(
            owning.database, sealer, caller_of(request), number, now_us, doing
        )

    digest = await digest_of_body(request)
    return await answer_once(request, owning, digest, _new, make, status_code=200)


@post(
    _ONE + "/test",
    opt={"scope": "share", "repeatable": True, "errors": ["409"]},
    summary="Try a webhook",
    tags=["Webhooks"],
)
async def try_webhook(
    org: FromPath[str],
    webhook_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> Response[wire.Delivery]:
    """Send a `webhook.test` there, within some seconds. What came of it is among its deliveries."""
    number, now_us = path_id(ids.WEBHOOK, webhook_id), owning.clock.now_us()

    async def make(doing: Doing[Delivery]) -> Delivery:
        caller = caller_of(request)
        return await managing.try_webhook(owning.database, caller, number, now_us, doing)

    return await answer_once(request, owning, await digest_of_body(request), _delivery, make)


@get(_ONE + "/deliveries", opt={"scope": "share"}, summary="List deliveries", tags=["Webhooks"])
async def list_deliveries(
    org: FromPath[str],
    webhook_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    offset: Offset = 0,
    cursor: Cursor = None,
) -> wire.Page[wire.Delivery]:
    """What was sent to a webhook in the last 30 days, newest first, and what waits to be."""
    part = asked_slice(request, owning, limit, offset, cursor)
    number = path_id(ids.WEBHOOK, webhook_id)
    found = await managing.list_deliveries(owning.database, caller_of(request), number, part)
    items = [_delivery(delivery) for delivery in found.items]
    return wire.Page(items, limit, offset, next_cursor(request, owning, found))


@post(
    _ONE + "/deliveries/{delivery_id:str}/resend",
    opt={"scope": "share", "repeatable": True, "errors": ["409"]},
    summary="Send something again",
    tags=["Webhooks"],
)
async def send_again(
    org: FromPath[str],
    webhook_id: FromPath[str],
    delivery_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> Response[wire.Delivery]:
    """Send what a delivery was of once more, as a delivery of its own with the same message id."""
    number, which = path_id(ids.WEBHOOK, webhook_id), path_id(ids.DELIVERY, delivery_id)
    now_us = owning.clock.now_us()

    async def make(doing: Doing[Delivery]) -> Delivery:
        caller = caller_of(request)
        return await managing.send_again(owning.database, caller, number, which, now_us, doing)

    return await answer_once(request, owning, await digest_of_body(request), _delivery, make)


def _new(made: managing.NewWebhook) -> wire.NewWebhook:
    return wire.NewWebhook(**_fields(made.webhook), secret=made.secret)


def _answer(webhook: Webhook) -> wire.Webhook:
    return wire.Webhook(**_fields(webhook))


def _fields(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": ids.public_id(ids.WEBHOOK, webhook.id),
        "host": webhook.shown,
        "events": list(webhook.events),
        "shape": webhook.shape,
        "created_at": moment_of(webhook.created_at),
        "paused_at": moment_or_none(webhook.paused_at),
        "pause_reason": webhook.pause_reason,
    }


def _delivery(delivery: Delivery) -> wire.Delivery:
    return wire.Delivery(
        id=ids.public_id(ids.DELIVERY, delivery.id),
        message_id=ids.public_id(ids.MESSAGE, delivery.message_id),
        event=delivery.type,
        state=delivery.state,
        attempts=delivery.attempts,
        status=delivery.status,
        failure=delivery.failure,
        created_at=moment_of(delivery.created_at),
        due_at=moment_or_none(delivery.due_at),
        ended_at=moment_or_none(delivery.ended_at),
    )
