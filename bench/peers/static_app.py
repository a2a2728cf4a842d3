"""A ceiling: an ASGI application that only sends a fixed body, under Listenlink's server settings.

python static_app.py PORT BODY_FILE
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

_PR_SET_PDEATHSIG = 1


def make_app() -> Any:
    """The application, in the worker."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    body = Path(os.environ["BENCH_BODY"]).read_bytes()
    start = {
        "type": "http.response.start",
        "status": 200,
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
        ],
    }
    rest = {"type": "http.response.body", "body": body}
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send(start)
            await send(rest)

    return app


def main() -> None:
    """Serve, with what `listenlink serve` tells granian."""
    os.environ["BENCH_BODY"] = sys.argv[2]
    Granian(
        "static_app:make_app",
        factory=True,
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=1,
        websockets=False,
        respawn_failed_workers=True,
        log_access=False,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main()
