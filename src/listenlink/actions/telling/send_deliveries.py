"""Send what happened to webhooks: take what is due, sign it, post it, and write down what came of it."""

from __future__ import annotations

import random
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec
import structlog
from sqlalchemy import Connection

from listenlink.clock import SECOND_US, Clock
from listenlink.model.client_address import Network
from listenlink.model.delivery import WITHIN_SECONDS, Failure, Sent
from listenlink.model.ids import MESSAGE, WEBHOOK, public_id
from listenlink.model.moment import moment_of
from listenlink.model.notice import Event as Happening
from listenlink.model.notice import Notice, due_again_at, is_given_up, rests_until
from listenlink.model.sealing import WebhookSealer
from listenlink.model.webhook import PauseReason, Receiver, Webhook, read_receiver
from listenlink.model.webhook_shapes import Sentence, Shape, write_posting
from listenlink.store import deliveries, notices, told_links, webhooks
from listenlink.store.database.database import Database
from listenlink.store.deliveries import Taken
from listenlink.wire.webhook_signing import ID, SIGNATURE, TIMESTAMP, sign

# Longer than sending and writing takes, so that nobody else takes what is still being sent.
_TAKEN_US = 4 * round(WITHIN_SECONDS) * SECOND_US
_GONE = 410
_log = structlog.get_logger()
_JITTER = random.SystemRandom()


class Event(msgspec.Struct, frozen=True):
    """The body of a webhook's message."""

    type: str
    timestamp: object
    data: object


@dataclass(frozen=True, slots=True)
class Item:
    """What one delivery needs; the webhook is None if it's gone, the notice if it can't be read. `title` is
    what it's about, `language` that of its owner."""

    taken: Taken
    webhook: Webhook | None
    notice: Notice | None
    title: str
    language: str


class Saying(Protocol):
    """Puts a notice into words."""

    def __call__(self, notice: Notice, title: str, language: str) -> Sentence:
        """What happened to what is called `title`."""


class DeliverySender:
    """Sends deliveries. `say` puts a notice into words; `allowed` are the operator's networks, `context` is
    whom to trust, by default the usual authorities. `sent` and `failed` count attempts."""

    def __init__(
        self,
        database: Database,
        sealer: WebhookSealer,
        clock: Clock,
        say: Saying,
        allowed: Sequence[Network] = (),
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._say = say
        self._allowed = allowed
        self._context = context
        self.sent = self.failed = 0

    async def take(self, most: int) -> list[Item]:
        """Take what is due, at most so many, each of another webhook. Raises Problem(UNAVAILABLE)."""
        now_us = self._clock.now_us()
        if not await self._database.read(lambda c: deliveries.is_any_due(c, now_us)):
            return []
        return await self._database.write(lambda connection: _take(connection, now_us, most))

    async def send(self, item: Item) -> None:
        """Send what was taken, and write at once what came of it: a kill repeats only what is on its way.
        Raises Problem(UNAVAILABLE); then it's sent again in a while."""
        try:
            sent = await self._try(item)
        except Exception as error:
            # What is wrong with one must not be tried for ever, nor end the sending of others.
            _log.warning("delivery_not_sendable", error=type(error).__name__)
            sent = Sent(Failure.INTERNAL)
        # Here, because what is written may be tried more than once.
        self.sent += sent.failure is None
        self.failed += sent.failure is not None
        await self._database.write(lambda connection: self._settle(connection, item, sent))

    async def _try(self, item: Item) -> Sent:
        webhook = item.webhook
        if webhook is None or item.notice is None:
            # Removed meanwhile; or noted by a node that knows more events.
            return Sent(Failure.INTERNAL)
        receiver = read_receiver(self._sealer, webhook.sealed, webhook.id)
        if receiver is None:
            # Another node may have the key.
            return Sent(Failure.LOST_SECRET)
        return await self._post(webhook, receiver, item, item.notice)

    async def _post(self, webhook: Webhook, receiver: Receiver, item: Item, notice: Notice) -> Sent:
        number = public_id(MESSAGE, notice.number)
        event = msgspec.json.encode(Event(notice.event.value, moment_of(notice.at), notice.facts))
        shape = Shape(webhook.shape)
        posting = write_posting(
            shape, receiver.url, event, self._say(notice, item.title, item.language)
        )
        headers = {"content-type": posting.content_type}
        if shape is Shape.STANDARD:
            moment = self._clock.now_us() // SECOND_US
            signature = sign(receiver.keys(self._clock.now_us()), number, moment, posting.body)
            headers |= {ID: number, TIMESTAMP: str(moment), SIGNATURE: signature}
        whose = webhook.owner.organization_id
        # Imported here: what speaks HTTP as a client is needed once somebody is told by it.
        from listenlink.outbound.post import post

        return await post(posting.url, posting.body, headers, self._allowed, self._context, whose)

    def _settle(self, connection: Connection, item: Item, sent: Sent) -> None:
        taken, now_us = item.taken, self._clock.now_us()
        if sent.failure is None:
            deliveries.end(connection, taken, now_us, sent.status, None)
            webhooks.note_arrival(connection, taken.webhook_id, now_us)
            return
        failure, wait_seconds = sent.failure.value, sent.retry_after_seconds
        due_at = due_again_at(taken.attempts, now_us, wait_seconds, _JITTER)
        if due_at is None or sent.status == _GONE or item.webhook is None:
            is_ours = deliveries.end(connection, taken, now_us, sent.status, failure)
        else:
            is_ours = deliveries.put_off(connection, taken, due_at, sent.status, failure)
        if not is_ours or item.webhook is None:
            return
        failing = webhooks.note_failure(connection, taken.webhook_id, now_us)
        # Of one thing that isn't taken, while others are, it's no reason to send nothing more.
        arrived_at = failing.arrived_at
        is_over = due_at is None and (arrived_at is None or arrived_at < taken.created_at)
        if sent.status == _GONE:
            _pause(connection, item.webhook, PauseReason.GONE, now_us)
        elif is_over or is_given_up(failing.failures, failing.since, now_us):
            _pause(connection, item.webhook, PauseReason.GIVEN_UP, now_us)
        else:
            until_us = rests_until(failing.failures, now_us, wait_seconds)
            webhooks.let_rest(connection, taken.webhook_id, until_us)


def _pause(connection: Connection, webhook: Webhook, reason: PauseReason, now_us: int) -> None:
    """Send nothing there any more, and tell its owner so."""
    webhooks.pause_webhook(connection, webhook.id, now_us, reason)
    named = public_id(WEBHOOK, webhook.id)
    facts = {"webhook_id": named, "host": webhook.shown, "reason": reason.value}
    notices.add_notices(
        connection, [Notice(webhook.owner, Happening.PAUSED, now_us, facts)], now_us
    )


def _take(connection: Connection, now_us: int, most: int) -> list[Item]:
    return [
        _item(connection, one)
        for one in deliveries.take_due(connection, now_us, now_us + _TAKEN_US, most)
    ]


def _item(connection: Connection, taken: Taken) -> Item:
    webhook = webhooks.find_webhook(connection, taken.webhook_id)
    try:
        notice = notices.get_notice(connection, taken.notice_id)
    except ValueError:
        return Item(taken, webhook, None, "", "en")
    title = told_links.find_title(connection, notice) or ""
    language = notices.find_language(connection, notice.whose) or "en"
    return Item(taken, webhook, notice, title, language)
