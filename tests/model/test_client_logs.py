"""Logs in shared buckets: each client's own, whatever lies beside it, in few records and in many."""

from __future__ import annotations

from array import array
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listenlink.model import client_logs
from listenlink.model.client_logs import FEW, ClientLogs

WINDOW_US = 1000
_MOST = (1 << 72) - 1


@pytest.fixture(autouse=True, scope="module")
def _one_bucket() -> object:
    """All clients in one bucket: what a million make unlikely happens to every one here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client_logs, "_LAST_BUCKET", 0)
        yield


# Numbers with many equal bytes, so that one client's is found across the records of others too.
CLIENTS = st.sampled_from([0, 1, 255, 256, 257, 1 << 64, (1 << 64) + 1, _MOST, _MOST - 255])
STEPS = st.lists(
    st.tuples(
        CLIENTS,
        st.sampled_from([0, 0, 1, 255, WINDOW_US, WINDOW_US + 1]),
        st.sampled_from([-1, 0, 1, -(1 << 63), (1 << 63) - 1]),
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(steps=STEPS, marked=st.booleans())
def test_every_log_is_a_plain_list_of_its_client(
    steps: list[tuple[int, int, int]], marked: bool
) -> None:
    logs, tick = ClientLogs(WINDOW_US, marked=marked), 0
    plain: dict[int, list[int]] = defaultdict(list)
    for client, passed, mark in steps:
        tick += passed
        entry = (tick, mark) if marked else (tick,)
        log = logs.find(client, *entry)
        if log is not None:
            while log and log[0] < tick - WINDOW_US:
                del log[: len(entry)]
            logs.add(client, log, *entry)
        plain[client] += entry
        for other in plain:
            found, width = list(logs.find(other) or []), len(entry)
            live = sum(at >= tick - WINDOW_US for at in plain[other][::width])
            assert (
                found[len(found) - live * width :]
                == plain[other][len(plain[other]) - live * width :]
            )
            # What is older than the window was there once, and nothing else.
            assert found == plain[other][len(plain[other]) - len(found) :]


def test_what_looks_like_a_client_across_two_records_is_none() -> None:
    for place in range(1, 17):
        logs = ClientLogs(WINDOW_US)
        first, second = 0x1122334455667788, 0x99AABBCCDDEEFF11
        logs.find(first, 5)
        logs.find(second, 6)
        across = b"".join(
            client.to_bytes(9, "big") + tick.to_bytes(8, "big")
            for client, tick in ((first, 5), (second, 6))
        )
        other = int.from_bytes(across[place : place + 9], "big")
        assert logs.find(other) is None
        assert logs.find(other, 7) is None
        assert [list(logs.find(client) or []) for client in (first, second, other)] == [
            [5],
            [6],
            [7],
        ]


@pytest.mark.parametrize("count", range(1, FEW + 3))
def test_any_entry_can_be_removed_once_and_no_other(count: int) -> None:
    for removed in range(count):
        logs = ClientLogs(WINDOW_US)
        for tick in range(count):
            log = logs.find(1, tick)
            if log is not None:
                logs.add(1, log, tick)
        logs.find(2, count)
        assert isinstance(logs.find(1), array) == (count > FEW)
        assert not logs.remove(1, count)
        assert not logs.remove(3, 0)
        assert logs.remove(1, removed)
        assert not logs.remove(1, removed)
        assert list(logs.find(1) or []) == [tick for tick in range(count) if tick != removed]
        assert list(logs.find(2) or []) == [count]


def test_removing_does_not_cut_what_looks_like_it_across_two_records() -> None:
    logs = ClientLogs(WINDOW_US)
    logs.find(1 << 64, 0)
    logs.find(5 << 64, 1)
    logs.find(0, 5)
    assert logs.remove(0, 5)
    assert logs.find(0) is None
    assert [list(logs.find(client) or []) for client in (1 << 64, 5 << 64)] == [[0], [1]]


def test_an_entry_of_the_window_before_can_be_removed() -> None:
    logs = ClientLogs(WINDOW_US)
    logs.find(1, WINDOW_US)
    logs.find(2, WINDOW_US + 2)
    assert len(logs) == 2
    assert logs.remove(1, WINDOW_US)
    assert len(logs) == 1
    assert logs.find(1) is None


def test_a_client_of_more_bits_is_refused_and_not_cut() -> None:
    assert ClientLogs(WINDOW_US).find(_MOST) is None
    with pytest.raises(OverflowError):
        ClientLogs(WINDOW_US).find(_MOST + 1)
