"""Who changes versions of many tracks keeps no listener from being told that a link is closed."""

from __future__ import annotations

from ipaddress import ip_address
from types import SimpleNamespace
from typing import Any

import pytest

from listenlink.actions import watch_links
from listenlink.actions.watch_links import LinkWatcher
from listenlink.errors import Problem, ProblemKind
from listenlink.model.client_address import client_address
from listenlink.model.listen_session import ListenSession
from listenlink.store.turned_links import Turned

SECOND_US, NOW = 1_000_000, 1_800_000_000
MANY, AT_ONCE = 50, 20


async def test_so_many_are_looked_at_and_the_closed_are_told_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turned = {Turned(number, NOW * SECOND_US - number) for number in range(MANY)}
    looked: list[set[Turned]] = []

    def find_following(_: Any, share_ids: set[int], some: set[Turned]) -> set[int]:
        looked.append(some)
        if len(looked) == 1:
            raise Problem(ProblemKind.UNAVAILABLE)
        return share_ids

    async def read(find: Any) -> Any:
        return find(None)

    monkeypatch.setattr(watch_links, "find_lives", lambda *_: {})
    monkeypatch.setattr(watch_links, "find_turned", lambda *_: set(turned))
    monkeypatch.setattr(watch_links, "find_following", find_following)
    database: Any = SimpleNamespace(read=read)
    clock: Any = SimpleNamespace(now_us=lambda: NOW * SECOND_US)
    watcher = LinkWatcher(database, clock, 10)
    client = client_address(ip_address("198.51.100.7"))
    with watcher.watch(ListenSession(1, 0, 5, NOW + 60), client) as watch:
        with pytest.raises(Problem):
            await watcher.look()
        assert (watch.is_closed, watch.changed.is_set()) == (True, False)
        for _ in range(4):
            await watcher.look()
        assert watch.changed.is_set()
    assert [len(some) for some in looked] == [AT_ONCE, AT_ONCE, AT_ONCE, MANY - 2 * AT_ONCE, 0]
    assert set().union(*looked[1:]) == turned
