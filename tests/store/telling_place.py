"""Somebody who wants to be told of their links, and a server that is told; the clock is set by hand."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sqlalchemy import Connection, insert, text

from listenlink.actions.telling.note_events import note_events
from listenlink.actions.telling.send_deliveries import DeliverySender
from listenlink.clock import HOUR_US, Clock
from listenlink.model.audit import Outcome
from listenlink.model.notice import Event, Notice
from listenlink.model.sealing import WebhookSealer
from listenlink.model.setting import parse_networks
from listenlink.model.signing import SigningKey
from listenlink.model.webhook import Receiver as Receiving
from listenlink.model.webhook import Webhook
from listenlink.model.webhook_shapes import Sentence
from listenlink.store import notices, webhooks
from listenlink.store.audit import open_counts
from listenlink.store.audit.tables import audit
from outbound.receiver import Receiver
from store.owned import Place

SEALER = WebhookSealer([SigningKey("0000000a", b"a" * 32)])
HERE = parse_networks("127.0.0.0/8")
KEY = b"k" * 32
ALL = tuple(event.value for event in Event)


class Watch(Clock):
    """A clock that is set by hand."""

    now = 500 * HOUR_US

    def now_us(self) -> int:
        return self.now


@dataclass
class Telling:
    """The owner's webhooks, and what is done about them."""

    place: Place
    clock: Watch

    def __post_init__(self) -> None:
        self.sender = self.make_sender()

    def make_sender(self) -> DeliverySender:
        """Another node's."""
        return DeliverySender(self.place.database, SEALER, self.clock, say, HERE)

    def add_webhook(
        self, receiver: Receiver | str, shape: str = "standard", events: tuple[str, ...] = ALL
    ) -> int:
        """One more webhook of the owner's."""
        url = receiver if isinstance(receiver, str) else receiver.url
        owner = self.place.owner.owner
        made = Webhook(0, owner, b"", "shown", events, shape, self.clock.now, None, None)

        def add(connection: Connection) -> int:
            number = webhooks.add_webhook(connection, made)
            sealed = Receiving(url, KEY).seal(SEALER, number)
            webhooks.keep_sealed(connection, number, sealed)
            return number

        return self.place.database.write_now(add)

    def open(self, times: int = 1, share_id: int | None = None, prefix: str = "1.2.3.0/24") -> None:
        """Have the link opened, and counted."""
        share_id = share_id or self.place.made.link.share.id
        day = self.clock.now // (24 * HOUR_US)

        def add(connection: Connection) -> None:
            run = connection.execute
            client = run(
                text(
                    "INSERT INTO clients (day, pseudonym, prefix) VALUES (:day, :name, :prefix)"
                    " ON CONFLICT (day, pseudonym) DO UPDATE SET prefix = excluded.prefix RETURNING id"
                ),
                {"day": day, "name": prefix.encode()[:16].ljust(16), "prefix": prefix},
            ).scalar_one()
            line = {"at": self.clock.now, "outcome": int(Outcome.OPENED), "share_id": share_id}
            for _ in range(times):
                run(insert(audit).values(trace=1, client_id=client, agent=1, **line))
            limited = text(
                "UPDATE shares SET opens = opens + :times WHERE id = :id AND max_opens IS NOT NULL"
            )
            run(limited, {"times": times, "id": share_id})
            while open_counts.add_up(connection, 1000):
                pass

        self.place.database.write_now(add)

    async def note(self) -> list[Notice]:
        """Note what there is to be told, and return what is new."""
        database, owner = self.place.database, self.place.owner.owner
        before = await database.read(notices.find_newest)
        while await note_events(database, self.clock.now):
            pass
        kept = await database.read(
            lambda c: notices.list_notices(c, owner, before, notices.find_newest(c), 1000)
        )
        return [one.notice for one in kept]

    async def send(self, sender: DeliverySender | None = None) -> int:
        """Send all that is due now, and return how many that was."""
        sender, sent = sender or self.sender, 0
        while items := await sender.take(16):
            await asyncio.gather(*(sender.send(item) for item in items))
            sent += len(items)
        return sent


def say(notice: Notice, title: str, language: str) -> Sentence:
    """In words, for the tests."""
    return Sentence(title, f"{notice.event.value} {title} {language}")
