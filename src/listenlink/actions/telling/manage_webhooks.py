"""A user's webhooks in an organisation: add, list, try and remove them, and see what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, write_as
from listenlink.actions.idempotency import Doing, always
from listenlink.actions.note_account import note_account
from listenlink.clock import HOUR_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.delivery import Delivery
from listenlink.model.listing import Found, Slice
from listenlink.model.notice import Event, Notice
from listenlink.model.sealing import WebhookSealer
from listenlink.model.webhook import (
    MOST_OF_A_USER,
    PauseReason,
    Receiver,
    Webhook,
    new_receiver,
    read_events,
    read_receiver,
    shown_address,
)
from listenlink.model.webhook_shapes import Shape
from listenlink.store import deliveries, notices, webhooks
from listenlink.store.database.database import Database

# Tests, and what is sent again, of one webhook.
_ASKED_PER_HOUR = 30


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """The webhook, and its secret (`whsec_…`), which is shown only this once."""

    webhook: Webhook
    secret: str


async def add_webhook(
    database: Database,
    sealer: WebhookSealer,
    caller: Caller,
    url: str,
    events: Sequence[str],
    shape: Shape,
    now_us: int,
    doing: Doing[NewWebhook] = always,
) -> NewWebhook:
    """Have these events sent to this address from now on. Raises a 422 Problem for what is no address, event
    or shape of one, and Problem(CONFLICT) if there are as many as may be, or no link keys to seal it with."""
    receiver = new_receiver(url, shape)
    wanted = tuple(event.value for event in read_events(events))
    draft = Webhook(
        id=0, owner=caller.owner, sealed=b"", shown=shown_address(url), events=wanted, shape=shape.value,
        created_at=now_us, paused_at=None, pause_reason=None,
    )  # fmt: skip
    if not sealer.can_seal:
        raise Problem(
            ProblemKind.CONFLICT, "This server has no link keys, which webhooks are sealed with."
        )

    def add(connection: Connection) -> NewWebhook:
        if webhooks.count_webhooks(connection, caller.owner) >= MOST_OF_A_USER:
            raise Problem(
                ProblemKind.CONFLICT, f"You have {MOST_OF_A_USER} webhooks already. Remove one."
            )
        number = webhooks.add_webhook(connection, draft)
        webhooks.keep_sealed(connection, number, receiver.seal(sealer, number))
        named = ids.public_id(ids.WEBHOOK, number)
        note_account(connection, caller, "webhook_added", named, now_us)
        return NewWebhook(draft._replace(id=number), receiver.secret)

    return await write_as(database, caller, lambda connection: doing(connection, add))


async def list_webhooks(database: Database, caller: Caller, part: Slice) -> Found[Webhook]:
    """A slice of the caller's webhooks, newest first."""
    return await database.read(lambda c: webhooks.list_webhooks(c, caller.owner, part))


async def remove_webhook(database: Database, caller: Caller, webhook_id: int, now_us: int) -> None:
    """Send nothing there any more. Raises Problem(NOT_FOUND)."""

    def remove(connection: Connection) -> None:
        if not webhooks.remove_webhooks(connection, caller.owner, now_us, webhook_id):
            raise Problem(ProblemKind.NOT_FOUND)
        named = ids.public_id(ids.WEBHOOK, webhook_id)
        note_account(connection, caller, "webhook_removed", named, now_us)

    await write_as(database, caller, remove)


async def pause_webhook(
    database: Database, caller: Caller, webhook_id: int, is_paused: bool, now_us: int
) -> Webhook:
    """Send nothing there for now, or again; return it. Raises Problem(NOT_FOUND)."""

    def pause(connection: Connection) -> Webhook:
        webhook = get_webhook(connection, caller, webhook_id)
        if is_paused and webhook.paused_at is None:
            webhooks.pause_webhook(connection, webhook_id, now_us, PauseReason.ASKED)
        elif not is_paused:
            webhooks.pause_webhook(connection, webhook_id, None, None)
        return get_webhook(connection, caller, webhook_id)

    return await write_as(database, caller, pause)


