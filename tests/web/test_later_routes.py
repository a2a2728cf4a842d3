"""What needs no framework is answered before there is one; what does waits until it's made, once."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from engines import of_folder
from listenlink.app import build_instance
from listenlink.clock import Clock
from listenlink.running.instance import Instance
from listenlink.settings import load_settings
from listenlink.web import routes
from listenlink.web.front import Front
from listenlink.web.later_routes import LaterRoutes
from media.make_audio import make
from web.test_front import ask, comparable

pytestmark = of_folder


@pytest.fixture(scope="module")
def link(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> str:
    song = upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))
    return f"/v1/music/shared/{share(owner, song['id'])['token']}"


@pytest.fixture
async def instance(server: Server) -> AsyncIterator[Instance]:
    built = build_instance(load_settings(data=server.data, port=server.port), Clock())
    yield built
    built.close()


async def test_links_and_probes_are_answered_before_the_routes_are_made(
    instance: Instance, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, make_routes = threading.Event(), routes.make_routes

    def make_late(*parts: Any) -> Any:
        assert may_end.wait(20)
        return make_routes(*parts)

    monkeypatch.setattr(routes, "make_routes", make_late)
    front = Front(instance, lambda: contextlib.nullcontext())
    front.routes.begin()
    waiting = asyncio.create_task(ask(front, "GET", "/v1/caller"))
    for path, accepted in (
        (link, b"*/*"),
        (link, b"text/html"),
        ("/healthz", b"*/*"),
        ("/readyz", b"*/*"),
    ):
        status, _, body = await ask(front, "GET", path, (b"accept", accepted))
        assert (status, bool(body)) == (200, True), (path, accepted)
    assert not waiting.done()
    may_end.set()
    assert (await asyncio.wait_for(waiting, 20))[0] == 401


async def test_they_are_made_once_for_all_who_ask_at_the_same_time() -> None:
    made = []

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await send(scope["path"])

    def make_once() -> Any:
        made.append(threading.current_thread())
        return answer

    later, sent = LaterRoutes(make_once), []

    async def send(path: Any) -> None:
        sent.append(path)

    await asyncio.gather(*(later({"path": path}, None, send) for path in "abc"))  # type: ignore[arg-type]
    assert sorted(sent) == ["a", "b", "c"]
    assert len(made) == 1
    assert made[0] is not threading.current_thread()


async def test_who_goes_away_while_they_are_made_takes_them_from_nobody(instance: Instance) -> None:
    front = Front(instance, lambda: contextlib.nullcontext())
    gone = asyncio.create_task(ask(front, "GET", "/v1/caller"))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await ask(front, "GET", "/v1/caller"))[0] == 401


async def test_routes_that_cannot_be_made_are_an_error_each_time(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_parts: Any) -> Any:
        raise ValueError

    monkeypatch.setattr(routes, "make_routes", fail)
    front = Front(instance, lambda: contextlib.nullcontext())
    for _ in range(2):
        assert (await ask(front, "GET", "/v1/caller"))[0] == 500


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_probes_answer_alike_through_the_route_table(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    front = Front(instance, lambda: contextlib.nullcontext())
    direct = await ask(front, method, path)
    monkeypatch.setattr("listenlink.web.hosts.PROBES", ())
    routed = await ask(front, method, path)
    assert direct[0] == 200
    assert comparable(direct) == comparable(routed)
    assert front.routed.by_class[2] == 2
