"""What listeners and a creator do with a topology all the while, and what they see of it.

Opens from many addresses, audio by presigned URLs, one client that asks too often, and a creator who
makes links and revokes each a moment later. Every answer is kept with the times just before and after.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx

from live.load import SHARED, Connection, Reply, Request, get
from live.topology import LIMIT, Topology

HAMMERS = 2
_LISTENERS, _PLAYERS = 10, 1
_PACE_SECONDS = 0.03
_MOST_SECONDS = 20.0
_REVOKED_AFTER_SECONDS = 0.3
_LOST = 0
_hammers = itertools.count(1)


class Heard(NamedTuple):
    """An answer; its status is 0 if there was none. `about` is a link's token."""

    kind: str
    about: str
    status: int
    trace: str
    retry_after: str
    asked_at: float
    heard_at: float

    @property
    def seconds(self) -> float:
        return self.heard_at - self.asked_at


@dataclass
class NodeLoad:
    """The load on a topology, over links with these tokens. `answers` grows while it runs."""

    place: Topology
    tokens: Sequence[str]
    answers: list[Heard] = field(default_factory=list)
    revoked_at: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._hammer = f"203.0.113.{next(_hammers)}"
        self._recent: deque[str] = deque(maxlen=6)
        self._audio: deque[httpx.URL] = deque(maxlen=20)
        self._is_over = False

    def run(self, work: Callable[[], None], at_least: int = 0) -> NodeLoad:
        """Load it until `work`, in a thread, is done and so many answers are here."""
        asyncio.run(self._run(work, at_least))
        return self

    def of(self, *kinds: str) -> list[Heard]:
        """The answers of these kinds."""
        return [answer for answer in self.answers if answer.kind in kinds]

    def counted(self) -> dict[str, dict[int, int]]:
        """How many answers of each kind had each status."""
        kinds = sorted({answer.kind for answer in self.answers})
        return {kind: dict(Counter(a.status for a in self.of(kind))) for kind in kinds}

    def asked_after_revocation(self) -> list[Heard]:
        """The opens that began after their link's revocation was acknowledged."""
        never = float("inf")
        return [a for a in self.of("open") if a.asked_at > self.revoked_at.get(a.about, never)]

    def _is_enough(self, at_least: int) -> bool:
        return (
            len(self.answers) >= at_least
            and len(self.of("hammer")) >= 3 * LIMIT
            and len(self.asked_after_revocation()) >= 20
        )

    async def _run(self, work: Callable[[], None], at_least: int) -> None:
        bucket = self.place.to_bucket.port
        asking: list[Coroutine[Any, Any, None]] = [
            *(self._keep_asking(self.place.port, self._open) for _ in range(_LISTENERS)),
            *(self._keep_asking(self.place.port, self._ask_too_often) for _ in range(HAMMERS)),
            *(self._keep_asking(bucket, self._play) for _ in range(_PLAYERS)),
            self._make_and_revoke(),
        ]
        tasks = [asyncio.create_task(each) for each in asking]
        try:
            await asyncio.to_thread(work)
            async with asyncio.timeout(300):
                while not self._is_enough(at_least):
                    await asyncio.sleep(0.1)
        finally:
            self._is_over = True
            await asyncio.gather(*tasks)

    def _open(self) -> Request:
        token = random.choice([*self.tokens, *self._recent])  # noqa: S311
        address = f"198.18.{random.randrange(16)}.{random.randrange(250)}"  # noqa: S311
        return get(SHARED + token, address, f"open {token}")

    def _ask_too_often(self) -> Request:
        return get(SHARED + self.tokens[0], self._hammer, f"hammer {self.tokens[0]}")

    def _play(self) -> Request | None:
        if not self._audio:
            return None
        url = random.choice(self._audio)  # noqa: S311
        raw = (
            f"GET {url.raw_path.decode()} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n"
            "Range: bytes=0-99\r\n\r\n"
        )
        return Request("audio ", raw.encode())

    async def _keep_asking(self, port: int, choose: Callable[[], Request | None]) -> None:
        asker = _Asker(port)
        while not self._is_over:
            request = choose()
            if request is not None:
                self._note(request, *(await asker.ask(request)))
            await asyncio.sleep(random.uniform(0, 2 * _PACE_SECONDS))  # noqa: S311
        asker.close()

    def _note(self, request: Request, asked_at: float, reply: Reply | None) -> None:
        kind, _, about = request.name.partition(" ")
        if reply is None:
            self.answers.append(Heard(kind, about, _LOST, "", "", asked_at, time.monotonic()))
            return
        told = (reply.status, reply.trace, reply.header("retry-after"))
        self.answers.append(Heard(kind, about, *told, reply.asked_at, reply.heard_at))
        if kind == "open" and reply.status == 200:
            url = httpx.URL(json.loads(reply.body)["track"]["playback_url"])
            self._audio.append(url)

    async def _make_and_revoke(self) -> None:
        asker, base = _Asker(self.place.port), f"/v1/music/{self.place.nodes[0].organization_id}"
        path = f"{base}/tracks/{self.place.track_id}/share"
        while not self._is_over:
            making = self._creator("POST", path, "make ", b"{}")
            asked_at, reply = await asker.ask(making)
            self._note(making, asked_at, reply)
            if reply is None or reply.status != 201:
                await asyncio.sleep(_REVOKED_AFTER_SECONDS)
                continue
            link = json.loads(reply.body)
            self._recent.append(link["token"])
            await asyncio.sleep(_REVOKED_AFTER_SECONDS)
            revoking = self._creator("DELETE", f"{base}/share/{link['id']}", "revoke ")
            asked_at, reply = await asker.ask(revoking)
            self._note(revoking, asked_at, reply)
            if reply is not None and reply.status == 200:
                self.revoked_at[link["token"]] = reply.heard_at
        asker.close()

    def _creator(self, method: str, path: str, name: str, body: bytes = b"") -> Request:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: "
            f"{self.place.nodes[0].api_key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return Request(name, head.encode() + body)


class _Asker:
    """One connection, made anew when it's gone."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: Connection | None = None

    async def ask(self, request: Request) -> tuple[float, Reply | None]:
        """When it was asked, and the answer, or None if it didn't come."""
        asked_at = time.monotonic()
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                if self._connection is None:
                    loop = asyncio.get_running_loop()
                    made = await loop.create_connection(Connection, "127.0.0.1", self._port)
                    self._connection = made[1]
                reply = await self._connection.ask(request)
        except (OSError, TimeoutError):
            self.close()
            return asked_at, None
        if reply.header("connection").lower() == "close":
            self.close()
        return asked_at, reply

    def close(self) -> None:
        """End it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
