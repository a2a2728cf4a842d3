"""Clients keep their number of the day, and are asked for once."""

from __future__ import annotations

import hmac
import sqlite3
import tracemalloc
from pathlib import Path

from listenlink.actions.open_link import OpenRequest
from listenlink.actions.opening.pseudonyms import Pseudonyms, pseudonym_of
from listenlink.actions.opening.rate_limits import OwnRateLimits
from listenlink.actions.opening.transaction import OpenKeeper
from listenlink.clock import DAY_US
from listenlink.model.audit import Agent
from listenlink.model.client_address import ClientAddress, find_client
from listenlink.secret_keys import DayKeys
from listenlink.store.database.location import DatabaseLocation

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
    names = Pseudonyms(CountedDays())
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


def test_of_very_many_clients_those_of_late_are_known_and_the_memory_is_small() -> None:
    names = Pseudonyms(CountedDays())
    tracemalloc.start()
    for first in range(0, 80_000, 500):
        batch = names.look_up([client_of(first + n) for n in range(500)] + [ANNA], NOON_US)
        batch.give(range(first, first + len(batch.unnamed)))
        names.remember(batch)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    lately = names.look_up([ANNA, *(client_of(n) for n in range(75_000, 80_000))], NOON_US)
    assert lately.unnamed == {}
    assert lately.number(client_of(79_999)) == 79_999
    assert len(names.look_up([client_of(5)], NOON_US).unnamed) == 1
    assert 1_000_000 < kept < 12_000_000


def client_of(n: int) -> ClientAddress:
    return ClientAddress(f"2001:db8:{n >> 16:x}:{n & 65535:x}::1", n, "2001:db8::/48")


def test_a_batch_of_nobody_forgets_nobody(tmp_path: Path) -> None:
    backend = DatabaseLocation(tmp_path, None)
    backend.create()
    connection = sqlite3.connect(backend.path, isolation_level=None)
    days = CountedDays()
    keeper = OpenKeeper(OwnRateLimits(100, 100), Pseudonyms(days), 3600)
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


def test_a_number_that_was_never_stored_is_not_remembered(tmp_path: Path) -> None:
    backend = DatabaseLocation(tmp_path, None)
    backend.create()
    connection = sqlite3.connect(backend.path, isolation_level=None)
    keeper = OpenKeeper(OwnRateLimits(100, 100), Pseudonyms(CountedDays()), 3600)
    for end in ("ROLLBACK", "COMMIT"):
        connection.execute("BEGIN IMMEDIATE")
        keeper.run_now(connection, [asked(ANNA)])
        connection.execute(end)
        keeper.undo() if end == "ROLLBACK" else keeper.done()
    named = "SELECT c.prefix FROM audit a JOIN clients c ON c.id = a.client_id"
    assert connection.execute(named).fetchall() == [(ANNA.prefix,)]
    connection.close()


def test_processes_have_the_same_number_for_a_client(tmp_path: Path) -> None:
    backend = DatabaseLocation(tmp_path, None)
    backend.create()
    connection = sqlite3.connect(backend.path, isolation_level=None)
    for _ in range(2):
        keeper = OpenKeeper(OwnRateLimits(100, 100), Pseudonyms(CountedDays()), 3600)
        connection.execute("BEGIN IMMEDIATE")
        keeper.run_now(connection, [asked(ANNA), asked(BEN)])
        connection.execute("COMMIT")
        keeper.done()
    lines = connection.execute(
        "SELECT client_id, count(*) FROM audit GROUP BY client_id"
    ).fetchall()
    assert [times for _, times in lines] == [2, 2]
    assert connection.execute("SELECT count(*) FROM clients").fetchone() == (2,)
    connection.close()


def test_a_pseudonym_is_of_its_days_key_and_says_nothing_of_the_address() -> None:
    one, other = (pseudonym_of(key, ANNA.full) for key in (b"a" * 32, b"b" * 32))
    assert one == hmac.new(b"a" * 32, ANNA.full.encode(), "sha256").digest()[:16]
    assert one != other
    assert pseudonym_of(b"a" * 32, BEN.full) != one
    assert ANNA.full.encode() not in one


def asked(client: ClientAddress) -> OpenRequest:
    """A request for a link that isn't there."""
    return OpenRequest(
        token_digest=b"?" * 32, is_well_formed=True, session=None, counts=True, client=client,
        agent=Agent.UNKNOWN, referrer=None, trace=1, now_us=NOON_US, tick_us=NOON_US,
    )  # fmt: skip
