"""The raw dispatch in front of everything: the two hot endpoints and the probes directly, all else through
Litestar.

A Litestar handler would take up half of the time of a resolve, so these two bypass it; and who probes needn't
wait until the framework is loaded. All are in the route table as well, for the schema; a test compares their
answers.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager

from listenlink.actions.bound_request import bound_request
from listenlink.errors import Problem, ProblemKind
from listenlink.logs import log_unexpected
from listenlink.model.ids import new_trace_number, trace_id
from listenlink.model.tally import DoorTally
from listenlink.running.instance import Instance
from listenlink.web import hosts, paths, tus_headers
from listenlink.web.arriving_body import ArrivingBody, body_places
from listenlink.web.caller import ClientFinder
from listenlink.web.headers import OWNERS_JSON, PUBLIC_JSON, everywhere, headers_of
from listenlink.web.later_routes import make_later
from listenlink.web.pages.page_writer import PageWriter
from listenlink.web.probe_door import answer_probe
from listenlink.web.problems import problem_of
from listenlink.web.public.doors import Doors
from listenlink.web.public.playback import PlaybackDoor
from listenlink.web.public.resolve import PublicDoor
from listenlink.web.public.share_page import PageDoor
from listenlink.web.public.share_request import ShareRequests
from listenlink.web.response import (
    IS_HEAD,
    TRACE,
    UNLOCK,
    Headers,
    Message,
    Receive,
    Scope,
    Send,
    problem_answer,
    request_id,
    send_answer,
)

_SHARED = paths.SHARED_PATH.encode()
_AUDIO = paths.AUDIO_PATH.encode()
# Below a share URL: what a page of another site, or a frame without an origin, may ask for too.
_ANYWHERE = (b"/listen", b"/events", b"/standing", b"/details")
_OTHER_FILES = (paths.DOWNLOAD_PATH, paths.ARCHIVE_PATH, paths.MANIFEST_PATH)
_FILES = (_AUDIO, *(path.encode() for path in _OTHER_FILES))
_DRAINED_BYTES = 1024 * 1024
_DRAINED_SECONDS = 1.0
_CLOSE = (b"connection", b"close")


class Front:
    """The ASGI application. `running` is the context of its lifetime, entered at start-up.

    `refused` counts what was refused before an endpoint, `routed` what went through the framework, and the
    probes, which could.
    """

    def __init__(
        self, instance: Instance, running: Callable[[], AbstractAsyncContextManager[None]]
    ) -> None:
        self._process = instance.running
        self._clock = instance.running.clock
        self._presence = instance.running.presence
        self._running = running
        settings, capacity = instance.running.settings, instance.running.capacity
        listening = instance.listening
        self._everywhere = everywhere(settings.base_url.startswith("https://"))
        self._own = self._everywhere + OWNERS_JSON
        self._public = self._everywhere + PUBLIC_JSON
        self._hosts = hosts.AcceptedHosts(settings.base_url)
        clients = self._clients = ClientFinder(
            settings.trusted_proxies, settings.client_prefix_bits
        )
        self.bodies = body_places(capacity.bodies)
        self.refused, self.routed = DoorTally(), DoorTally()
        requests = ShareRequests(listening, clients)
        writer = PageWriter(settings.base_url, listening.pictures, settings.playback_ttl_seconds)
        pages = PageDoor(listening, requests, writer, self._everywhere)
        resolve = PublicDoor(listening, requests, pages, self._everywhere)
        playback = PlaybackDoor(listening, clients, self._everywhere, capacity.audio_streams)
        self._resolve, self._playback = resolve, playback
        self.doors = Doors(listening, clients, requests, writer, pages, resolve, playback)
        self.routes = make_later(self.doors, instance, clients)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever it is."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            return
        scope[TRACE] = new_trace_number()
        presence = self._presence
        if presence.is_leaving:
            send = _closing(send)
        presence.in_flight += 1
        path: bytes = scope["raw_path"]
        headers = headers_of(scope)
        try:
            host = headers.get(b"host")
            if not self._hosts.accepts(host):
                hosts.refuse_unless_probe(host, path, scope["http_version"])
            if presence.is_refusing and path not in hosts.PROBES:
                raise Problem(ProblemKind.UNAVAILABLE)
            if _is_shared(path) and scope["method"] != "POST":
                await self._resolve(scope, headers, send)
            elif path.startswith(_AUDIO):
                await self._playback(scope, headers, receive, send)
            elif path in hosts.PROBES and scope["method"] in ("GET", "HEAD"):
                await self._tell_probe(scope, send)
            elif not await self._resolve.lead(scope, headers, send):
                await self._through_routes(scope, headers, receive, send)
        except Exception as error:
            await self._send_problem(scope, send, problem_of(error, scope[TRACE]))
        finally:
            presence.in_flight -= 1

    async def _tell_probe(self, scope: Scope, send: Send) -> None:
        answer = await answer_probe(scope["raw_path"], self._process)
        if self._presence.is_leaving:  # Perhaps only since it asked.
            send = _closing(send)
        self.routed.add(answer.status)
        await send_answer(scope, send, answer, self._own)

    async def _send_problem(self, scope: Scope, send: Send, problem: Problem) -> None:
        answer = problem_answer(problem, scope[TRACE], self._clock.now_us())
        self.refused.add(answer.status)
        await send_answer(scope, send, answer, self._headers_for(scope))

    async def _through_routes(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        """Answer through Litestar. A refused request whose body is still arriving is drained, within
        bounds, so that its sender gets to read the refusal; then the connection is closed."""
        is_head = scope["method"] == "HEAD" and not _knows_head(scope["raw_path"])
        if is_head:
            # RFC 9110, section 9.3.2: the same answer as for a GET, without the body.
            scope["method"] = "GET"
            scope[IS_HEAD] = True
        body = ArrivingBody(headers, receive)
        answered = False

        async def send_with_headers(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                self.routed.add(message["status"])
                given = {name for name, _ in message["headers"]}
                added = [*self._headers_for(scope), request_id(scope), *scope.get(UNLOCK, ())]
                headers = [*message["headers"], *(h for h in added if h[0] not in given)]
                # Also where leaving began after the request did.
                is_last = not body.has_ended or self._presence.is_leaving
                message["headers"] = [*headers, _CLOSE] if is_last else headers
            elif is_head:
                message["body"] = b""
            await send(message)

        place: AbstractContextManager[None] = contextlib.nullcontext()
        if not body.has_ended:
            place = self.bodies.take(self._clients.find(scope, headers).number)
        with place, bound_request():
            try:
                await self.routes(scope, body.receive, send_with_headers)
            except Exception as error:
                if not answered:
                    raise
                log_unexpected(error, trace_id(scope[TRACE]))
            if not body.has_ended and not body.is_late:
                await _drain(receive)

    def _headers_for(self, scope: Scope) -> Headers:
        """The headers of every answer for this path, whichever handler or refusal it comes from."""
        path: bytes = scope["raw_path"]
        if path.startswith(_SHARED) and path.endswith(_ANYWHERE):
            return self._public
        return self._own + tus_headers.HEADERS if tus_headers.PATHS.fullmatch(path) else self._own

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self._running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def _closing(send: Send) -> Send:
    """A `send` that makes its answer the last on the connection."""

    async def send_last(message: Message) -> None:
        if message["type"] == "http.response.start":
            others = [pair for pair in message["headers"] if pair[0] != _CLOSE[0]]
            message["headers"] = [*others, _CLOSE]
        await send(message)

    return send_last


def _is_shared(path: bytes) -> bool:
    """Whether the path is a share URL itself, not something below one."""
    return path.startswith(_SHARED) and b"/" not in path[len(_SHARED) :]


def _knows_head(path: bytes) -> bool:
    """Whether the endpoint at this path answers HEAD itself."""
    return _is_shared(path.rstrip(b"/")) or path.startswith(_FILES)


async def _drain(receive: Receive) -> None:
    drained = 0
    try:
        async with asyncio.timeout(_DRAINED_SECONDS):
            while drained < _DRAINED_BYTES:
                message = await receive()
                drained += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return
