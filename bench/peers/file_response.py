"""Starlette's own way to send a file: FileResponse, which reads ranges by itself."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

_AUDIO = Path(os.environ["BENCH_AUDIO"])


async def play(request: Request) -> FileResponse:
    """One file of the folder."""
    return FileResponse(_AUDIO / request.path_params["name"], media_type="audio/wav")


app = Starlette(routes=[Route("/audio/{name}", play)])
