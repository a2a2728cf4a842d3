"""Logging: JSON on standard error, one object per line. Callers pass no token, key, URL or full address."""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
from typing import TextIO, cast

import structlog

from listenlink.clock import SECOND_US, Clock

_FRAMES_TOLD = 4
_EXHAUSTED_EVERY_US = SECOND_US


class _Stderr:
    """Standard error, which may be a file on a full disk: losing a line must not lose a request."""

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.flush()


# They'd write whole addresses, and headers at lower levels: of a webhook those are secrets.
_TALKATIVE = ("httpx", "httpcore")


def set_up_logs(level: str) -> None:
    """Configure logging, once per process. JSON escapes anything that could forge a second line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _Stderr())),
    )
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def log_unexpected(error: BaseException, trace: str) -> None:
    """Log an error's type and where it came from, but not its text, which could quote the request."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_TOLD:]
    structlog.get_logger().error(
        "unexpected",
        kind=type(error).__name__,
        trace=trace,
        at=[f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames],
    )


class _Exhausted:
    """Limits lines that would otherwise fill the disk, since every request would cause one."""

    def __init__(self) -> None:
        self._said_at: int | None = None

    def tell(self) -> None:
        tick_us = Clock().tick_us()
        if self._said_at is None or tick_us - self._said_at >= _EXHAUSTED_EVERY_US:
            self._said_at = tick_us
            structlog.get_logger().error("no_descriptors_left")


_exhausted = _Exhausted()


def log_exhausted() -> None:
    """Log that no descriptors are left, at most once a second."""
    _exhausted.tell()
