"""What is past its time goes, whole days of it and in any number of steps; what isn't stays, and all sums."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text

from cast import Server
from engines import ENGINE, SQLITE
from listenlink.actions.authenticate import Caller, authenticate
from listenlink.actions.make_link import NewLink, make_link
from listenlink.actions.manage_collections import make_collection
from listenlink.actions.manage_links import ToldLink, get_link, sum_up
from listenlink.actions.opening.rule import OpenRequest
from listenlink.actions.telling.manage_webhooks import add_webhook
from listenlink.app import build_instance
from listenlink.clock import DAY_US, Clock
from listenlink.model.audit import Agent, Outcome, Reason
from listenlink.model.client_address import find_client
from listenlink.model.link_sums import LinkSums
from listenlink.model.share import TargetType
from listenlink.model.share_token import digest
from listenlink.model.webhook_shapes import Shape
from listenlink.running.instance import Instance
from listenlink.running.retention import delete_old
from listenlink.settings import PREFIX, load_settings
from listenlink.store import idempotency
from listenlink.store.audit import audit_log, day_tables
from listenlink.store.idempotency import KeptAnswer

KEPT_DAYS = 30
ANNA, BEN = (find_client(address, "", ()) for address in ("203.0.113.5", "2001:db8::1"))


class SetClock(Clock):
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.now = Clock.now_us(self) // DAY_US * DAY_US + DAY_US // 2

    def now_us(self) -> int:
        return self.now

    @property
    def today(self) -> int:
        return self.now // DAY_US


class World(NamedTuple):
    """An instance in this process, its owner, and a link of theirs."""

    instance: Instance
    clock: SetClock
    caller: Caller
    link: NewLink

    async def ask(self, at_us: int, token: str | None = None, client: Any = ANNA) -> Outcome:
        """Open the link, or another token, at this time, which is a minute after the one before."""
        asked = OpenRequest(
            token_digest=digest(token or self.link.token), is_well_formed=True, session=None, counts=True,
            client=client, agent=Agent(at_us // 60_000_000 % 4), referrer=None, trace=at_us % 2**60,
            now_us=at_us, tick_us=at_us,
        )  # fmt: skip
        return (await self.instance.listening.opener.open(asked)).outcome

    async def sums(self) -> tuple[ToldLink, LinkSums]:
        """What the link's owner is told."""
        database, share_id = self.instance.running.database, self.link.share.id
        return await sum_up(database, self.caller, share_id, 300, self.clock.now)

    async def number(self, sql: str) -> int:
        """What a query counts."""
        found: int = await self.instance.running.database.read(
            lambda c: c.execute(text(sql)).scalar_one()
        )
        return found


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server(tmp_path / "data")
    made.create()
    settings = made.settings | {
        "AUDIT_RETENTION_DAYS": str(KEPT_DAYS),
        "MISS_LIMIT_PER_MINUTE": "1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(PREFIX + name, value)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
async def world(server: Server) -> AsyncIterator[World]:
    async with a_world(server) as made:
        yield made


@asynccontextmanager
async def a_world(server: Server) -> AsyncIterator[World]:
    """One with the environment's settings."""
    clock = SetClock()
    instance = build_instance(load_settings(data=server.data, port=server.port), clock)
    caller = await authenticate(instance.running.database, server.api_key, clock.now)
    album = await make_collection(instance.running.database, caller, "Album", None, None, clock.now)
    link = await make_link(
        instance.owning.database,
        instance.owning.token_sealer,
        caller,
        TargetType.COLLECTION,
        album.id,
        {},
        clock.now,
    )
    yield World(instance, clock, caller, link)
    instance.close()


async def test_lines_go_by_whole_days_and_every_count_stays(world: World) -> None:
    first_kept = (world.clock.today - KEPT_DAYS) * DAY_US
    if ENGINE != SQLITE:  # Some of these days have tables, as they do once they were ahead.
        days = [world.clock.today - KEPT_DAYS - 1, world.clock.today - KEPT_DAYS]
        await world.instance.running.database.write(lambda c: day_tables.make(c, days))
    long_gone = [first_kept - 3 * DAY_US + minute * 60_000_000 for minute in range(1, 3)]
    gone = [first_kept - DAY_US + minute * 60_000_000 for minute in range(5)] + [first_kept - 1]
    kept = [first_kept, first_kept + 60_000_000, world.clock.now]
    for at in long_gone + gone + kept:
        assert await world.ask(at) is Outcome.OPENED
    before = await world.sums()

    assert await delete_old(world.instance) > 0

    assert await world.number("SELECT min(at) FROM audit") == first_kept
    assert await world.number("SELECT count(*) FROM audit") == len(kept)
    assert await world.number("SELECT count(*) FROM audit_by_share") == len(kept)
    after = await world.sums()
    assert after == before
    assert [day.opens for day in after[1].days] == [2, 6, 2, 1]
    assert (sum(after[1].by_agent), after[1].forgotten) == (11, 0)
    assert all(after[1].by_agent)
    told = await get_link(world.instance.running.database, world.caller, world.link.share.id)
    assert told.share.opens == 11
    assert await delete_old(world.instance) == 0
    if ENGINE != SQLITE:
        (ahead,) = {
            max(await world.instance.running.database.read(day_tables.list_days))
            - world.clock.today
        }
        assert ahead >= 7


async def test_the_last_line_that_goes_leaves_all_counts(world: World) -> None:
    at = (world.clock.today - KEPT_DAYS - 2) * DAY_US
    for minute in range(4):
        await world.ask(at + minute * 60_000_000)
    await delete_old(world.instance)
    assert await world.number("SELECT count(*) FROM audit") == 0
    await world.ask(world.clock.now)
    told = await get_link(world.instance.running.database, world.caller, world.link.share.id)
    assert told.share.opens == 5


async def test_clients_and_counted_refusals_go_with_their_day(world: World) -> None:
    first_kept = (world.clock.today - KEPT_DAYS) * DAY_US
    for at, client in ((first_kept - DAY_US, ANNA), (first_kept, BEN), (world.clock.now, ANNA)):
        assert await world.ask(at, "shr_1", client) is Outcome.REFUSED
        assert await world.ask(at, "shr_2", client) is Outcome.LIMITED
    assert await world.number("SELECT count(*) FROM limited") == 3
    await delete_old(world.instance)
    assert await world.number("SELECT min(at) FROM limited") == first_kept
    assert await world.number("SELECT count(*) FROM limited") == 2
    assert await world.number("SELECT min(day) FROM clients") == first_kept // DAY_US
    assert await world.number("SELECT count(*) FROM clients") == 2
    entries = list(audit_log.read_audit(world.instance.running.database))
    assert {entry.reason for entry in entries} == {Reason.UNKNOWN, Reason.MISS_LIMIT}
    assert all(entry.client for entry in entries)


async def test_answers_uploads_and_keys_go_after_their_time(world: World, server: Server) -> None:
    database, now = world.instance.running.database, world.clock.now
    answer = KeptAnswer(b"b" * 32, b"sealed")
    for age_us in (0, DAY_US - 1, DAY_US, DAY_US + 1, 3 * DAY_US):
        named = age_us.to_bytes(32, "big")
        keep = partial(
            idempotency.keep_answer, key_digest=named, answer=answer, now_us=now - age_us
        )
        await database.write(keep)
        await world.instance.owning.resumer.begin(
            world.caller, 100, "engine c3R1ZGlv", now - age_us
        )
    days = server.data / "secrets" / "daily"
    world.instance.running.daily_keys.key_of(world.clock.today - 8)
    await delete_old(world.instance)
    assert await world.number("SELECT count(*) FROM idempotent_answers") == 2
    # Of these nothing has come for hours, but of one.
    assert await world.number("SELECT count(*) FROM resumable_uploads") == 1
    assert len(list((server.data / "uploads").glob("resumable-*"))) == 1
    assert not days.exists() or not list(days.iterdir())
    world.instance.running.daily_keys.key_of(world.clock.today)
    await delete_old(world.instance)
    assert ENGINE != SQLITE or len(list(days.iterdir())) >= 1


@pytest.mark.parametrize("kept_days", [0, KEPT_DAYS])
async def test_who_is_told_of_opens_is_told_of_those_that_go(
    server: Server, monkeypatch: pytest.MonkeyPatch, kept_days: int
) -> None:
    """Also where nothing is kept of days that are over: told first, then let go."""
    monkeypatch.setenv(PREFIX + "AUDIT_RETENTION_DAYS", str(kept_days))
    async with a_world(server) as world:
        running = world.instance.running
        await add_webhook(
            running.database, world.instance.owning.webhook_sealer, world.caller, "https://hooks.example/",
            ["link.opened"], Shape.STANDARD, world.clock.now,
        )  # fmt: skip
        for minute in range(3):
            at = (world.clock.today - kept_days) * DAY_US - (minute + 1) * 60_000_000
            assert await world.ask(at) is Outcome.OPENED
        assert await world.number("SELECT count(*) FROM notices") == 0
        assert await delete_old(world.instance) == 3
        assert await world.number("SELECT count(*) FROM audit") == 0
        (facts,) = await running.database.read(
            lambda c: c.execute(text("SELECT facts FROM notices")).scalars().all()
        )
        assert json.loads(facts)["new_opens"] == 3
        assert await world.number("SELECT count(*) FROM deliveries") == 1
