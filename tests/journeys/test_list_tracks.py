"""A long library at the desk: any page of it, however it's sorted or searched, is there within a second."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from listenlink.model import ids
from media.make_audio import make
from signed_in import at_desk

TRACKS, LINKS, LINES = 1000, 10_000, 100_000
FIRST = 2 * 10**12
MOST_SECONDS, MOST_BYTES = 1.0, 200 * 1024


def _numbers(many: int) -> str:
    return (
        "WITH RECURSIVE numbers(n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM numbers "  # noqa: S608
        f"WHERE n + 1 < {many}) "
    )


def _copy(server: Server, table: str, where: str, many: int, **new: str) -> None:
    """Copies of one row, with SQL of `n` (from 0) for what differs."""
    if server.backend.url is None:
        names = [row[1] for row in server.query(f"PRAGMA table_info({table})")]
    else:
        columns = "SELECT column_name FROM information_schema.columns WHERE table_name = ?"
        names = [row[0] for row in server.query(columns, table)]
    chosen = ", ".join(f"{new[name]} AS {name}" if name in new else f"t.{name}" for name in names)
    server.change(
        f"{_numbers(many)}INSERT INTO {table} ({', '.join(names)}) "  # noqa: S608 (made of constants)
        f"SELECT {chosen} FROM numbers, {table} t WHERE {where}"
    )


@pytest.fixture(scope="module")
def person(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Somebody with much of all."""
    told: dict[str, Any] = server.new_member("member")
    audio: Path = make("wav16", tmp_path_factory.mktemp("audio") / "song.wav")
    with server.owner(told["api_key"]) as owner:
        track = ids.parse_id(ids.TRACK, upload(owner, audio, title="Song", artist="Ana")["id"])
        made = share(owner, ids.public_id(ids.TRACK, track or 0))
    link = ids.parse_id(ids.SHARE, made["id"])
    is_there = server.backend.url is not None
    digest = "decode(md5(n::text) || md5(n::text), 'hex')" if is_there else "randomblob(32)"
    title = "'Évening ' || (n % 97) || ' of ' || n"
    key, of_track = f"{FIRST} + n", f"{FIRST} + n % {TRACKS}"
    _copy(server, "tracks", f"t.id = {track}", TRACKS, id=key, title=title)
    _copy(server, "library", f"t.track_id = {track}", TRACKS, id=key, track_id=key)
    _copy(server, "shares", f"t.id = {link}", LINKS, id=key, track_id=of_track, token_digest=digest)
    now_us = time.time_ns() // 1000
    server.change(
        f"{_numbers(LINES)}INSERT INTO audit (at, outcome, share_id, trace, client_id, agent) "  # noqa: S608
        f"SELECT {now_us}, 1, {FIRST} + n % {LINKS}, n, 1, 1 FROM numbers"
    )
    user = ids.parse_id(ids.USER, told["user_id"])
    ((email,),) = server.query("SELECT email FROM users WHERE id = ?", user)
    with contextlib.closing(at_desk(server, email)) as client:
        yield client


@pytest.mark.parametrize(
    "query",
    ["", "page=20", "sort=title&page=7", "sort=artist&page=20", "sort=opens", "sort=opens&page=20",
     "q=evening", "q=EVENING+of+99&sort=title", "q=e&sort=opens&page=13", "q=nowhere"],
)  # fmt: skip
def test_any_page_is_there_within_a_second(person: httpx.Client, query: str) -> None:
    took: list[float] = []
    while not took or (min(took) > MOST_SECONDS and len(took) < 3):
        began = time.perf_counter()
        answer = person.get(f"/desk?{query}")
        took.append(time.perf_counter() - began)
        assert answer.status_code == 200
        assert len(answer.content) <= MOST_BYTES
    assert min(took) <= MOST_SECONDS
    rows = answer.text.count("data-track=")
    assert rows == (0 if "nowhere" in query else 50 if "of+99" not in query else 19)
    # The one that was uploaded has a link of its own.
    assert answer.text.count("10 links") in (rows, rows - 1)
    assert answer.text.count("100 opens in 7 days") in (rows, rows - 1)


def test_pages_keep_what_was_asked_for(person: httpx.Client) -> None:
    page = person.get("/desk?q=%C3%A9vening&sort=title&page=2").text
    for number in (1, 3):
        assert f'href="/desk?q=%C3%A9vening&amp;sort=title&amp;page={number}"' in page
    assert "Page 2 of 20" in page
    met: set[str] = set()
    for number in range(1, 22):
        page = person.get(f"/desk?page={number}").text
        met |= {part.partition('"')[0] for part in page.split('data-track="')[1:]}
    assert len(met) == TRACKS + 1
