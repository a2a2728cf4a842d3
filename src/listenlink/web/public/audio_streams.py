"""Streams audio to listeners: a little at a time, checking often that they may listen, never for ever.

What the server's queue and the kernel have taken can't be taken back. So they're given little: that is what
a listener may get after a revocation, and what a crowd that doesn't read may cost (docs/decisions/0033).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

from listenlink.actions.play_track import Sendable, TrackPlayer
from listenlink.clock import SECOND_US, Clock
from listenlink.errors import Problem, ProblemKind
from listenlink.media.storage import Audio
from listenlink.model.client_address import ClientAddress
from listenlink.model.places import Places
from listenlink.web.ranges import Part
from listenlink.web.response import Receive, Send

MOST_OF_A_CLIENT = 100
# The kernel takes this whole: nobody waits for the reader, and this process holds none of it.
SMALL_BYTES = 64 * 1024
# The server holds about five chunks of each stream. They're large for a reader who has taken a lot
# without ever making the stream wait, and small for all others.
_CHUNKS_IN_HAND = 5
_CHUNK_BYTES = 16 * 1024
_LEAST_CHUNK_BYTES = 4 * 1024
_GROWS_PER_BYTES = 64
_WAIT_SECONDS = 0.02
_CHECK_BYTES = 32 * 1024
# A revocation must be noticed within a second.
_CHECK_US = SECOND_US // 2
_PATIENCE_SECONDS = 60.0
_STALLED_SECONDS = 2.0
_NEVER = float("inf")


class Stream:
    """One listener's stream. `waits_since` is when it began to wait for its reader, in the event loop's
    seconds: set for each chunk, and checked by a timer that is set about once a minute."""

    __slots__ = ("_loop", "_timeout", "_timer", "waits_since")

    def __init__(self) -> None:
        self.waits_since = _NEVER
        self._loop = asyncio.get_running_loop()
        self._timeout = asyncio.timeout(None)
        self._timer: asyncio.TimerHandle | None = None

    @contextlib.asynccontextmanager
    async def patiently(self) -> AsyncIterator[None]:
        """Raise TimeoutError in the block once the reader takes nothing for a minute, or after `give_up`."""
        self._look()
        try:
            async with self._timeout:
                yield
        finally:
            assert self._timer is not None  # noqa: S101 (set by the look above)
            self._timer.cancel()

    def give_up(self) -> None:
        """End the stream now. It must have begun."""
        self._timeout.reschedule(self._loop.time())

    def _look(self) -> None:
        now = self._loop.time()
        if now - self.waits_since >= _PATIENCE_SECONDS:
            self.give_up()
        due_at = min(self.waits_since, now) + _PATIENCE_SECONDS
        self._timer = self._loop.call_at(max(due_at, now + 1), self._look)


class AudioStreams:
    """All streams of one process: at most `most`, and at most MOST_OF_A_CLIENT of them for one client."""

    def __init__(self, most: int, player: TrackPlayer, clock: Clock) -> None:
        self.places = Places(most, MOST_OF_A_CLIENT)
        self._player = player
        self._clock = clock
        self._streams: set[Stream] = set()
        self.bytes_sent = 0
        self.given_up = 0

    @contextlib.contextmanager
    def place(self, client: ClientAddress) -> Iterator[Stream]:
        """A place for a stream of more than SMALL_BYTES. Raises Problem(LIMITED) and Problem(UNAVAILABLE).

        If all are taken, whoever has read nothing for the longest time is cut off: then there's a place
        for whoever asks again.
        """
        stream = Stream()
        with contextlib.ExitStack() as taken:
            try:
                taken.enter_context(self.places.take(client.number))
            except Problem as problem:
                # Not for a client who has all that one gets: they would gain nothing, others lose a stream.
                if problem.kind is ProblemKind.UNAVAILABLE:
                    self._end_most_stalled()
                raise
            self._streams.add(stream)
            try:
                yield stream
            finally:
                self._streams.discard(stream)

    def _end_most_stalled(self) -> None:
        now = asyncio.get_running_loop().time()
        stream = min(self._streams, key=lambda one: one.waits_since)
        if now - stream.waits_since > _STALLED_SECONDS:
            stream.waits_since = _NEVER
            stream.give_up()

    async def send(
        self,
        stream: Stream,
        audio: Audio,
        playing: Sendable,
        part: Part,
        receive: Receive,
        send: Send,
    ) -> None:
        """Send the part. Returns early if the listener has left, reads nothing for a minute or may no longer
        listen: the server then closes the connection, so that nobody takes what was sent for the whole."""
        listener = asyncio.ensure_future(_left(receive))
        try:
            async with stream.patiently():
                await self._send_chunks(stream, audio, playing, part, listener, send)
        except TimeoutError:
            self.given_up += 1
        finally:
            listener.cancel()

    async def send_small(self, audio: Audio, part: Part, send: Send) -> None:
        """Send a part of at most SMALL_BYTES. Cut short if not all of it is there."""
        body = await audio.read(part.length, part.start)
        if len(body) == part.length:
            self.bytes_sent += part.length
            await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _send_chunks(
        self,
        stream: Stream,
        audio: Audio,
        playing: Sendable,
        part: Part,
        listener: asyncio.Future[None],
        send: Send,
    ) -> None:
        time, tick_us = asyncio.get_running_loop().time, self._clock.tick_us
        offset, end = part.start, part.start + part.length
        checked_at, checked_offset, waited_offset = tick_us(), offset, offset
        while offset < end:
            if offset - checked_offset >= _CHECK_BYTES or tick_us() - checked_at > _CHECK_US:
                # Sending to somebody who has left never waits, so others get their turn only here.
                await asyncio.sleep(0)
                checked_at, checked_offset = tick_us(), offset
                if listener.done() or not await self._may_go_on(playing):
                    return
            wanted = (offset - waited_offset) // _GROWS_PER_BYTES
            length = min(max(wanted, _LEAST_CHUNK_BYTES), _CHUNK_BYTES, end - offset)
            chunk = await audio.read(length, offset, end - offset - length)
            if not chunk:
                return
            offset += len(chunk)
            self.bytes_sent += len(chunk)
            stream.waits_since = time()
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            if time() - stream.waits_since > _WAIT_SECONDS:
                waited_offset = offset
            stream.waits_since = _NEVER
        # What the server still holds needs a place too. To the server an empty chunk is a chunk, so once
        # it has taken these, the reader has what came before.
        for left in range(_CHUNKS_IN_HAND, -1, -1):
            stream.waits_since = time()
            await send({"type": "http.response.body", "body": b"", "more_body": left > 0})

    async def _may_go_on(self, playing: Sendable) -> bool:
        """Whether the listener may go on; not if the database can't be asked."""
        with contextlib.suppress(Problem):
            return await self._player.may_go_on(playing, self._clock.now_us())
        return False


async def _left(receive: Receive) -> None:
    """Return when the listener has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
