"""Somebody who asks all the while, beside what else a server is busy with: a process of its own, so that
what a test does meanwhile keeps nobody waiting. Run as a program, this is that process."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time

_PAUSE_SECONDS = 0.002
_ALIVE = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Beside:
    """Asks again and again until the block is left. `seconds` is how long each answer took then."""

    def __init__(self, port: int, request: bytes = _ALIVE) -> None:
        self.seconds: list[float] = []
        self._command = [sys.executable, "-I", __file__, str(port), request.decode()]

    def __enter__(self) -> Beside:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "begun\n"
        return self

    def __exit__(self, *_: object) -> None:
        told, _nothing = self._process.communicate()
        self.seconds = json.loads(told)


def _ask(port: int, request: bytes) -> list[float]:
    """Until there is nobody any more who waits for what comes of it."""
    seconds: list[float] = []
    with socket.create_connection(("127.0.0.1", port), timeout=30) as stream:
        while not select.select([sys.stdin], [], [], _PAUSE_SECONDS)[0]:
            began = time.monotonic()
            stream.sendall(request)
            # An answer that is asked for here fits into what is received at once.
            if not stream.recv(65_536).startswith(b"HTTP/1.1 200 "):
                sys.exit("It wasn't answered.")
            seconds.append(time.monotonic() - began)
            if len(seconds) == 1:
                print("begun", flush=True)
    return seconds


if __name__ == "__main__":
    print(json.dumps(_ask(int(sys.argv[1]), sys.argv[2].encode())))
