"""Playback, `GET` and `HEAD /v1/music/audio/{signed}`: audio for whoever may listen, while they may."""

from __future__ import annotations

import structlog

from listenlink.actions.play_track import Sendable
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.media.attachment import content_disposition
from listenlink.media.storage import Audio
from listenlink.model.tally import DoorTally
from listenlink.running.listening import Listening
from listenlink.web.caller import ClientFinder
from listenlink.web.headers import MEDIA, preflight
from listenlink.web.paths import MANIFEST_PATH
from listenlink.web.public.audio_streams import SMALL_BYTES, AudioStreams
from listenlink.web.ranges import Part, choose_part
from listenlink.web.response import (
    TRACE,
    Answer,
    Headers,
    Receive,
    Scope,
    Send,
    problem_answer,
    request_id,
    send_answer,
)

_ALLOW = (b"allow", b"GET, HEAD, OPTIONS")
_NO_STORE = (b"cache-control", b"no-store")
_REFUSED = {412: ProblemKind.PRECONDITION_FAILED, 416: ProblemKind.RANGE_NOT_SATISFIABLE}


class PlaybackDoor:
    """Streams stored audio, or has the proxy in front do so, once everything is checked here."""

    def __init__(
        self,
        listening: Listening,
        clients: ClientFinder,
        shared_headers: Headers,
        most_streams: int,
    ) -> None:
        self._listening = listening
        self._clients = clients
        self._headers = shared_headers + MEDIA
        self._manifests = (listening.settings.base_url + MANIFEST_PATH).encode()
        self.tally = DoorTally()
        self.streams = AudioStreams(most_streams, listening.player, listening.clock)

    async def __call__(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        """Answer one request."""
        answer, playing, part = await self.answer(scope, headers)
        await self._send(scope, headers, receive, send, answer, playing, part)

    async def download(
        self,
        scope: Scope,
        headers: dict[bytes, bytes],
        receive: Receive,
        send: Send,
        playing: Sendable | None,
        file_name: str,
    ) -> None:
        """Answer a request for the file itself, to be saved as `file_name`."""
        answer, playing, part = self._answer(scope, headers, playing)
        disposition = content_disposition(file_name).encode()
        answer.headers = [
            (name, disposition if name == b"content-disposition" else value)
            for name, value in answer.headers
        ]
        await self._send(scope, headers, receive, send, answer, playing, part)

    async def _send(
        self,
        scope: Scope,
        headers: dict[bytes, bytes],
        receive: Receive,
        send: Send,
        answer: Answer,
        playing: Sendable | None,
        part: Part | None,
    ) -> None:
        if playing is None or part is None or scope["method"] == "HEAD":
            await self._send_whole(scope, send, answer)
            return
        try:
            if part.length <= SMALL_BYTES:
                audio = await self._open(playing, part)
                await self._begin(scope, send, answer)
                await self.streams.send_small(audio, part, send)
                return
            with self.streams.place(self._clients.find(scope, headers)) as stream:
                audio = await self._open(playing, part)
                await self._begin(scope, send, answer)
                await self.streams.send(stream, audio, playing, part, receive, send)
        except Problem as problem:
            # All of these are raised before the answer has begun.
            await self._send_whole(scope, send, self._refused(scope, problem))

    async def _begin(self, scope: Scope, send: Send, answer: Answer) -> None:
        self.tally.add(answer.status)
        headers = [*answer.headers, *self._headers, request_id(scope)]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})

    async def _send_whole(self, scope: Scope, send: Send, answer: Answer) -> None:
        self.tally.add(answer.status)
        await send_answer(scope, send, answer, self._headers)

    async def _open(self, playing: Sendable, part: Part) -> Audio:
        try:
            return await playing.open(self._listening.storage, part.start, part.length)
        except FileNotFoundError:
            # Deleted since the check; or lost, which the operator should know about.
            structlog.get_logger().warning("audio_missing", digest=playing.playable.digest.hex())
            raise Problem(ProblemKind.PLAYBACK_REFUSED) from None

    def _refused(self, scope: Scope, problem: Problem) -> Answer:
        refused = problem_answer(problem, scope[TRACE], self._listening.clock.now_us())
        refused.headers.append(_NO_STORE)
        return refused

    async def answer(
        self, scope: Scope, headers: dict[bytes, bytes]
    ) -> tuple[Answer, Sendable | None, Part | None]:
        """The answer's head; and if it has a body, which audio and which part of it to send."""
        if scope["method"] == "OPTIONS":
            return Answer(204, headers=[_ALLOW, *preflight(b"Range, If-Range")]), None, None
        if scope["method"] not in ("GET", "HEAD"):
            refused = self._refused(scope, Problem(ProblemKind.METHOD_NOT_ALLOWED))
            refused.headers.append(_ALLOW)
            return refused, None, None
        playing = await self._find(scope, self._listening.clock.now_us())
        return self._answer(scope, headers, playing)

    def _answer(
        self, scope: Scope, headers: dict[bytes, bytes], playing: Sendable | None
    ) -> tuple[Answer, Sendable | None, Part | None]:
        if playing is None:
            return self._refused(scope, Problem(ProblemKind.PLAYBACK_REFUSED)), None, None
        now_us = self._listening.clock.now_us()
        if self._listening.settings.accel_prefix and playing.is_object:
            headed = self._handed_over(playing, now_us)
            return Answer(200, headers=[*headed, *self._manifest_link(scope, playing)]), None, None
        etag = b'"%s"' % playing.playable.digest.hex().encode()
        size = playing.playable.size_bytes
        part = choose_part(scope["method"], headers, size, etag)
        if part.status in _REFUSED:
            refused = self._refused(scope, Problem(_REFUSED[part.status]))
            if part.status == 416:
                refused.headers.append((b"content-range", b"bytes */%d" % size))
            return refused, None, None
        answer = Answer(part.status, headers=_part_headers(playing, part, etag, now_us))
        if part.status != 304:
            answer.headers += self._manifest_link(scope, playing)
        return answer, playing, part if part.length else None

    def _handed_over(self, playing: Sendable, now_us: int) -> Headers:
        """Headers for nginx, which then answers from the folder itself and handles ranges and conditions."""
        name = playing.playable.digest.hex()
        path = f"{self._listening.settings.accel_prefix}{name[:2]}/{name}"
        headers = _part_headers(playing, Part(200), b"", now_us)
        kept = (b"cache-control", b"content-type", b"content-disposition")
        return [
            (b"x-accel-redirect", path.encode()),
            *(pair for pair in headers if pair[0] in kept),
        ]

    def _manifest_link(self, scope: Scope, playing: Sendable) -> Headers:
        """Where the manifest of these bytes is, if there is one (C2PA 2.2, section 11.5): it's asked for with
        the same signed value as they are."""
        if not playing.playable.has_manifest:
            return []
        signed = scope["raw_path"].rpartition(b"/")[2]
        return [(b"link", b'<%b%b>; rel="c2pa-manifest"' % (self._manifests, signed))]

    async def _find(self, scope: Scope, now_us: int) -> Sendable | None:
        # The undecoded path and no query at all: a URL has one spelling.
        if scope["query_string"]:
            return None
        signed = scope["raw_path"].rpartition(b"/")[2].decode("latin-1")
        return await self._listening.player.begin(signed, now_us)


def _part_headers(playing: Sendable, part: Part, etag: bytes, now_us: int) -> Headers:
    left = max(0, playing.expires_at - now_us // SECOND_US)
    headers = [
        (b"etag", etag),
        (b"cache-control", b"private, max-age=%d, no-transform" % left),
    ]
    if part.status == 304:
        return headers
    headers += [
        (b"content-type", playing.playable.content_type.encode()),
        (b"content-disposition", b"inline"),
        (b"accept-ranges", b"bytes"),
        (b"content-length", b"%d" % part.length),
    ]
    if part.status == 206:
        last = part.start + part.length - 1
        size = playing.playable.size_bytes
        headers.append((b"content-range", b"bytes %d-%d/%d" % (part.start, last, size)))
    return headers
