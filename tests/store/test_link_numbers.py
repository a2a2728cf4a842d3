"""What all links to a target come to is exact whenever lines are added up, and whatever becomes of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from listenlink.actions.make_link import make_link
from listenlink.actions.manage_links import change_link
from listenlink.clock import DAY_US
from listenlink.model.audit import Agent, Outcome
from listenlink.model.link_sums import Agents, LinkNumbers, Quarters, add_numbers
from listenlink.model.share import TargetType
from listenlink.store import listens
from listenlink.store.audit import of_target, open_counts, open_days
from store.owned import NOW, SEALER, Place, make_place

_LINE = text(
    "INSERT INTO audit (at, outcome, share_id, trace, client_id, agent) "
    "VALUES (:at, :outcome, :share, 1, 1, :agent)"
)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await make_place(tmp_path)
    yield made
    made.database.close()


def told(place: Place, kind: TargetType = TargetType.TRACK) -> dict[int, LinkNumbers]:
    number = place.made.track if kind is TargetType.TRACK else place.made.collection
    return place.database.read_now(
        lambda c: of_target.sum_links(c, place.owner.owner, (kind, number))
    )


async def new_link(place: Place, kind: TargetType = TargetType.TRACK) -> int:
    number = place.made.track if kind is TargetType.TRACK else place.made.collection
    made = await make_link(place.database, SEALER, place.owner, kind, number, {}, NOW)
    return made.share.id


async def test_opens_by_what_asked_are_told_once_whenever_they_are_added_up(place: Place) -> None:
    chance = random.Random(5)  # noqa: S311
    links = [place.made.link.share.id, await new_link(place)]
    elsewhere = await new_link(place, TargetType.COLLECTION)
    opened: Counter[tuple[int, Agent]] = Counter()
    for _ in range(200):
        which, most = chance.choice(["line", "line", "line", "count", "days"]), chance.randint(1, 6)
        if which == "line":
            whose, agent = chance.choice([*links, elsewhere]), chance.choice(list(Agent))
            outcome = chance.choice([Outcome.OPENED, Outcome.OPENED, Outcome.RENEWED])
            asked = {
                "at": chance.randint(0, 3) * DAY_US, "outcome": int(outcome), "share": whose,
                "agent": int(agent),
            }  # fmt: skip
            place.database.write_now(partial(lambda c, a: c.execute(_LINE, a), a=asked))
            opened[whose, agent] += outcome is Outcome.OPENED
        elif which == "count":
            place.database.write_now(partial(open_counts.add_up, most_lines=most))
        else:
            place.database.write_now(partial(open_days.add_up, most_lines=most))
        for whose, numbers in told(place).items():
            by_agent = [opened[whose, Agent[kind.upper()]] for kind in Agents._fields]
            assert list(numbers.by_agent) == by_agent
            assert (numbers.opens, numbers.forgotten) == (sum(by_agent), 0)
    assert set(told(place)) == set(links)
    assert set(told(place, TargetType.COLLECTION)) == {elsewhere}
    while place.database.write_now(partial(open_counts.add_up, most_lines=50)):
        pass
    while place.database.read_now(open_days.find_waiting):
        place.database.write_now(partial(open_days.add_up, most_lines=50))
    before = told(place)
    place.database.write_now(lambda c: c.execute(text("DELETE FROM audit")))
    assert told(place) == before


async def test_what_was_counted_while_there_was_a_limit_is_told_once(place: Place) -> None:
    link = place.made.link.share.id
    asked = {"at": 1, "outcome": int(Outcome.OPENED), "share": link, "agent": int(Agent.PERSON)}
    for opens, most in ((3, 9), (3, None), (5, None)):
        for _ in range(opens - told(place)[link].opens):
            place.database.write_now(lambda c: c.execute(_LINE, asked))
        assert told(place)[link].opens == opens
        await change_link(place.database, SEALER, place.owner, link, {"max_opens": most}, NOW)
        assert told(place)[link].opens == opens
        assert told(place)[link].by_agent.person == opens


async def test_what_was_heard_is_told_with_its_link(place: Place) -> None:
    first, second = place.made.link.share.id, await new_link(place)
    track = place.made.track

    def hear(connection: object) -> None:
        listens.add_listen(connection, 1, track, first, NOW)  # type: ignore[arg-type]
        listens.raise_quarter(connection, 1, track, first, NOW, 3)  # type: ignore[arg-type]
        listens.raise_quarter(connection, 2, track, second, NOW, 4)  # type: ignore[arg-type]

    place.database.write_now(hear)
    numbers, nobody = told(place), Agents(0, 0, 0, 0)
    assert numbers == {
        first: LinkNumbers(0, 1, 0, Quarters(three_quarters=1), nobody),
        second: LinkNumbers(0, 0, 0, Quarters(whole=1), nobody),
    }
    assert add_numbers(numbers.values()) == LinkNumbers(0, 1, 0, Quarters(0, 0, 1, 1), nobody)
    assert add_numbers(()) == LinkNumbers(0, 0, 0, Quarters(), nobody)


async def test_nobody_elses_links_are_among_them(place: Place) -> None:
    target = (TargetType.TRACK, place.made.track)
    for other in (place.colleague, place.elsewhere, place.saver):
        assert not place.database.read_now(
            lambda c, other=other: of_target.sum_links(c, other.owner, target)  # type: ignore[misc]
        )
