"""Starts a child process without holding up the loop.

uvloop forks: of a process with 100 MB that takes 7 ms, in which no link is opened, and behind it each page
that is written is copied first. `subprocess` has the kernel suspend this thread alone until the child's
program runs (vfork(2)), for 0.2 ms.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

# Where the kernel has no descriptors of processes, threads wait for their ends.
_WAITING = ThreadPoolExecutor(32, thread_name_prefix="children")

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Child:
    """A process that runs or has ended: what is asked of `asyncio.subprocess.Process`. It writes to `ours`,
    and `ended` has its exit code once there is one."""

    def __init__(self, pid: int, ours: Stream, ended: asyncio.Future[int]) -> None:
        self.pid = pid
        self.stdout, self._writer = ours
        self._ended = ended

    @property
    def returncode(self) -> int | None:
        """The exit code, -N for signal N; None while it runs."""
        has_ended = self._ended.done() and not self._ended.cancelled()
        return self._ended.result() if has_ended else None

    async def wait(self) -> int:
        """Return its exit code once it has ended."""
        return await asyncio.shield(self._ended)

    async def communicate(self) -> bytes:
        """Read the rest of what it writes, and wait for its end."""
        try:
            rest = await self.stdout.read()
            await self.wait()
        finally:
            self._writer.close()
        return rest


async def spawn(
    command: Sequence[str], file_descriptor: int, given: Sequence[int], limit: int
) -> Child:
    """Start a child in a session of its own, without any variables: the file is its descriptor 0, and it
    inherits those in `given`. `limit` bytes of what it writes are read ahead. Raises OSError."""
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = subprocess.Popen(  # noqa: ASYNC220, S603 (why this is here; our own)
                command, stdin=file_descriptor, stdout=theirs.fileno(), stderr=subprocess.DEVNULL,
                env={}, cwd="/", start_new_session=True, pass_fds=given,
            )  # fmt: skip
        except BaseException:
            ours.close()
            raise
    try:
        stream = await asyncio.open_connection(sock=ours, limit=limit)
    except BaseException:
        ours.close()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    return Child(process.pid, stream, asyncio.ensure_future(_end_of(process)))


async def _end_of(process: subprocess.Popen[bytes]) -> int:
    loop = asyncio.get_running_loop()
    try:
        told = os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        return await loop.run_in_executor(_WAITING, process.wait)
    ended = asyncio.Event()
    loop.add_reader(told, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(told)
        os.close(told)
    return process.wait()
