"""Long lists cost no more than short ones: 100,000 tracks and 10,000 links against 100 of each.

Ratios of medians within one run, asked in turns; a noisy machine gets another try.
"""

from __future__ import annotations

import sqlite3
import time
from statistics import median
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from engines import of_sqlite
from media.make_audio import make

pytestmark = of_sqlite

FEW, TRACKS, LINKS = 100, 100_000, 10_000
MOST = 2.0
TRIES, ASKED = 10, 20


def copies(connection: sqlite3.Connection, table: str, number: int, many: int, **new: str) -> None:
    """Copies of one row, with SQL of `n` (from 1) for what differs."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    chosen = ", ".join(new.get(name, name) for name in columns)
    # Everything here is named by this file.
    sql = (
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "  # noqa: S608
        f"INSERT INTO {table} SELECT {chosen} FROM numbers, {table} WHERE {table}.id = ?"
    )
    connection.execute(sql, (many, number))


def fill(
    server: Server, client: httpx.Client, song: Any, tracks: int, links: int, base: int
) -> None:
    """So many tracks, links and collections for this user, beside the ones over HTTP."""
    track = upload(client, song)
    link = share(client, track["id"])
    mine = client.post("/collections", json={"name": "Evening"}).json()["id"]
    place = client.post(f"/tracks/{track['id']}/save").json()["id"]
    numbers = [
        int(thing.rpartition("_")[2], 16) for thing in (track["id"], place, link["id"], mine)
    ]
    connection = sqlite3.connect(server.database, timeout=30)
    with connection:
        new = {"id": f"{base} + n", "created_at": "created_at - n * 1000000"}
        copies(connection, "tracks", numbers[0], tracks, **new)
        copies(connection, "library", numbers[1], tracks, **new, track_id=f"{base} + n")
        copies(connection, "shares", numbers[2], links, **new, token_digest="randomblob(32)")
        copies(connection, "collections", numbers[3], links, **new)
    connection.close()


@pytest.fixture(scope="module")
def people(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> tuple[httpx.Client, httpx.Client]:
    """One with few, one with many."""
    song = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=5000)
    few = server.owner(server.new_member()["api_key"])
    many = server.owner(server.new_member()["api_key"])
    fill(server, few, song, FEW, FEW, 10**12)
    fill(server, many, song, TRACKS, LINKS, 2 * 10**12)
    return few, many


def cost(client: httpx.Client, path: str, **asked: str | int) -> float:
    began = time.perf_counter()
    answer = client.get(path, params=asked)
    took = time.perf_counter() - began
    assert answer.status_code == 200
    assert len(answer.json()["items"]) == 50
    return took


@pytest.mark.parametrize(
    ("path", "length"), [("/tracks", TRACKS), ("/share", LINKS), ("/collections", LINKS)]
)
def test_the_last_page_of_many_costs_what_the_first_of_few_does(
    people: tuple[httpx.Client, httpx.Client], path: str, length: int
) -> None:
    few, many = people
    before_last = many.get(path, params={"offset": length - 100}).json()["next_cursor"]
    best = {"first": 1e9, "last": 1e9}
    # By offset what comes before is stepped over, which is still nothing among 10,000.
    if length == LINKS:
        best["by offset"] = 1e9
    for _ in range(TRIES):
        taken: dict[str, list[float]] = {"few": [], "first": [], "last": [], "by offset": []}
        for _ in range(ASKED):
            taken["few"].append(cost(few, path))
            taken["first"].append(cost(many, path))
            taken["last"].append(cost(many, path, cursor=before_last))
            if "by offset" in best:
                taken["by offset"].append(cost(many, path, offset=length - 50))
        for page in best:
            best[page] = min(best[page], median(taken[page]) / median(taken["few"]))
        if max(best.values()) <= MOST:
            break
    print(f"\n{path}: {best}")
    assert max(best.values()) <= MOST, best
