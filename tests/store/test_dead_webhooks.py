"""Webhooks where nothing arrives: they rest, hold up nobody, and are off in the end, of which their owner is
told. One thing that isn't taken, or can't be sent, is no reason to."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from sqlalchemy import select

from listenlink.actions.telling import manage_webhooks as managing
from listenlink.clock import HOUR_US, SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model.listing import Slice
from listenlink.model.notice import AGAIN_AFTER_SECONDS
from listenlink.model.sealing import WebhookSealer
from listenlink.model.signing import SigningKey
from listenlink.model.webhook import PauseReason, Webhook
from listenlink.store import tables, webhooks
from outbound.receiver import Receiver, answer, receiving
from store.owned import make_place
from store.telling_place import Telling, Watch

DAY_US = 24 * HOUR_US


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
async def telling(tmp_path: Path) -> AsyncIterator[Telling]:
    place = await make_place(tmp_path)
    yield Telling(place, Watch())
    place.database.close()


def find(telling: Telling, webhook: int) -> Webhook:
    found = telling.place.database.read_now(lambda c: webhooks.find_webhook(c, webhook))
    assert found is not None
    return found


async def happen(telling: Telling) -> None:
    """Something more to be told."""
    telling.clock.now += HOUR_US
    telling.open()
    await telling.note()


def poisoned(bodies: list[bytes]) -> object:
    """Takes all but what came first."""

    def take(handler: BaseHTTPRequestHandler) -> None:
        identity = str(handler.headers["webhook-id"]).encode()
        bodies.append(identity)
        answer(500 if identity == bodies[0] else 204)(handler)

    return take


async def test_one_thing_that_is_not_taken_pauses_nothing_while_others_arrive(
    telling: Telling, receiver: Receiver
) -> None:
    webhook, seen = telling.add_webhook(receiver), []  # type: ignore[var-annotated]
    receiver.answering = poisoned(seen)  # type: ignore[assignment]
    for _ in range(50):
        telling.clock.now += 2 * HOUR_US
        await happen(telling)
        await telling.send()
    assert seen.count(seen[0]) == 1 + len(AGAIN_AFTER_SECONDS)
    assert find(telling, webhook).paused_at is None
    receiver.answering = answer(204)
    await happen(telling)
    assert await telling.send() == 1


async def test_a_dead_one_is_tried_now_and_then_and_in_the_end_off(
    telling: Telling, receiver: Receiver
) -> None:
    """Not for each thing that waits for it; and its owner is told at their other webhook."""
    webhook, receiver.answering = telling.add_webhook(receiver), answer(500)
    for _ in range(20):
        await happen(telling)
    sent = await telling.send()
    assert sent == 1
    telling.clock.now += 6 * SECOND_US
    assert await telling.send() == 1
    telling.clock.now += 6 * SECOND_US
    assert await telling.send() == 0, "it rests longer"
    with receiving() as other:
        telling.add_webhook(other, events=("link.spent",))
        for _ in range(80):
            before = len(receiver.received)
            await telling.send()
            assert len(receiver.received) <= before + 1
            telling.clock.now += HOUR_US
        (told,) = other.received
    assert find(telling, webhook).pause_reason == "given_up"
    body = json.loads(told.body)
    assert body["type"] == "webhook.paused"
    assert body["data"]["reason"] == "given_up"
    assert len(receiver.received) < 90


async def test_a_wish_to_wait_holds_for_all_that_waits(
    telling: Telling, receiver: Receiver
) -> None:
    telling.add_webhook(receiver)
    receiver.answering = answer(429, retry_after="7200")
    await happen(telling)
    await happen(telling)
    assert await telling.send() == 1
    telling.clock.now += 7199 * SECOND_US
    assert await telling.send() == 0
    receiver.answering = answer(204)
    telling.clock.now += SECOND_US
    assert await telling.send() == 2


async def test_one_user_has_so_many_places(telling: Telling) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(6):
            telling.add_webhook(stack.enter_context(receiving()))
        await happen(telling)
        first = await telling.sender.take(16)
        assert len(first) == 4
        assert await telling.make_sender().take(16) == []
        await telling.sender.send(first[0])
        assert len(await telling.sender.take(16)) == 1


async def test_who_lost_the_key_drops_nothing(telling: Telling, receiver: Receiver) -> None:
    webhook = telling.add_webhook(receiver)
    await happen(telling)
    await happen(telling)
    other = telling.make_sender()
    other._sealer = WebhookSealer([SigningKey("0000000b", b"b" * 32)])
    await telling.send(other)
    assert find(telling, webhook).paused_at is None
    telling.clock.now += HOUR_US
    assert await telling.send() == 2


async def test_what_ended_meanwhile_stays_ended(telling: Telling, receiver: Receiver) -> None:
    webhook, receiver.answering = telling.add_webhook(receiver), answer(500)
    await happen(telling)
    (taken,) = await telling.sender.take(16)
    database, now = telling.place.database, telling.clock.now
    database.write_now(lambda c: webhooks.pause_webhook(c, webhook, now, PauseReason.ASKED))
    await telling.sender.send(taken)
    due = select(tables.deliveries.c.due_at, tables.deliveries.c.ended_at)
    assert database.read_now(lambda c: c.execute(due).all()) == [(None, now)]
    assert find(telling, webhook).pause_reason == "asked"


async def test_a_clock_that_is_set_back_holds_up_nothing(
    telling: Telling, receiver: Receiver
) -> None:
    telling.add_webhook(receiver)
    telling.clock.now += 9 * DAY_US
    await happen(telling)
    await telling.sender.take(16)
    telling.clock.now -= 9 * DAY_US
    assert await telling.send() == 1
    telling.clock.now += 9 * DAY_US
    receiver.answering = answer(500)
    await happen(telling)
    await telling.send()
    telling.clock.now -= 8 * DAY_US
    receiver.answering = answer(204)
    assert await telling.send() == 1


async def test_a_removed_one_is_gone_at_once_and_what_was_sent_by_and_by(
    telling: Telling, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, database = telling.place, telling.place.database
    webhook = telling.add_webhook(receiver)
    for _ in range(5):
        await happen(telling)
    await managing.remove_webhook(database, place.owner, webhook, telling.clock.now)
    assert (await managing.list_webhooks(database, place.owner, Slice(10))).items == []
    assert await telling.send() == 0
    await happen(telling)
    with pytest.raises(Problem):
        await managing.remove_webhook(database, place.owner, webhook, telling.clock.now)
    sealed = database.read_now(lambda c: c.execute(select(tables.webhooks.c.sealed)).scalar_one())
    assert bytes(sealed) == b""
    monkeypatch.setattr(webhooks, "_DELETED_PER_STEP", 2)
    gone = [database.write_now(webhooks.delete_removed) for _ in range(5)]
    assert gone == [2, 2, 1, 1, 0]


async def test_tests_have_a_bound(telling: Telling, receiver: Receiver) -> None:
    database, owner = telling.place.database, telling.place.owner
    webhook, now = telling.add_webhook(receiver), telling.clock.now
    made = [await managing.try_webhook(database, owner, webhook, now) for _ in range(30)]
    for asked in (
        managing.try_webhook(database, owner, webhook, now + 1),
        managing.send_again(database, owner, webhook, made[0].id, now + 1),
    ):
        with pytest.raises(Problem) as refused:
            await asked
        assert refused.value.kind is ProblemKind.CONFLICT
    await managing.try_webhook(database, owner, webhook, now + HOUR_US)


async def test_whoever_asks_for_a_test_does_not_wait(telling: Telling, receiver: Receiver) -> None:
    database, owner = telling.place.database, telling.place.owner
    webhook, receiver.answering = telling.add_webhook(receiver), answer(500)
    for _ in range(3):
        telling.clock.now += HOUR_US
        await happen(telling)
        await telling.send()
    assert await telling.send() == 0
    await managing.try_webhook(database, owner, webhook, telling.clock.now)
    assert await telling.send() == 1
