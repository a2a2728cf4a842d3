"""Clients keep their number of the day, and are asked for once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from listenlink.actions.keep_opens import OpenKeeper
from listenlink.actions.limit_clients import OwnLimits
from listenlink.actions.name_clients import ClientNames
from listenlink.actions.open_link import OpenRequest
from listenlink.clock import DAY_US
from listenlink.model.audit import Agent
from listenlink.model.client_address import ClientAddress, find_client
from listenlink.secret_keys import DayKeys
from listenlink.store.backend import Backend

NOON_US = 20_000 * DAY_US + DAY_US // 2
ANNA, BEN = (find_client(address, "", ()) for address in ("203.0.113.5", "2001:db8::1"))


class CountedDays(DayKeys):
    """A key a day, and how often one was asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def key_of(self, day: int) -> bytes:
        self.asked += 1
        return b"%032d" % day

    def prepare(self, day: int) -> None:
        return

    def destroy_old(self, today: int) -> int:
        return 0


def test_who_has_a_number_is_not_asked_for_again_that_day() -> None:
    names = ClientNames(CountedDays())
    first = names.look_up([ANNA, BEN, ANNA], NOON_US)
    assert [prefix for _, prefix in first.unnamed.values()] == [ANNA.prefix, BEN.prefix]
    first.give([7, 8])
    assert (first.number(ANNA), first.number(BEN)) == (7, 8)
    assert len(names.look_up([ANNA], NOON_US).unnamed) == 1  # nothing of it is durable yet
    names.remember(first)
    again = names.look_up([BEN], NOON_US)
    assert (again.unnamed, again.number(BEN)) == ({}, 8)
    tomorrow = names.look_up([BEN], NOON_US + DAY_US)
    assert len(tomorrow.unnamed) == 1
    names.remember(first)
    assert len(names.look_up([BEN], NOON_US + DAY_US).unnamed) == 1


def test_a_batch_of_nobody_forgets_nobody(tmp_path: Path) -> None:
    backend = Backend(tmp_path, None)
    backend.create()
    connection = sqlite3.connect(backend.path, isolation_level=None)
    days = CountedDays()
    keeper = OpenKeeper(OwnLimits(100, 100), ClientNames(days), 3600)
    for items in ([asked(ANNA)], [None], [asked(ANNA)]):
        connection.execute("BEGIN IMMEDIATE")
        keeper.run_now(connection, items)
        connection.execute("COMMIT")
        keeper.done()
    assert days.asked == 1
    assert connection.execute(
        "SELECT count(*), count(DISTINCT client_id) FROM audit"
    ).fetchone() == (2, 1)
    connection.close()


def asked(client: ClientAddress) -> OpenRequest:
    """A request for a link that isn't there."""
    return OpenRequest(
        token_digest=b"?" * 32, is_well_formed=True, session=None, counts=True, client=client,
        agent=Agent.UNKNOWN, referrer=None, trace=1, now_us=NOON_US, tick_us=NOON_US,
    )  # fmt: skip
