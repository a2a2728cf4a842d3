"""At every door a refused link is looked up in the same way, whatever the reason: the same statements, trips
to threads and to Redis, and the same answer. So its time can't tell the reason, which
`tests/live/test_timing_oracle.py` measures.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis.connection
import sqlalchemy
from sqlalchemy import event

from cast import Server, upload
from journeys.refused_everywhere import EndedLinks
from journeys.token_doors import DOORS, Asked, Door, ask_for
from listenlink.settings import PREFIX
from listenlink.web.routes import FOR_ANYBODY, FOR_OWNERS
from media.make_audio import make
from web.in_process import Answer, House

_VARYING = re.compile(rb'"(trace_id|timestamp)":"[^"]*"')
_VALUE = re.compile(r"x'[0-9a-f]*'|'(?:[^']|'')*'|\b-?\d+\b|\bNULL\b", re.IGNORECASE)


def test_every_route_that_takes_a_token_is_among_the_doors() -> None:
    covered = {door.route for door in DOORS}
    found = set()
    for handler in [*FOR_ANYBODY, *FOR_OWNERS]:
        code = handler.fn.__code__
        # What shows an owner a token takes none, nor does what seals one anew.
        shows = "find_token" in code.co_names
        named = [one for one in code.co_names + code.co_varnames if one != "token_sealer"]
        names = "" if shows else " ".join(named)
        for path in handler.paths:
            takes = re.search(r"\{(token|signed|name):", path) and "asset" not in path
            # `revoke_named` takes a token where an id could be.
            if takes or "token" in names or "revoke_named" in names:
                methods = handler.http_methods - {"OPTIONS"}
                found |= {f"{method} {path}" for method in methods}
    # Of two methods that one handler answers alike, one will do.
    twice = {route for route in found if route.startswith("HEAD ") and "shared" not in route}
    assert found - twice == covered


class Steps:
    """What a request has done so far: statements without their values, and trips."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.taken: list[str] = []
        self._watch_sqlite(patch)
        self._watch_postgres(patch)
        self._watch_trips(patch)

    def _note(self, text: str) -> None:
        self.taken.append(_VALUE.sub("?", text))

    def _watch_sqlite(self, patch: pytest.MonkeyPatch) -> None:
        connect: Any = sqlite3.connect

        def watched(*arguments: Any, **named: Any) -> sqlite3.Connection:
            made: sqlite3.Connection = connect(*arguments, **named)
            made.set_trace_callback(self._note)
            return made

        patch.setattr(sqlite3, "connect", watched)

    def _watch_postgres(self, patch: pytest.MonkeyPatch) -> None:
        for name in ("fetch", "fetchval", "fetchrow", "execute"):
            self._watch(patch, asyncpg.Connection, name, lambda arguments: str(arguments[1]))

    def _watch_trips(self, patch: pytest.MonkeyPatch) -> None:
        loop = asyncio.base_events.BaseEventLoop
        self._watch(patch, loop, "run_in_executor", lambda arguments: _trip(arguments[2]))
        sent = redis.connection.AbstractConnection
        self._watch(patch, sent, "send_packed_command", lambda _: "redis")

    def _watch(self, patch: pytest.MonkeyPatch, owner: Any, name: str, told: Any) -> None:
        real = getattr(owner, name)

        def watched(*arguments: Any, **named: Any) -> Any:
            if step := told(arguments):
                self._note(step)
            return real(*arguments, **named)

        patch.setattr(owner, name, watched)


def _trip(work: Any) -> str:
    """A commit takes a thread where the disk was slow of late, whatever is committed."""
    return "" if "_commit" in repr(work) else "thread"


@pytest.fixture(scope="module")
def steps() -> Iterator[Steps]:
    with pytest.MonkeyPatch.context() as patch:
        steps = Steps(patch)

        def note(connection: Any, _: Any, statement: str, *__: Any) -> None:
            # The embedded database's driver tells its own.
            if connection.dialect.name == "postgresql":
                steps.taken.append(statement)

        event.listen(sqlalchemy.Engine, "before_cursor_execute", note)
        yield steps
        event.remove(sqlalchemy.Engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def asked(
    server: Server, owner: Any, steps: Steps, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[House, EndedLinks]]:
    song = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=5000)
    track = str(upload(owner, song)["id"])
    server.wait_until_derived()
    ended = EndedLinks(server, track)
    with pytest.MonkeyPatch.context() as patch:
        # With limits, which Redis keeps where there is one, and which these requests don't reach.
        limits = {"RESOLVE_LIMIT_PER_MINUTE": "100000", "MISS_LIMIT_PER_MINUTE": "100000"}
        for name, value in (server.settings | limits).items():
            patch.setenv(PREFIX + name, value)
        for name, value in server.environment.items():
            patch.setenv(name, value)
        house = House(server, track)
        server.stop()  # From now on nobody else takes the database's lock.
        yield house, ended
        house.close()


def ask_in(house: House, door: Door, request: Asked) -> Answer:
    """Ask at this door without a network; with the house's own key only where it takes one."""
    path, _, query = request.path.partition("?")
    headers = {name.lower().encode(): text.encode() for name, text in request.headers.items()}
    if not door.key:
        headers[b"x-api-key"] = b""
    if request.body:
        headers[b"content-length"] = b"%d" % len(request.body)
    return house.ask(request.method, path.encode(), query.encode(), headers, request.body)


def look(house: House, ended: EndedLinks, steps: Steps, door: Door, kind: str) -> tuple[Any, ...]:
    """The answer, without what differs between any two, and the steps to it."""
    request = ask_for(ended, door, kind)
    steps.taken.clear()
    answer = ask_in(house, door, request)
    taken = list(steps.taken)
    return _without_varying(answer, request.path), taken


def _without_varying(answer: Answer, path: str) -> tuple[Any, ...]:
    headers = {
        name: value.replace(path[18:54].encode(), b"") if name == b"location" else value
        for name, value in answer.headers.items()
        if name != b"x-request-id"
    }
    return answer.status, headers, _VARYING.sub(rb'"\1":""', answer.body)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: str(door.name))
def test_a_refused_link_is_looked_up_alike_whatever_the_reason(
    door: Door, asked: tuple[House, EndedLinks], steps: Steps
) -> None:
    for _ in range(2):  # The first time, connections are made and statements prepared.
        seen = {kind: look(*asked, steps, door, kind) for kind in door.kinds()}
    (answer, taken), *others = seen.values()
    held = len(list(Path("/proc/self/fd").iterdir()))
    assert answer[0] in ((302,) if door.name == "pasted" else (403, 404)), (answer, taken, held)
    # What is only led to another address isn't looked up at all.
    assert bool(taken) is (door.name != "pasted")
    for kind, (other_answer, other_taken) in zip(list(seen)[1:], others, strict=True):
        assert other_answer == answer, kind
        assert other_taken == taken, kind
