"""Signing keys are changed as docs/operating.md says, on two nodes under load: no request fails by it, and
what was signed before is good to its end.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections import Counter
from pathlib import Path

import pytest

from cast import Server, free_port
from engines import SENDS_AUDIO, of_sqlite
from live.load import SHARED, Reply, Request, connected, get, make_links, press, serving
from live.proxy import needs_nginx, nginx_before
from live.test_rolling_restart import (
    LEAVE_AFTER_SECONDS,
    REST_SECONDS,
    restart_in_turn,
    second_node,
)
from trust.figures import FULL, figure

pytestmark = [of_sqlite, needs_nginx]

REQUESTS = 10_000 if FULL else 1000
CONNECTIONS = 16


class Listening:
    """What listeners have by now: an open's session and address from before, and those of each open since."""

    def __init__(self, path: str) -> None:
        self.open = get(path, name="open")
        self._path = path
        self.old: list[Request] = []
        self._new: list[Request] = []
        self.answers: Counter[tuple[str, int]] = Counter()

    def choose(self) -> Request:
        """An open, or what one has led to."""
        new = random.sample(self._new, min(2, len(self._new)))
        return random.choice([self.open, *self.old, *new])  # noqa: S311

    def hear(self, reply: Reply) -> None:
        """Count it, and keep what an open gives."""
        self.answers[reply.name, reply.status] += 1
        if reply.name == "open" and reply.status == 200:
            audio = "/v1/" + reply.body.partition(b"/v1/")[2].partition(b'"')[0].decode()
            session = reply.header("listen-session")
            # The last few, of whichever key there is.
            self._new = [*self._new[-18:], *self._given(audio, session, "new")]
            self.old = self.old or self._given(audio, session, "old")

    def _given(self, audio: str, session: str, age: str) -> list[Request]:
        play = get(audio, name=f"{age} play", Range="bytes=0-99")
        return [play, get(self._path, name=f"{age} renew", Listen_Session=session)]


@pytest.mark.timeout(300)
def test_keys_are_changed_under_load_and_nothing_fails(tmp_path: Path) -> None:
    assert SENDS_AUDIO
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with serving(tmp_path, PUBLIC_URL=url, LEAVE_AFTER_SECONDS=LEAVE_AFTER_SECONDS) as first:
        (link,) = make_links(first, tmp_path, {})
        second = second_node(first)
        second.start()
        listening = Listening(SHARED + str(link["token"]))
        try:
            with nginx_before(tmp_path / "proxy", port, first.port, second.port):
                asyncio.run(rotate_under_load(port, listening, first, second))
        finally:
            second.stop()
        ring = (first.data / "secrets" / "signing-keys").read_text().split()
    answers = listening.answers
    print(dict(answers))
    failed = {key: count for key, count in answers.items() if key[1] not in (200, 206)}
    figure("requests during rotations", answers.total())
    figure("errors during rotations", sum(failed.values()), of=answers.total())
    assert len(ring) == 4
    assert {name for name, _ in answers} == {
        "open",
        "old play",
        "old renew",
        "new play",
        "new renew",
    }
    assert answers.total() >= REQUESTS
    assert failed == {}


async def rotate_under_load(port: int, listening: Listening, *nodes: Server) -> None:
    rotating: asyncio.Task[None] | None = None

    def choose() -> Request | None:
        is_done = rotating is not None and rotating.done()
        return None if is_done and listening.answers.total() >= REQUESTS else listening.choose()

    async with connected(port, CONNECTIONS) as connections:
        listening.hear(await connections[0].ask(listening.open))
        rotating = asyncio.create_task(asyncio.to_thread(rotate, nodes))
        await press(connections, choose, listening.hear, REST_SECONDS)
    await rotating


def rotate(nodes: tuple[Server, ...]) -> None:
    """The new line below the old one, each node in turn; then in front of it, each node in turn."""
    path = nodes[0].data / "secrets" / "signing-keys"
    old = path.read_text()
    new = f"{secrets.token_hex(4)} {secrets.token_hex(32)}\n"
    for ring in (old + new, new + old):
        draft = path.with_name("signing-keys.new")
        draft.touch(0o600)
        draft.write_text(ring)
        draft.replace(path)
        restart_in_turn(nodes)
