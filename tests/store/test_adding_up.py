"""Housekeeping counts opens while it's quiet, and leaves the lock to those who open when it isn't."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from cast import Server
from engines import of_sqlite
from listenlink.model.audit import Agent, Outcome
from listenlink.running.adding_up import add_up_opens
from listenlink.store.audit import open_counts, open_days
from listenlink.store.database.database import raw_of
from listenlink.store.opening import sqlite_opens
from listenlink.store.opening.open_rows import AuditLine
from store.test_retention import World, a_world

pytestmark = of_sqlite

WAITING = 12_000


def write(connection: Connection, many: int) -> None:
    """So many lines of a link without a limit."""
    lines = [AuditLine(n, Outcome.OPENED, None, 1, n, 1, Agent.PERSON, None) for n in range(many)]
    sqlite_opens.write_audit(raw_of(connection), lines)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    server = Server(tmp_path / "data")
    server.create()
    async with a_world(server) as made:
        await made.instance.running.database.write(lambda c: write(c, WAITING))
        yield made


async def waiting_in(world: World) -> int:
    return await world.instance.running.database.read(open_counts.find_waiting)


async def test_all_is_counted_while_it_is_quiet(world: World) -> None:
    newest = await add_up_opens(world.instance, WAITING)
    assert (newest, await waiting_in(world)) == (WAITING, 0)


async def test_a_rush_ends_what_was_begun_in_the_quiet_before(world: World) -> None:
    database = world.instance.running.database
    counting, rushing = asyncio.create_task(add_up_opens(world.instance, WAITING)), 0
    while not counting.done():
        await database.write(lambda c: write(c, 200))
        rushing += 200
        await asyncio.sleep(0.01)
    assert await waiting_in(world) > rushing + WAITING / 2


async def test_nothing_is_begun_in_a_rush(world: World) -> None:
    await add_up_opens(world.instance, 0)
    assert await waiting_in(world) == WAITING


async def test_a_rush_is_one_though_as_many_are_counted_as_come_in(world: World) -> None:
    database = world.instance.running.database
    newest = await add_up_opens(world.instance, 0)
    await database.write(lambda c: write(c, 1000))
    await database.write(lambda c: open_counts.add_up(c, 1000))
    await database.write(lambda c: open_days.add_up(c, 1000))
    await add_up_opens(world.instance, newest)
    assert await waiting_in(world) == WAITING
