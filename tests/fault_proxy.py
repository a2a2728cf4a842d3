"""A TCP proxy with faults, in a thread of its own: between a server of ours and one it depends on.

It knows nothing of what it carries. A fault holds for what comes after it is set, on connections that
are open too.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from enum import Enum, auto
from typing import Any

_CHUNK_BYTES = 16 * 1024
_STEP_SECONDS = 0.02


class Fault(Enum):
    """What goes wrong."""

    NONE = auto()
    REFUSE = auto()  # nobody listens, and what is open is reset
    HANG = auto()  # connections are accepted, and nothing is carried any more
    SLOW = auto()  # some bytes a second, either way
    CUT = auto()  # what is answered ends after some bytes
    ANSWER = auto()  # each connection gets the same bytes, and is closed


class FaultProxy:
    """Listens on `port` on loopback, and carries bytes to `target_port` and back."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = 0
        self._fault = Fault.NONE
        self._number = 0
        self._answer = b""
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """Listen on a free port, and carry."""
        self._thread.start()
        self._run(self._listen())

    def stop(self) -> None:
        """End every connection and the thread."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def heal(self) -> None:
        """Carry everything again."""
        self._set(Fault.NONE)

    def refuse(self) -> None:
        """Refuse connections, and reset those that are open."""
        self._set(Fault.REFUSE)

    def hang(self) -> None:
        """Accept connections and what is sent, and carry nothing."""
        self._set(Fault.HANG)

    def slow_down(self, bytes_per_second: int) -> None:
        """Carry no more than so much, on each connection and in each direction."""
        self._set(Fault.SLOW, bytes_per_second)

    def cut_after(self, answered_bytes: int) -> None:
        """Reset each connection when so much was answered on it from now on."""
        self._set(Fault.CUT, answered_bytes)

    def answer_with(self, answer: bytes) -> None:
        """Answer whatever is sent with these bytes, and close."""
        self._set(Fault.ANSWER, 0, answer)

    def _set(self, fault: Fault, number: int = 0, answer: bytes = b"") -> None:
        self._run(self._change(fault, number, answer))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _change(self, fault: Fault, number: int, answer: bytes) -> None:
        self._fault, self._number, self._answer = fault, number, answer
        if fault is Fault.REFUSE:
            await self._close()
        elif self._server is None:
            await self._listen()
        elif fault is Fault.ANSWER:
            self._reset()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._reset()

    def _reset(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            async with self._kept(writer):
                if self._fault is Fault.ANSWER:
                    await reader.read(_CHUNK_BYTES)
                    writer.write(self._answer)
                    await writer.drain()
                    return
                there, back = await asyncio.open_connection("127.0.0.1", self.target_port)
                async with self._kept(back):
                    await self._both(reader, writer, there, back)

    async def _both(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        there: asyncio.StreamReader,
        back: asyncio.StreamWriter,
    ) -> None:
        ways = [
            asyncio.ensure_future(self._carry(reader, back, is_answer=False)),
            asyncio.ensure_future(self._carry(there, writer, is_answer=True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()

    @contextlib.asynccontextmanager
    async def _kept(self, writer: asyncio.StreamWriter) -> AsyncIterator[None]:
        self._writers.add(writer)
        try:
            yield
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_answer: bool
    ) -> None:
        answered = 0
        while chunk := await reader.read(self._most()):
            while self._fault is Fault.HANG:
                await asyncio.sleep(_STEP_SECONDS)
            if self._fault is Fault.SLOW:
                await asyncio.sleep(len(chunk) / self._number)
            if self._fault is Fault.CUT and is_answer:
                chunk = chunk[: max(0, self._number - answered)]
                answered += len(chunk)
            writer.write(chunk)
            await writer.drain()
            if self._fault is Fault.CUT and answered >= self._number:
                self._reset_pair(writer)
                return

    def _reset_pair(self, writer: asyncio.StreamWriter) -> None:
        """What was written leaves first; then the end, in the middle of what was promised."""
        writer.close()

    def _most(self) -> int:
        if self._fault is Fault.SLOW:
            return max(1, min(_CHUNK_BYTES, self._number // 20))
        return _CHUNK_BYTES


@contextlib.contextmanager
def fault_proxy(target_port: int) -> Iterator[FaultProxy]:
    """A proxy to this port of loopback, stopped at the end."""
    proxy = FaultProxy(target_port)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
