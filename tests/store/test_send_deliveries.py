"""What happened arrives at webhooks: signed, once if it's taken, again if it isn't, and one at a time."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from listenlink.clock import HOUR_US, SECOND_US
from listenlink.model.delivery import Delivery
from listenlink.model.listing import Slice
from listenlink.model.notice import AGAIN_AFTER_SECONDS
from listenlink.model.sealing import WebhookSealer
from listenlink.model.signing import SigningKey
from listenlink.store import deliveries, notices, tables, webhooks
from listenlink.wire.webhook_signing import write_secret
from outbound.receiver import Receiver, answer, receiving
from store.owned import make_place
from store.telling_place import KEY, Telling, Watch

LONG = 3 * 24 * HOUR_US


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
async def telling(tmp_path: Path) -> AsyncIterator[Telling]:
    place = await make_place(tmp_path)
    yield Telling(place, Watch())
    place.database.close()


def list_all(telling: Telling, webhook: int) -> list[Delivery]:
    return telling.place.database.read_now(
        lambda c: deliveries.list_deliveries(c, webhook, Slice(100))
    ).items


async def test_an_event_arrives_signed_and_once(telling: Telling, receiver: Receiver) -> None:
    telling.clock.now = int(time.time()) * SECOND_US
    webhook = telling.add_webhook(receiver)
    telling.open()
    await telling.note()
    assert await telling.send() == 1
    (request,) = receiver.received
    told = Webhook(write_secret(KEY)).verify(request.body, request.headers)
    assert (told["type"], told["data"]["new_opens"]) == ("link.opened", 1)
    assert await telling.send() == 0
    (delivery,) = list_all(telling, webhook)
    assert (delivery.status, delivery.failure, delivery.due_at, delivery.attempts) == (
        204,
        None,
        None,
        1,
    )
    assert delivery.ended_at == telling.clock.now


async def test_only_what_is_wanted_is_sent(telling: Telling, receiver: Receiver) -> None:
    telling.add_webhook(receiver, events=("link.ended", "track.ready"))
    telling.open()
    await telling.note()
    assert await telling.send() == 0


async def test_what_fails_is_sent_again_until_it_is_given_up(
    telling: Telling, receiver: Receiver
) -> None:
    webhook, receiver.answering = telling.add_webhook(receiver), answer(500)
    telling.open()
    await telling.note()
    for number, seconds in enumerate((0, *AGAIN_AFTER_SECONDS)):
        telling.clock.now += max(0, seconds * SECOND_US - 1)
        if seconds:
            assert await telling.send() == 0, number
        telling.clock.now += round(seconds * SECOND_US * 0.2) + 2
        assert await telling.send() == 1, number
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 1
    assert len(receiver.received) == 10
    telling.clock.now += LONG
    assert await telling.send() == 0
    (delivery,) = list_all(telling, webhook)
    assert (delivery.status, delivery.failure, delivery.due_at) == (500, "status", None)
    paused = telling.place.database.read_now(lambda c: webhooks.find_webhook(c, webhook))
    assert paused is not None
    assert paused.pause_reason == "given_up"


async def test_who_is_gone_is_sent_nothing_more(telling: Telling, receiver: Receiver) -> None:
    webhook, receiver.answering = telling.add_webhook(receiver), answer(410)
    for _ in range(3):
        telling.open()
        telling.clock.now += HOUR_US
        await telling.note()
    await telling.send()
    assert len(receiver.received) == 1
    paused = telling.place.database.read_now(lambda c: webhooks.find_webhook(c, webhook))
    assert paused is not None
    assert paused.pause_reason == "gone"
    telling.open()
    telling.clock.now += HOUR_US
    assert await telling.note() == [], "nobody is told any more"


async def test_a_wish_to_wait_is_heeded(telling: Telling, receiver: Receiver) -> None:
    telling.add_webhook(receiver)
    receiver.answering = answer(429, retry_after="600")
    telling.open()
    await telling.note()
    await telling.send()
    telling.clock.now += 599 * SECOND_US
    assert await telling.send() == 0
    telling.clock.now += SECOND_US
    assert await telling.send() == 1


async def test_who_hangs_holds_up_only_their_own(telling: Telling, receiver: Receiver) -> None:
    """And of one webhook one is sent at a time, in order."""
    at_once, most = [0], [0]

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        time.sleep(0.3)
        at_once[0] -= 1
        answer(204)(handler)

    receiver.answering = slowly
    slow = telling.add_webhook(receiver)
    with receiving() as quick:
        telling.add_webhook(quick)
        for _ in range(4):
            telling.open()
            telling.clock.now += HOUR_US
            await telling.note()
        items = await telling.sender.take(16)
        assert len(items) == 2
        assert len(await telling.make_sender().take(16)) == 0, "another node takes none of these"
        await asyncio.gather(*(telling.sender.send(item) for item in items))
        assert await telling.send() == 6
        assert len(quick.received) == len(receiver.received) == 4
    assert most == [1]
    for each in (receiver, quick):
        moments = [json.loads(request.body)["timestamp"] for request in each.received]
        assert moments == sorted(set(moments))
    # Who has webhooks of two organisations can't count by their messages what happens to all others.
    numbers = [int(request.headers["webhook-id"][4:], 16) for request in quick.received]
    assert min(abs(one - other) for one, other in pairwise(numbers)) > 1000
    assert [f"msg_{number:012x}" for number in numbers] == [
        request.headers["webhook-id"] for request in receiver.received
    ]
    assert {one.attempts for one in list_all(telling, slow)} == {1}


async def test_what_a_dead_node_took_is_sent_by_another(
    telling: Telling, receiver: Receiver
) -> None:
    telling.add_webhook(receiver)
    telling.open()
    await telling.note()
    (taken,) = await telling.sender.take(16)
    other = telling.make_sender()
    assert await telling.send(other) == 0
    telling.clock.now += 61 * SECOND_US
    assert await telling.send(other) == 1
    receiver.answering = answer(500)
    await telling.sender.send(taken)  # It wasn't dead but slow: what it finds out changes nothing.
    rows = telling.place.database.read_now(
        lambda c: c.execute(select(tables.deliveries.c.failure, tables.deliveries.c.due_at)).all()
    )
    assert rows == [(None, None)]


async def test_with_a_lost_key_it_waits_for_a_node_that_has_it(
    telling: Telling, receiver: Receiver
) -> None:
    webhook = telling.add_webhook(receiver)
    telling.open()
    await telling.note()
    other = telling.make_sender()
    other._sealer = WebhookSealer([SigningKey("0000000b", b"b" * 32)])
    await telling.send(other)
    assert not receiver.received
    (delivery,) = list_all(telling, webhook)
    assert (delivery.failure, delivery.ended_at) == ("secret_is_lost", None)
    telling.clock.now += 6 * SECOND_US
    assert await telling.send() == 1, "the node that has the key sends it"
    assert len(receiver.received) == 1


async def test_old_notices_go_with_their_deliveries(telling: Telling, receiver: Receiver) -> None:
    telling.add_webhook(receiver)
    telling.open()
    await telling.note()
    database = telling.place.database
    assert database.write_now(lambda c: notices.delete_older(c, telling.clock.now)) == 0
    assert database.write_now(lambda c: notices.delete_older(c, telling.clock.now + 1)) == 1
    assert await telling.send() == 0
