"""Runs a child process on a stranger's file: bounded in time and in its answer, and gone afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Sequence
from typing import BinaryIO, cast

import structlog

from listenlink.errors import Problem, ProblemKind

WALL_SECONDS = 185  # The child's own timer ends it at 180.
COSTLY_SIGNALS = (signal.SIGALRM, signal.SIGXCPU, signal.SIGKILL)
_CHUNK_BYTES = 64 * 1024


async def run_child(
    command: Sequence[str],
    file: BinaryIO,
    most_bytes: int,
    wall_seconds: float = WALL_SECONDS,
    given: Sequence[int] = (),
) -> tuple[bytes, int]:
    """What the child wrote (cut off soon after `most_bytes`) and its exit code.

    The file is its descriptor 0; it inherits the descriptors in `given` as well. Cancelling this ends
    the child. Raises Problem(UNAVAILABLE) if no process can be started.
    """
    answer = bytearray()
    async with _child(command, file, given) as child:
        stdout = cast(asyncio.StreamReader, child.stdout)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wall_seconds):
                while len(answer) <= most_bytes:
                    chunk = await stdout.read(_CHUNK_BYTES)
                    if not chunk:
                        await child.wait()
                        break
                    answer += chunk
    # The context manager has waited, so there is an exit code.
    return bytes(answer), child.returncode if child.returncode is not None else -signal.SIGKILL


def reopen(file_descriptor: int) -> BinaryIO:
    """The same file; with /proc, opened for reading only and with a position of its own."""
    try:
        own = os.open(f"/proc/self/fd/{file_descriptor}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        own = os.dup(file_descriptor)
    return os.fdopen(own, "rb", buffering=0)


@contextlib.asynccontextmanager
async def _child(
    command: Sequence[str], file: BinaryIO, given: Sequence[int]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start a child that is ended and reaped afterwards, whatever happens."""
    try:
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=file.fileno(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
            limit=_CHUNK_BYTES,
            pass_fds=given,
        )
    except OSError as error:
        # Out of descriptors (which uvloop may call -1), processes or memory: not the file's fault.
        structlog.get_logger().error("process_not_started", errno=error.errno)
        raise Problem(ProblemKind.UNAVAILABLE) from error
    try:
        yield child
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        # Reads what is left, because a full pipe would stop the wait from ending. Shielded, because
        # a second cancellation must not leave a zombie.
        await asyncio.shield(child.communicate())
