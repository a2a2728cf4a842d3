"""Webhooks: whose they are, what of them is stored, and what can be done with them."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook as Published

from listenlink.actions.telling import manage_webhooks as managing
from listenlink.actions.telling.show_webhooks import show_webhook
from listenlink.clock import DAY_US, SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model.listing import Slice
from listenlink.model.sealing import WebhookSealer
from listenlink.model.webhook import MOST_OF_A_USER
from listenlink.model.webhook_shapes import Shape
from listenlink.wire.webhook_signing import is_signed, read_secret
from outbound.receiver import Received, Receiver, answer, receiving
from store.owned import make_place
from store.telling_place import SEALER, Telling, Watch


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
async def telling(tmp_path: Path) -> AsyncIterator[Telling]:
    place = await make_place(tmp_path)
    made = Telling(place, Watch())
    made.clock.now = int(time.time()) * SECOND_US
    yield made
    place.database.close()


async def add(telling: Telling, url: str, **said: Any) -> managing.NewWebhook:
    given = {"events": ["link.opened"], "shape": Shape.STANDARD} | said
    place, now = telling.place, telling.clock.now
    return await managing.add_webhook(place.database, SEALER, place.owner, url, now_us=now, **given)


async def test_the_address_and_the_secret_are_in_no_row(telling: Telling) -> None:
    made = await add(telling, "https://hooks.example/T0/secret-path?token=hidden")
    assert made.secret.startswith("whsec_")
    assert made.webhook.shown == "https://hooks.example/…"
    rows = telling.place.database.read_now(
        lambda c: [
            repr(c.execute(text(f"SELECT * FROM {table}")).all())  # noqa: S608
            for table in ("webhooks", "account_events", "idempotent_answers", "deliveries")
        ]
    )
    for hidden in ("secret-path", "hidden", made.secret, made.secret[6:20]):
        assert hidden not in "".join(rows)


async def test_what_is_sent_is_signed_with_the_secret_that_was_shown(
    telling: Telling, receiver: Receiver
) -> None:
    place, now = telling.place, telling.clock.now
    made = await add(telling, receiver.url)
    delivery = await managing.try_webhook(place.database, place.owner, made.webhook.id, now)
    assert (delivery.type, delivery.attempts, delivery.due_at) == ("webhook.test", 0, now)
    assert await telling.send() == 1
    (request,) = receiver.received
    told = Published(made.secret).verify(request.body, request.headers)
    assert told["type"] == "webhook.test"


async def test_for_a_day_an_old_secret_holds_too(telling: Telling, receiver: Receiver) -> None:
    place = telling.place
    made = await add(telling, receiver.url)
    other = await managing.exchange_secret(
        place.database, SEALER, place.owner, made.webhook.id, telling.clock.now
    )
    assert other.secret != made.secret

    async def send_one() -> Received:
        now = telling.clock.now
        await managing.try_webhook(place.database, place.owner, made.webhook.id, now)
        await telling.send()
        return receiver.received[-1]

    request = await send_one()
    for secret in (made.secret, other.secret):
        Published(secret).verify(request.body, request.headers)
    telling.clock.now += DAY_US
    keys = [read_secret(secret) for secret in (other.secret, made.secret)]
    later = (await send_one()).headers
    sent_at = int(later["webhook-timestamp"])
    for key, is_good in zip(keys, (True, False), strict=True):
        body = receiver.received[-1].body
        signatures = later["webhook-signature"]
        assert is_signed(key, later["webhook-id"], sent_at, body, signatures) == is_good


async def test_nobody_else_sees_or_does_anything(telling: Telling) -> None:
    place, now = telling.place, telling.clock.now
    number = (await add(telling, "https://hooks.example/")).webhook.id
    for caller in (place.colleague, place.elsewhere):
        for asked in (
            show_webhook(place.database, caller, number, Slice(1)),
            managing.remove_webhook(place.database, caller, number, now),
            managing.try_webhook(place.database, caller, number, now),
            managing.pause_webhook(place.database, caller, number, False, now),
            managing.exchange_secret(place.database, SEALER, caller, number, now),
            managing.list_deliveries(place.database, caller, number, Slice(10)),
            managing.send_again(place.database, caller, number, 1, now),
        ):
            with pytest.raises(Problem) as refused:
                await asked
            assert refused.value.kind is ProblemKind.NOT_FOUND
        listed = await managing.list_webhooks(place.database, caller, Slice(10))
        assert listed.items == []


async def test_what_failed_is_sent_again_when_somebody_wants(
    telling: Telling, receiver: Receiver
) -> None:
    place, database = telling.place, telling.place.database
    number = (await add(telling, receiver.url)).webhook.id
    receiver.answering = answer(410)
    first = await managing.try_webhook(database, place.owner, number, telling.clock.now)
    await telling.send()
    for asked in (
        managing.try_webhook(database, place.owner, number, telling.clock.now),
        managing.send_again(database, place.owner, number, first.id, telling.clock.now),
    ):
        with pytest.raises(Problem) as refused:
            await asked
        assert refused.value.kind is ProblemKind.CONFLICT
    resumed = await managing.pause_webhook(database, place.owner, number, False, telling.clock.now)
    assert resumed.paused_at is None
    receiver.answering = answer(204)
    telling.clock.now += SECOND_US
    await managing.send_again(database, place.owner, number, first.id, telling.clock.now)
    await telling.send()
    found = await managing.list_deliveries(database, place.owner, number, Slice(10))
    assert [(one.status, one.failure) for one in found.items] == [(204, None), (410, "status")]
    bodies = [json.loads(request.body) for request in receiver.received]
    assert bodies[0] == bodies[1]
    with pytest.raises(Problem):
        await managing.send_again(database, place.owner, number, 1, telling.clock.now)


async def test_removed_is_removed(telling: Telling, receiver: Receiver) -> None:
    place, database = telling.place, telling.place.database
    number = (await add(telling, receiver.url)).webhook.id
    await managing.try_webhook(database, place.owner, number, telling.clock.now)
    await managing.remove_webhook(database, place.owner, number, telling.clock.now)
    assert await telling.send() == 0
    assert not receiver.received


async def test_there_are_so_many(telling: Telling) -> None:
    for _ in range(MOST_OF_A_USER):
        await add(telling, "https://hooks.example/")
    with pytest.raises(Problem) as refused:
        await add(telling, "https://hooks.example/")
    assert refused.value.kind is ProblemKind.CONFLICT


WRONG: dict[str, dict[str, Any]] = {
    "no address": {"url": "hooks.example"},
    "another scheme": {"url": "ftp://hooks.example/"},
    "a file": {"url": "file:///etc/passwd"},
    "no host": {"url": "https:///x"},
    "a password": {"url": "https://ana:word@hooks.example/"},
    "a space": {"url": "https://hooks.example/a b"},
    "a line": {"url": "https://hooks.example/\r\nHost: x"},
    "a port that is none": {"url": "https://hooks.example:99999/"},
    "too long": {"url": "https://hooks.example/" + "x" * 1024},
    "no event": {"events": []},
    "an unknown event": {"events": ["link.opened", "link.closed"]},
    "only a test": {"events": ["webhook.test"]},
    "no topic": {"shape": Shape.NTFY, "url": "https://ntfy.example/"},
}


@pytest.mark.parametrize("case", WRONG)
async def test_what_can_not_be_is_named(telling: Telling, case: str) -> None:
    said = {"url": "https://hooks.example/"} | WRONG[case]
    with pytest.raises(Problem) as refused:
        await add(telling, **said)
    assert refused.value.kind is ProblemKind.INVALID
    assert refused.value.details["field"].startswith(("url", "events"))


async def test_without_link_keys_there_are_none(telling: Telling) -> None:
    place = telling.place
    with pytest.raises(Problem) as refused:
        await managing.add_webhook(
            place.database, WebhookSealer([]), place.owner, "https://hooks.example/", ["link.opened"],
            Shape.STANDARD, 1,
        )  # fmt: skip
    assert refused.value.kind is ProblemKind.CONFLICT
