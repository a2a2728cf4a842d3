"""Revocation under load: nothing that is asked for after its acknowledgement is given any more.

The ordinary suite sees 600 such requests for each number of workers; `LISTENLINK_TEST_FULL=1` 12,000.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server
from engines import SENDS_AUDIO
from live.load import (
    FULL,
    SHARED,
    WORKERS,
    Reply,
    Request,
    connected,
    get,
    make_links,
    press,
    serving,
)
from trust.figures import figure

ROUNDS = 12 if FULL else 3
ASKED_AFTER = 1000 if FULL else 200
ASKED_BEFORE = 300 if FULL else 150
CONNECTIONS = 32
GIVEN = {"open": 200, "renew": 200} | ({"play": 206} if SENDS_AUDIO else {})
REFUSED = {"open": 404, "renew": 404} | ({"play": 403} if SENDS_AUDIO else {})


@pytest.mark.timeout(600)
@pytest.mark.parametrize("workers", WORKERS)
def test_nothing_is_given_that_is_asked_for_after_a_revocation(
    tmp_path: Path, workers: int
) -> None:
    with serving(tmp_path, workers) as server:
        links = make_links(server, tmp_path, *[{}] * ROUNDS)
        after: Counter[tuple[str, int]] = Counter()
        for link in links:
            after += asyncio.run(revoke_under_load(server, link))
        given = sum(number for (_, status), number in after.items() if status < 400)
        figure("revocations", ROUNDS)
        figure("requests begun after the revocation", sum(after.values()))
        figure("given after the revocation", given)
        assert sum(after.values()) >= ROUNDS * ASKED_AFTER
        # Too busy to say is allowed, rarely; to give anything isn't.
        told = {(name, status) for name, status in after if status != 503}
        assert told == set(REFUSED.items())


async def revoke_under_load(server: Server, link: dict[str, Any]) -> Counter[tuple[str, int]]:
    """Ask for a link in every way, revoke it meanwhile; what came of requests begun afterwards."""
    requests = ways_to_listen(server, link)
    replies: list[Reply] = []
    revoked_at = float("inf")
    async with connected(server.port, CONNECTIONS) as connections:
        choose = chooser(requests, replies, lambda: revoked_at)
        load = asyncio.create_task(press(connections, choose, replies.append))
        async with asyncio.timeout(30):
            while len(replies) < ASKED_BEFORE:
                await asyncio.sleep(0.01)
        began = time.monotonic()
        revoked_at = await asyncio.to_thread(revoke, server, link)
        print(f"revoked in {(revoked_at - began) * 1000:.0f} ms")
        await asyncio.wait_for(load, 30)
    before = {(reply.name, reply.status) for reply in replies if reply.heard_at < began}
    assert before == set(GIVEN.items())
    return Counter((reply.name, reply.status) for reply in replies if reply.asked_at > revoked_at)


def ways_to_listen(server: Server, link: dict[str, Any]) -> list[Request]:
    """An open, an open in a session, and a range of the audio if it comes from here."""
    path = SHARED + str(link["token"])
    with server.listener() as client:
        opened = client.get(path)
    audio = "/v1/" + str(opened.json()["track"]["playback_url"]).partition("/v1/")[2]
    session = opened.headers["listen-session"]
    ways = [
        get(path, "203.0.113.1", "open"),
        get(path, "203.0.113.2", "renew", Listen_Session=session),
        get(audio, "203.0.113.3", "play", Range="bytes=0-99"),
    ]
    return [way for way in ways if way.name in GIVEN]


def chooser(
    requests: list[Request], replies: list[Reply], revoked_at: Callable[[], float]
) -> Callable[[], Request | None]:
    """Each request in turn, until enough of those begun after the revocation are answered."""
    asked = seen = after = 0

    def choose() -> Request | None:
        nonlocal asked, seen, after
        for reply in replies[seen:]:
            seen += 1
            after += reply.asked_at > revoked_at()
        asked += 1
        return requests[asked % len(requests)] if after < ASKED_AFTER else None

    return choose


def revoke(server: Server, link: dict[str, Any]) -> float:
    """Revoke it; the moment at which the acknowledgement is here."""
    headers = {"X-API-Key": server.api_key}
    url = f"{server.url}/v1/music/{server.organization_id}/share/{link['id']}"
    answer = httpx.delete(url, headers=headers, timeout=30)
    acknowledged_at = time.monotonic()
    assert answer.status_code == 200, answer.text
    return acknowledged_at
