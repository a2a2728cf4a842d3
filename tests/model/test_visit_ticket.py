"""Visit tickets: what is signed, for how long, and that each use is accepted once and within a bound."""

from __future__ import annotations

import re
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.actions.opening.rate_limits import OwnRateLimits
from listenlink.model.budget import USES_PER_VISIT, Allowance, Budget, Charge, Shortage, Spend
from listenlink.model.client_address import ClientAddress, find_client
from listenlink.model.limit import MOST_VISIT_USES, VISIT_US, WINDOW_US, VisitLimit
from listenlink.model.listen_session import APART_SECONDS
from listenlink.model.share_token import digest
from listenlink.model.signing import Signer, SigningKey
from listenlink.model.visit_ticket import TTL_SECONDS, Use, VisitTickets

RING = [SigningKey("00000001", b"k" * 32)]
TICKETS = VisitTickets(Signer(RING, "listenlink-visit-v1"))
LINK, CLIENT, NOW = digest("shr_" + "0" * 32), find_client("192.0.2.1", "", ()), 1_800_000_000
CLIENTS = [
    find_client(text, "", ())
    for text in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::")
]


@given(
    link=st.sampled_from([b"a", b"b"]),
    client=st.sampled_from(CLIENTS),
    late=st.sampled_from([0, 1, TTL_SECONDS - 1, TTL_SECONDS, TTL_SECONDS + 1]),
    visit=st.integers(0, 2**63 - 1),
    use=st.sampled_from(Use),
)
def test_it_holds_for_its_link_its_client_and_its_time(
    link: bytes, client: ClientAddress, late: int, visit: int, use: Use
) -> None:
    ticket = TICKETS.write(digest("a"), CLIENTS[0], visit, NOW)
    held = TICKETS.read(ticket, digest(link.decode()), client, use, NOW + late)
    is_right = link == b"a" and client == CLIENTS[0] and late < TTL_SECONDS
    assert held == (visit.to_bytes(8, "big") + bytes([use]) if is_right else b"")


def test_it_tells_neither_its_link_nor_its_client() -> None:
    ticket = TICKETS.write(LINK, CLIENT, 7, NOW)
    assert re.fullmatch(r"vt1\.00000001\.0{15}7\.[0-9a-f]{10}\.[0-9a-f]{32}", ticket)
    assert f"{CLIENT.number:x}" not in ticket


@given(place=st.integers(0, 72), other=st.sampled_from("0123456789abcdefg.VT%"))
def test_no_character_of_it_can_be_another(place: int, other: str) -> None:
    ticket = TICKETS.write(LINK, CLIENT, 7, NOW)
    changed = ticket[:place] + other + ticket[place + 1 :]
    assert bool(TICKETS.read(changed, LINK, CLIENT, Use.OPEN, NOW)) == (changed == ticket)


def test_a_ticket_of_other_keys_or_another_purpose_is_none() -> None:
    for ring, purpose in (
        ([SigningKey("00000001", b"o" * 32)], "listenlink-visit-v1"),
        (RING, "other-v1"),
    ):
        ticket = VisitTickets(Signer(ring, purpose)).write(LINK, CLIENT, 7, NOW)
        assert not TICKETS.read(ticket, LINK, CLIENT, Use.OPEN, NOW)


def use_of(visit: int, use: Use = Use.OPEN) -> bytes:
    return visit.to_bytes(8, "big") + bytes([use])


def test_tickets_that_were_saved_up_have_no_more_than_their_share_at_once() -> None:
    """Many pages, then all of their opens in one window: three times the rate, and the rest spends."""
    limits = OwnRateLimits(4, 3)
    asks = [Spend(1, Budget.RESOLVE, WINDOW_US * 9, use_of(number)) for number in range(40)]
    answers = limits.spend_now(asks)
    assert [isinstance(left, Allowance) for left in answers] == [True] * (12 + 4) + [False] * 24
    assert isinstance(answers[-1], Shortage)
    assert answers[-1].budget is Budget.RESOLVE
    later = Spend(1, Budget.RESOLVE, WINDOW_US * 10 + 1, use_of(99))
    (left,) = limits.spend_now([later])
    assert isinstance(left, Allowance)
    assert left.remaining == 4


def test_a_use_that_came_to_nothing_can_be_used_again_and_one_that_spent_is_given_back() -> None:
    limits = OwnRateLimits(4, 3)
    for tick in (5, 6):
        ask = Spend(1, Budget.RESOLVE, tick, use_of(1))
        charges: list[Charge] = []
        for left in limits.spend_now([ask, ask]):
            assert isinstance(left, Allowance)
            charges.append((ask, left))
        assert [left.remaining for _, left in charges] == [4, 3]
        assert not limits.admits(use_of(1), 1, tick)
        limits.give_back(charges)
        assert limits.peek(Budget.RESOLVE, 1, tick).remaining == 4
        assert limits.admits(use_of(1), 1, tick)


def test_a_use_is_known_for_as_long_as_its_ticket_lasts() -> None:
    limit = VisitLimit(9)
    assert limit.take(1, use_of(1), 0)
    for tick in (0, WINDOW_US, VISIT_US):
        assert not limit.take(1, use_of(1), tick)
    assert limit.take(1, use_of(1, Use.SHOW), VISIT_US)
    assert limit.take(1, use_of(1), VISIT_US + 1)


@pytest.mark.parametrize("clients", [1, 1000])
def test_a_flood_of_tickets_fills_no_memory_and_then_spends(clients: int) -> None:
    limit = VisitLimit(USES_PER_VISIT * 10**6)
    tracemalloc.start()
    try:
        flood = range(1, MOST_VISIT_USES + 1000)
        taken = sum(limit.take(number % clients, use_of(number), number) for number in flood)
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken == len(limit) == MOST_VISIT_USES
    assert 1_000_000 < grown < 40_000_000
    # Two turns later the uses are forgotten, and there is room again.
    late = 2 * VISIT_US + 2 * MOST_VISIT_USES
    assert [limit.take(1, use_of(0), late + turn * (VISIT_US + 1)) for turn in range(3)][-1]


def test_a_ticket_of_a_clock_that_was_ahead_is_none() -> None:
    for ahead, is_good in ((APART_SECONDS, True), (APART_SECONDS + 1, False)):
        ticket = TICKETS.write(LINK, CLIENT, 7, NOW + ahead)
        assert bool(TICKETS.read(ticket, LINK, CLIENT, Use.OPEN, NOW)) == is_good
