"""PostgreSQL with ten million links and as many audit lines: an open costs what it did, and a month of the
audit goes in a moment. Takes some minutes and 10 GB, so with `LISTENLINK_TEST_FULL=1` only; with
`LISTENLINK_TEST_LINES` for another number of lines (10⁸: half an hour and 40 GB).
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import time
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

import servers
from cast import Server
from engines import POSTGRESQL
from listenlink.clock import DAY_US, Clock
from listenlink.store.audit import day_tables
from listenlink.store.audit.numbers import TooOld
from listenlink.store.database.location import DatabaseLocation
from live.load import FULL, SHARED, Reply, Request, connected, get, link_number, make_links, press

pytestmark = [
    pytest.mark.skipif(not FULL, reason="takes minutes: LISTENLINK_TEST_FULL=1"),
    pytest.mark.timeout(3600),
]

LINKS = [10**4, 10**6, 10**7]
LINES, DAYS = int(os.environ.get("LISTENLINK_TEST_LINES", 10**7)), 60
ASKED, ROUNDS, OPENS_A_ROUND, CONNECTIONS = 2000, 7, 3000, 16
MOST_RATIO = 1.2
MONTH_WITHIN_SECONDS = 1.0

# Each link's token is made of its number, so that it needn't be kept. They go in by their digests: a row
# at a random place of the index for each would take an hour.
_LINKS_SQL = """
SET session_replication_role = replica; SET work_mem = '1GB';
INSERT INTO shares (id, token_digest, organization_id, creator_id, track_id, visibility, opens,
    counted_to, rotation, allow_download, preview, created_at)
SELECT {first} + row_number() OVER (ORDER BY n.digest), n.digest, s.organization_id, s.creator_id,
    s.track_id, s.visibility, 0, 0, 0, false, true, s.created_at
FROM (SELECT sha256(convert_to('shr_' || md5(n::text), 'UTF8')) digest
    FROM generate_series({first}, {last}) n) n, shares s WHERE s.id = {original};
ANALYZE shares;
"""
_LINES_SQL = """
INSERT INTO audit (id, at, outcome, share_id, trace, client_id, agent)
SELECT n, {began} + n * {step}, 1, 1 + n, n, 1, 0 FROM generate_series(1::bigint, {lines}) n;
INSERT INTO audit_by_share (share_id, audit_id, at) SELECT share_id, id, at FROM audit;
INSERT INTO share_days (share_id, day, opens, listens, listeners, bot_requests, summed_to)
SELECT share_id, at / {day}, 1, 0, 1, 0, id FROM audit;
SELECT setval('audit_id_seq', {lines} + 1);
UPDATE audit_progress SET audit_id = {lines} WHERE name = 'added_up';
ANALYZE audit; CHECKPOINT;
"""


def token(number: int) -> str:
    """The token of the link with this number."""
    return "shr_" + hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()


def fill_audit(postgres: servers.Program, backend: DatabaseLocation) -> None:
    """As many lines each day, up to yesterday, in the tables of their days."""
    today = Clock().now_us() // DAY_US
    database = backend.open()
    database.write_now(lambda c: day_tables.make(c, range(today - DAYS, today)))
    database.close()
    # It would be taken for the cost of an open.
    servers.run_sql(postgres, "postgres", "ALTER SYSTEM SET autovacuum = off")
    servers.run_sql(postgres, "postgres", "SELECT pg_reload_conf()")
    step = DAYS * DAY_US // LINES
    sql = _LINES_SQL.format(
        began=(today - DAYS) * DAY_US - step, step=step, lines=LINES, day=DAY_US
    )
    servers.run_sql(postgres, str(backend.url).rpartition("/")[2], sql)


def cpu_seconds(*parents: int) -> float:
    """Processor time of these processes and their children, of those that live."""
    total = 0.0
    for parent in map(psutil.Process, parents):
        for process in [parent, *parent.children(recursive=True)]:
            times = process.cpu_times()
            total += times.user + times.system
    return total


async def open_many(server: Server, tokens: list[str], count: int) -> None:
    """Open links of these at random, so often."""
    left, statuses = count, set[int]()

    def choose() -> Request | None:
        nonlocal left
        left -= 1
        address = f"198.18.0.{left % 200}"
        return get(SHARED + random.choice(tokens), address) if left >= 0 else None  # noqa: S311

    def heard(reply: Reply) -> None:
        statuses.add(reply.status)

    async with connected(server.port, CONNECTIONS) as connections:
        await press(connections, choose, heard)
    assert statuses == {200}


def cost_of_an_open(server: Server, postgres: servers.Program, links: int) -> float:
    """µs of processor, of the node and of PostgreSQL together; the least of some rounds, because others
    use the machine too."""
    assert server.process is not None
    assert postgres.process is not None
    tokens = [token(number) for number in random.sample(range(1, links + 1), ASKED)]
    asyncio.run(open_many(server, tokens, 3 * ASKED))
    costs = []
    for _ in range(ROUNDS):
        before = cpu_seconds(server.process.pid, postgres.process.pid)
        asyncio.run(open_many(server, tokens, OPENS_A_ROUND))
        after = cpu_seconds(server.process.pid, postgres.process.pid)
        costs.append((after - before) * 1e6 / OPENS_A_ROUND)
    return min(costs)


def drop_a_month(backend: DatabaseLocation) -> float:
    """Seconds for which opens had to wait for the oldest thirty days to go."""
    until_us = (Clock().now_us() // DAY_US - DAYS + 30) * DAY_US
    old = TooOld(until_us, 2 * until_us, line=0, client=0, mark=LINES)
    database, took = backend.open(), 0.0
    while days := database.read_now(lambda c: day_tables.find_old_days(c, old)):
        began = time.monotonic()
        database.write_now(lambda c, d=days: day_tables.drop_days(c, d))  # type: ignore[misc]
        took += time.monotonic() - began
    left = database.read_now(lambda c: c.execute(text("SELECT count(*) FROM audit")).scalar_one())
    database.close()
    assert LINES // 2 <= left <= LINES // 2 + 1000 * ASKED
    return took


def test_an_open_costs_the_same_among_many_links_and_a_month_goes_at_once(tmp_path: Path) -> None:
    postgres = servers.new_postgres()
    url = servers.new_database(postgres)
    settings = {
        "DATABASE_URL": url,
        "TRUSTED_PROXIES": "127.0.0.1/32",
        "RESOLVE_LIMIT_PER_MINUTE": "0",
    }
    server = Server(tmp_path / "data", settings, engine=POSTGRESQL)
    server.create()
    began = time.monotonic()
    fill_audit(postgres, server.backend)
    print(f"{LINES} audit lines over {DAYS} days after {time.monotonic() - began:.0f} s")
    server.start()
    (link,) = make_links(server, tmp_path, {})
    there, costs = 0, list[float]()
    for links in LINKS:
        began = time.monotonic()
        sql = _LINKS_SQL.format(first=there + 1, last=links, original=link_number(link))
        servers.run_sql(postgres, url.rpartition("/")[2], sql)
        there = links
        took = time.monotonic() - began
        costs.append(cost_of_an_open(server, postgres, links))
        print(f"{links} links after {took:.0f} s: {costs[-1]:.0f} µs an open")
    month = drop_a_month(server.backend)
    print(f"thirty days gone in {month:.2f} s")
    server.stop()
    postgres.kill()
    assert month < MONTH_WITHIN_SECONDS
    assert max(costs) / costs[0] <= MOST_RATIO
