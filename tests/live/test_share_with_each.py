"""Links for 500 at once: across a kill there are all of them or none, and others open links meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import random
import secrets
import statistics
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server
from live.load import FULL, SHARED, Reply, connected, get, make_links, press, serving

EACH = [{"label": f"Radio {place}", "max_opens": 3} for place in range(500)]
KILLS = 8 if FULL else 3
# As many batches a second in both.
QUIET_SECONDS, BATCHES = (4.0, 12) if FULL else (1.33, 4)


def ask_until_told(server: Server, path: str, key: str, told: list[list[str]]) -> None:
    """Send the same under the same key until an answer comes, whatever happens to the server."""
    with server.owner() as owner:
        while True:
            try:
                answer = owner.post(
                    path, json={"recipients": EACH}, headers={"Idempotency-Key": key}
                )
            except httpx.TransportError:
                time.sleep(0.01)
                continue
            if answer.status_code == 503:
                continue
            assert answer.status_code == 201, answer.text
            told.append([link["token"] for link in answer.json()["items"]])
            return


@pytest.mark.timeout(300)
def test_a_kill_leaves_all_or_none_and_a_repeat_makes_them_once(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        (link,) = make_links(server, tmp_path, {})
        with server.owner() as owner:
            target = owner.get(f"/share/{link['id']}").json()["target_id"]
        told = list[list[str]]()
        path, chance = f"/tracks/{target}/share/batch", random.Random(20)  # noqa: S311
        for _ in range(2):  # The first has its statements planned.
            began = time.monotonic()
            ask_until_told(server, path, secrets.token_hex(8), told)
            takes_seconds = time.monotonic() - began
        cut = 0
        for round_ in range(KILLS):
            asking = threading.Thread(
                target=ask_until_told, args=(server, path, secrets.token_hex(8), told)
            )
            before = len(told)
            asking.start()
            # One before the answer for certain, the others wherever it happens.
            time.sleep((chance.uniform(0, 1.2) if round_ else 0.2) * takes_seconds)
            server.kill()
            cut += len(told) == before
            ((found,),) = server.query("SELECT count(*) FROM shares")
            ((kept,),) = server.query("SELECT count(*) FROM sealed_tokens")
            assert (found - 1) % 500 == 0
            assert found - 1 - 500 * before in (0, 500)
            assert kept == found
            server.start()
            asking.join(60)
            assert len(told) == before + 1
            assert server.query("SELECT count(*) FROM shares") == [(1 + 500 * len(told),)]
        print(
            f"500 links in {takes_seconds * 1000:.0f} ms; {cut} of {KILLS} kills came before the answer"
        )
        assert cut
        with httpx.Client(base_url=server.url) as listener:
            for token in (told[0][0], told[-1][-1]):
                assert listener.get(SHARED + token).status_code == 200
        assert len(set(itertools.chain(*told))) == 500 * len(told)


async def listen_while(server: Server, token: str, work: Any) -> list[Reply]:
    """Open the link on some connections until the work is done."""
    replies, is_done = list[Reply](), False
    addresses = itertools.cycle(f"198.51.{n // 250}.{n % 250}" for n in range(60_000))

    async def until_done() -> None:
        nonlocal is_done
        await work()
        is_done = True

    async with connected(server.port, 8) as connections:
        await asyncio.gather(
            press(
                connections,
                lambda: None if is_done else get(SHARED + token, next(addresses)),
                replies.append,
            ),
            until_done(),
        )
    return replies


def p99(replies: list[Reply]) -> float:
    assert {reply.status for reply in replies} == {200}
    return statistics.quantiles([r.heard_at - r.asked_at for r in replies], n=100)[-1] * 1000


@pytest.mark.timeout(120)
def test_who_opens_a_link_meanwhile_hardly_waits(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        (link,) = make_links(server, tmp_path, {})
        with server.owner() as owner:
            target = owner.get(f"/share/{link['id']}").json()["target_id"]
            base, headers = str(owner.base_url).rstrip("/"), dict(owner.headers)

        took = list[float]()

        async def make_batches() -> None:
            async with httpx.AsyncClient(headers=headers, timeout=60) as asker:
                for _ in range(BATCHES):
                    began = time.monotonic()
                    made = await asker.post(
                        f"{base}/tracks/{target}/share/batch", json={"recipients": EACH}
                    )
                    assert made.status_code == 201, made.text
                    took.append(time.monotonic() - began)
                    await asyncio.sleep(QUIET_SECONDS / BATCHES)

        async def rest() -> None:
            await asyncio.sleep(QUIET_SECONDS)

        asyncio.run(listen_while(server, link["token"], rest))
        quiet = p99(asyncio.run(listen_while(server, link["token"], rest)))
        busy = p99(asyncio.run(listen_while(server, link["token"], make_batches)))
        print(
            f"p99 of opens {quiet:.1f} ms, {busy:.1f} ms while {BATCHES} × 500 links are made, "
            f"each in {statistics.median(took) * 1000:.0f} ms"
        )
        # Who comes while one is written waits for 500 links, once: they're written at one stroke.
        assert busy < 6 * max(quiet, 5.0)
