"""What waits, for the client that waits for many things at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

_Asked = ParamSpec("_Asked")
_Told = TypeVar("_Told")


async def pause(seconds: float) -> None:
    """Wait so long."""
    from anyio import sleep

    await sleep(seconds)


async def aside(
    call: Callable[_Asked, _Told], *arguments: _Asked.args, **options: _Asked.kwargs
) -> _Told:
    """Call what may wait for a disk, while all else goes on."""
    # Imported here, as httpx does: who waits for one thing at a time needs none of it.
    from anyio.to_thread import run_sync

    return await run_sync(partial(call, *arguments, **options))