async def exchange_secret(
    database: Database,
    sealer: WebhookSealer,
    caller: Caller,
    webhook_id: int,
    now_us: int,
    doing: Doing[NewWebhook] = always,
) -> NewWebhook:
    """Give a webhook another secret; for a day what is sent is signed with both. Raises Problem(NOT_FOUND),
    and Problem(CONFLICT) if the address itself can't be read any more."""

    def exchange(connection: Connection) -> NewWebhook:
        webhook = get_webhook(connection, caller, webhook_id)
        receiver = _read(sealer, webhook).exchanged(now_us)
        webhooks.keep_sealed(connection, webhook_id, receiver.seal(sealer, webhook_id))
        return NewWebhook(webhook, receiver.secret)

    return await write_as(database, caller, lambda connection: doing(connection, exchange))


async def try_webhook(
    database: Database,
    caller: Caller,
    webhook_id: int,
    now_us: int,
    doing: Doing[Delivery] = always,
) -> Delivery:
    """Send a made-up event there; return its delivery. Raises Problem(NOT_FOUND), and Problem(CONFLICT) for
    one that is paused."""

    def test(connection: Connection) -> Delivery:
        _get_running(connection, caller, webhook_id)
        facts = {"webhook_id": ids.public_id(ids.WEBHOOK, webhook_id)}
        number = notices.add_notice(connection, Notice(caller.owner, Event.TEST, now_us, facts))
        return _deliver(connection, webhook_id, number, now_us)

    return await write_as(database, caller, lambda connection: doing(connection, test))


async def send_again(
    database: Database,
    caller: Caller,
    webhook_id: int,
    delivery_id: int,
    now_us: int,
    doing: Doing[Delivery] = always,
) -> Delivery:
    """Send what a delivery was of once more; return the new one. Raises Problem(NOT_FOUND), and
    Problem(CONFLICT) for a webhook that is paused."""

    def again(connection: Connection) -> Delivery:
        _get_running(connection, caller, webhook_id)
        notice_id = deliveries.find_notice_of(connection, webhook_id, delivery_id)
        if notice_id is None:
            raise Problem(ProblemKind.NOT_FOUND)
        return _deliver(connection, webhook_id, notice_id, now_us)

    return await write_as(database, caller, lambda connection: doing(connection, again))


async def list_deliveries(
    database: Database, caller: Caller, webhook_id: int, part: Slice
) -> Found[Delivery]:
    """A slice of what was sent to one of the caller's webhooks, newest first. Raises Problem(NOT_FOUND)."""

    def find(connection: Connection) -> Found[Delivery]:
        get_webhook(connection, caller, webhook_id)
        return deliveries.list_deliveries(connection, webhook_id, part)

    return await database.read(find)


def _deliver(connection: Connection, webhook_id: int, notice_id: int, now_us: int) -> Delivery:
    if notices.count_waiting(connection, webhook_id) >= notices.MOST_WAITING:
        raise Problem(ProblemKind.CONFLICT, "Too much waits to be sent there already.")
    if deliveries.count_asked(connection, webhook_id, now_us - HOUR_US) >= _ASKED_PER_HOUR:
        raise Problem(
            ProblemKind.CONFLICT, "You had much sent there within this hour. Wait a while."
        )
    number = notices.add_delivery(connection, webhook_id, notice_id, now_us, is_asked=True)
    # Whoever asks wants to know now whether it arrives.
    webhooks.let_rest(connection, webhook_id, None)
    return deliveries.get_delivery(connection, number)


def get_webhook(connection: Connection, caller: Caller, webhook_id: int) -> Webhook:
    """One of the caller's webhooks. Raises Problem(NOT_FOUND)."""
    webhook = webhooks.find_own_webhook(connection, caller.owner, webhook_id)
    if webhook is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return webhook


def _get_running(connection: Connection, caller: Caller, webhook_id: int) -> Webhook:
    webhook = get_webhook(connection, caller, webhook_id)
    if webhook.paused_at is not None:
        raise Problem(ProblemKind.CONFLICT, "Nothing is sent there. Have it go on first.")
    return webhook


def _read(sealer: WebhookSealer, webhook: Webhook) -> Receiver:
    receiver = read_receiver(sealer, webhook.sealed, webhook.id)
    if receiver is None:
        raise Problem(
            ProblemKind.CONFLICT, "The key that this was sealed with is lost. Add the webhook anew."
        )
    return receiver
