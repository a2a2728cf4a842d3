"""Retention goes on when nobody can be told of what it deletes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys.kept_house import House
from listenlink.clock import DAY_US
from listenlink.store import told_opens
from listenlink.store.audit import open_counts


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, kept_days=1)
    yield made
    made.world.close()


def test_what_can_not_be_told_keeps_nothing_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines that nobody looked at stay; what isn't of the audit goes."""
    link, began_us = house.new_link(), house.began_us
    teller, database = house.world.instance.running.teller, house.world.instance.running.database
    house.open(link, began_us)

    async def fail() -> None:
        raise ValueError

    with monkeypatch.context() as broken:
        broken.setattr(teller, "note", fail)
        assert house.keep_house(began_us + 2 * DAY_US) == 0
    assert house.lines() == [began_us]
    assert house.keep_house(began_us + 2 * DAY_US) == 1
    assert database.read_now(open_counts.find_mark) == database.read_now(
        lambda c: open_counts.find_mark(c, told_opens.MARK)
    )
