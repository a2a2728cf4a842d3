"""Who isn't told any more: whose organisation is suspended, until it's resumed, and who is no member."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from sqlalchemy import Connection, Table, func, select, text

from listenlink.clock import HOUR_US, SECOND_US
from listenlink.model.notice import AGAIN_AFTER_SECONDS
from listenlink.outbound import post as posting
from listenlink.store import belongings, deliveries, notices, suspensions, tables, webhooks
from outbound.receiver import Receiver, answer, receiving
from store.owned import make_place
from store.telling_place import Telling, Watch


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
async def telling(tmp_path: Path) -> AsyncIterator[Telling]:
    place = await make_place(tmp_path)
    yield Telling(place, Watch())
    place.database.close()


def count(telling: Telling, table: Table) -> int:
    counted = select(func.count()).select_from(table)
    return int(telling.place.database.read_now(lambda c: c.execute(counted).scalar_one()))


async def test_a_suspended_organisation_is_told_nothing_until_it_is_resumed(
    telling: Telling, receiver: Receiver
) -> None:
    telling.add_webhook(receiver)
    telling.open()
    await telling.note()
    database, organization = telling.place.database, telling.place.owner.owner.organization_id
    database.write_now(lambda c: suspensions.suspend(c, organization, telling.clock.now))
    assert not database.read_now(lambda c: deliveries.is_any_due(c, telling.clock.now))
    assert await telling.send() == 0
    telling.clock.now += HOUR_US
    assert await telling.send() == 0
    assert not receiver.received
    database.write_now(lambda c: suspensions.resume(c, organization))
    assert await telling.send() == 1
    assert len(receiver.received) == 1


async def test_others_are_told_while_one_is_suspended(telling: Telling, receiver: Receiver) -> None:
    telling.add_webhook(receiver)
    telling.open()
    await telling.note()
    elsewhere = telling.place.elsewhere.owner.organization_id
    telling.place.database.write_now(lambda c: suspensions.suspend(c, elsewhere, 1))
    assert await telling.send() == 1


async def test_who_is_no_member_any_more_is_told_nothing(
    telling: Telling, receiver: Receiver
) -> None:
    """Neither what waits, nor what happens to links that became another's."""
    place = telling.place
    telling.add_webhook(receiver)
    telling.open()
    await telling.note()
    now = telling.clock.now
    place.database.write_now(lambda c: belongings.forget_rest(c, place.owner.owner, now))
    assert await telling.send() == 0
    telling.clock.now += HOUR_US
    telling.open()
    assert await telling.note() == []
    assert await telling.send() == 0
    assert not receiver.received
    rows = "SELECT sealed, shown, facts FROM webhooks, notices"
    ((sealed, shown, facts),) = place.database.read_now(lambda c: c.execute(text(rows)).all())
    assert (bytes(sealed), shown, facts) == (b"", "", "{}")
    for delete in (webhooks.delete_removed, partial(notices.delete_older, before_us=1)):
        while place.database.write_now(delete):
            pass
    for table in (tables.webhooks, tables.deliveries, tables.notices):
        assert count(telling, table) == 0


async def test_a_redirect_is_no_arrival_and_is_not_followed(
    telling: Telling, receiver: Receiver
) -> None:
    webhook = telling.add_webhook(receiver)
    receiver.answering = answer(307, location=receiver.url + "/elsewhere")
    telling.open()
    await telling.note()
    assert await telling.send() == 1
    assert [one.path for one in receiver.received] == ["/hook"]
    since = telling.place.database.read_now(lambda c: deliveries.find_failing_since(c, webhook))
    assert since == telling.clock.now
    receiver.answering = answer(204)
    telling.clock.now += round(AGAIN_AFTER_SECONDS[0] * 1.2) * SECOND_US
    assert await telling.send() == 1
    since = telling.place.database.read_now(lambda c: deliveries.find_failing_since(c, webhook))
    assert since is None


async def test_who_hangs_is_asked_again_later(
    telling: Telling, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "SECONDS", 0.3)

    def hang(_: BaseHTTPRequestHandler) -> None:
        time.sleep(1)

    receiver.answering = hang
    telling.add_webhook(receiver)
    telling.open()
    await telling.note()
    assert await telling.send() == 1
    rows = select(tables.deliveries.c.failure, tables.deliveries.c.due_at)
    ((failure, due_at),) = telling.place.database.read_now(lambda c: c.execute(rows).all())
    assert failure == "timed_out"
    assert due_at > telling.clock.now + AGAIN_AFTER_SECONDS[0] * SECOND_US - 1


async def test_much_that_waits_for_one_holds_up_no_other(
    telling: Telling, receiver: Receiver
) -> None:
    """What is due is found by webhook: of a thousand that wait for one the first is sent, and another's."""
    first = telling.add_webhook(receiver)
    now, database = telling.clock.now, telling.place.database
    telling.open()
    await telling.note()
    notice = database.read_now(notices.find_newest)
    with receiving() as other:
        second = telling.add_webhook(other)

        def fill(connection: Connection) -> None:
            for number in range(1000):
                notices.add_delivery(connection, first, notice, now - 1000 + number)
            notices.add_delivery(connection, second, notice, now)

        database.write_now(fill)
        taken = await telling.sender.take(16)
        assert {item.taken.webhook_id for item in taken} == {first, second}
        assert len(taken) == 2
        assert await telling.sender.take(16) == []


async def test_so_much_waits_for_a_webhook_and_no_more(
    telling: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "MOST_WAITING", 2)
    telling.add_webhook("http://127.0.0.1:9/")
    for _ in range(4):
        telling.open()
        assert len(await telling.note()) == 1
        telling.clock.now += HOUR_US
    assert count(telling, tables.deliveries) == 2
