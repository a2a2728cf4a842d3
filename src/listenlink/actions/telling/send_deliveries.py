"""Send what happened to webhooks: take what is due, sign it, post it, and write down what came of it."""

from __future__ import annotations

import random
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec
from sqlalchemy import Connection

from listenlink.clock import SECOND_US, Clock
from listenlink.model.client_address import Network
from listenlink.model.ids import MESSAGE, public_id
from listenlink.model.moment import moment_of
from listenlink.model.notice import Notice, due_again_at
from listenlink.model.sealing import WebhookSealer
from listenlink.model.webhook import Receiver, Webhook, read_receiver
from listenlink.model.webhook_shapes import Sentence, Shape, write_posting
from listenlink.outbound.post import SECONDS, Sent, post
from listenlink.store import deliveries, notices, told_links, webhooks
from listenlink.store.database.database import Database
from listenlink.store.deliveries import Taken
from listenlink.wire.webhook_signing import ID, SIGNATURE, TIMESTAMP, sign

# Longer than sending and writing takes, so that nobody else takes what is still being sent.
_TAKEN_US = 4 * round(SECONDS) * SECOND_US
_GONE = 410
_JITTER = random.SystemRandom()


class Event(msgspec.Struct, frozen=True):
    """The body of a webhook's message."""

    type: str
    timestamp: object
    data: object


@dataclass(frozen=True, slots=True)
class Item:
    """What one delivery needs; the webhook is None if it's gone. `title` is what it's about, `language` that
    of its owner."""

    taken: Taken
    webhook: Webhook | None
    notice: Notice
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
        if not await self._database.read(lambda connection: _is_due(connection, now_us)):
            return []
        return await self._database.write(lambda connection: _take(connection, now_us, most))

    async def send(self, item: Item) -> None:
        """Send what was taken, and write at once what came of it: a kill repeats only what is on its way.
        Raises Problem(UNAVAILABLE); then it's sent again in a while."""
        webhook, failure, sent = item.webhook, "secret_is_lost", Sent(None)
        receiver = (
            None if webhook is None else read_receiver(self._sealer, webhook.sealed, webhook.id)
        )
        if webhook is not None and receiver is not None:
            sent = await self._post(webhook, receiver, item)
            failure = "" if sent.failure is None else sent.failure.value
        await self._database.write(lambda connection: self._settle(connection, item, sent, failure))

    async def _post(self, webhook: Webhook, receiver: Receiver, item: Item) -> Sent:
        notice, number = item.notice, public_id(MESSAGE, item.taken.notice_id)
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
        return await post(posting.url, posting.body, headers, self._allowed, self._context)

    def _settle(self, connection: Connection, item: Item, sent: Sent, failure: str) -> None:
        taken, now_us = item.taken, self._clock.now_us()
        if not failure:
            self.sent += 1
            deliveries.end(connection, taken, now_us, sent.status, None)
            return
        self.failed += 1
        if sent.status == _GONE:
            deliveries.end(connection, taken, now_us, sent.status, failure)
            webhooks.pause_webhook(connection, taken.webhook_id, now_us, "gone")
            return
        due_at = (
            None
            if item.webhook is None or sent.failure is None
            else due_again_at(taken.attempts, now_us, sent.retry_after_seconds, _JITTER)
        )
        if due_at is not None:
            deliveries.put_off(connection, taken, due_at, sent.status, failure)
            return
        deliveries.end(connection, taken, now_us, sent.status, failure)
        # After three days in which nothing arrived nobody is there any more.
        webhooks.pause_webhook(connection, taken.webhook_id, now_us, "given_up")


def _take(connection: Connection, now_us: int, most: int) -> list[Item]:
    return [
        _item(connection, one)
        for one in deliveries.take_due(connection, now_us, now_us + _TAKEN_US, most)
    ]


def _item(connection: Connection, taken: Taken) -> Item:
    notice = notices.get_notice(connection, taken.notice_id)
    return Item(
        taken,
        webhooks.find_webhook(connection, taken.webhook_id),
        notice,
        told_links.find_title(connection, notice) or "",
        notices.find_language(connection, notice.whose) or "en",
    )


def _is_due(connection: Connection, now_us: int) -> bool:
    due_at = deliveries.find_next_due(connection)
    return due_at is not None and due_at <= now_us
