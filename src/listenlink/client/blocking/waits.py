"""What waits, for the client that waits for one thing at a time. Written by hand, like its counterpart."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_Asked = ParamSpec("_Asked")
_Told = TypeVar("_Told")


def pause(seconds: float) -> None:
    """Wait so long."""
    time.sleep(seconds)


def aside(
    call: Callable[_Asked, _Told], *arguments: _Asked.args, **options: _Asked.kwargs
) -> _Told:
    """Call it."""
    return call(*arguments, **options)
