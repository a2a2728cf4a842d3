"""Children that decode what a stranger sent, forked from a process that has their libraries loaded.

A server that was itself forked (`fork_server.py`) asks for them here, in place of starting an interpreter for
each, which takes longer than what most do. Each is a process and session of its own with just the descriptors
that a started one has, nothing in its environment, and limits itself as that does; tests/media start theirs.
Run as a program, this is that process.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import functools
import importlib
import json
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_PLACE = "listenlink.media.sandbox."
_CHILDREN = (
    "cover_child", "derive_child", "embed_child", "manifest_child", "preview_child", "probe", "tag_child",
)  # fmt: skip
_COMMANDS = {(sys.executable, "-I", "-m", _PLACE + name) for name in _CHILDREN}


class _Told:
    """What is told of a child: its number once it's there, and its exit code."""

    def __init__(self, told: int) -> None:
        self._told = told
        self._loop = asyncio.get_running_loop()
        self.begun: asyncio.Future[int] = self._loop.create_future()
        self.ended: asyncio.Future[int] = self._loop.create_future()
        self._loop.add_reader(told, self._hear)

    def _hear(self) -> None:
        said = os.read(self._told, 8)
        if said and not self.begun.done():
            self.begun.set_result(int(said))
            return
        self.let_go()
        if not self.begun.done():
            self.begun.set_exception(OSError("It ended before it was there."))
        if not self.ended.done():
            self.ended.set_result(int(said or -signal.SIGKILL))

    def let_go(self) -> None:
        """Hear no more of it; if it still runs, it's ended."""
        if self._told >= 0:
            self._loop.remove_reader(self._told)
            os.close(self._told)
            self._told = -1


class _Spawn:
    """What starts a child (`spawn.py`)."""

    def __init__(self, asking: socket.socket) -> None:
        self._asking = asking

    async def __call__(
        self, command: Sequence[str], file_descriptor: int, given: Sequence[int], limit: int
    ) -> Any:
        from listenlink.media.sandbox.spawn import Child, spawn

        if tuple(command[:4]) not in _COMMANDS:
            return await spawn(command, file_descriptor, given, limit)
        with contextlib.ExitStack() as passed_on, contextlib.ExitStack() as kept:
            output, writing = socket.socketpair()
            passed_on.enter_context(writing)
            kept.enter_context(output)
            reading, told = os.pipe()
            passed_on.callback(os.close, told)
            asked = json.dumps([command[3:], list(given)]).encode()
            told_of = _Told(reading)
            kept.callback(told_of.let_go)
            sent = [file_descriptor, writing.fileno(), *given, told]
            socket.send_fds(self._asking, [asked], sent)
            passed_on.close()
            kept.pop_all()
            try:
                stream = await asyncio.open_connection(sock=output, limit=limit)
                return Child(await told_of.begun, stream, told_of.ended)
            except BaseException:
                told_of.let_go()
                raise


@functools.cache
def started() -> socket.socket:
    """Where this process asks, once it has started what forks them."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    start(theirs)
    return ours


def use(asking: socket.socket) -> None:
    """From now on the program in this process, and what is forked of it, asks there for its children."""
    from listenlink.media.sandbox import child

    vars(child)["spawn"] = _Spawn(asking)


def start(theirs: socket.socket) -> None:
    """Start what forks them, with the other end of that."""
    import subprocess

    subprocess.Popen(
        [sys.executable, "-I", __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()],
        env={}, cwd="/", start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    theirs.close()


def _become(descriptors: Sequence[int], given: Sequence[int]) -> None:
    """Have these descriptors where a started child has them, and no others."""
    places = [0, 1, *given]
    free = max(places) + 1
    moved = [fcntl.fcntl(one, fcntl.F_DUPFD, free) for one in descriptors]
    for one, place in zip(moved, places, strict=True):
        os.dup2(one, place)
    kept = {2, *places}
    for descriptor in [int(link.name) for link in Path("/proc/self/fd").iterdir()]:
        if descriptor not in kept:
            with contextlib.suppress(OSError):  # What listed them.
                os.close(descriptor)


def _load() -> None:
    import gc

    # NumPy's own threads would not be there in what is forked.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    for name in _CHILDREN:
        importlib.import_module(_PLACE + name)
    from listenlink.media.sandbox import c2pa_store, preview_child

    c2pa_store.load()
    preview_child.warm_up(preview_child.load_font())
    os.environ.clear()
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    from forking import Forking

    sys.path.pop(0)
    _load()
    asked, descriptors = Forking(socket.socket(fileno=int(sys.argv[1])), kills=True).fork_as_asked()
    (name, *arguments), given = json.loads(asked)
    _become(descriptors, given)
    sys.argv = [name, *arguments]
    sys.modules[name].main()
    os._exit(0)
