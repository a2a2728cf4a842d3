"""The kinds of problem an action can end in, without any HTTP. `web/problems.py` gives each its status.

And what the system says when something can't be done, in words for a terminal.
"""

from __future__ import annotations

import errno
import os
import pwd
import socket
import ssl
from enum import Enum, auto
from pathlib import Path
from typing import Any

_UNKNOWN = "unknown"


class ProblemKind(Enum):
    """Why a request can't be fulfilled. Each kind is one `code` of the error envelope (docs/api.md)."""

    AUTHENTICATION_REQUIRED = auto()
    INVALID_API_KEY = auto()
    API_KEY_EXPIRED = auto()
    API_KEY_DEACTIVATED = auto()
    ORGANIZATION_ACCESS_DENIED = auto()
    ORGANIZATION_SUSPENDED = auto()
    INSUFFICIENT_SCOPE = auto()
    INSUFFICIENT_PERMISSIONS = auto()
    CROSS_SITE = auto()
    NOT_FOUND = auto()
    LINK_REFUSED = auto()
    SHARE_PASSWORD_REQUIRED = auto()
    SHARE_PASSWORD_WRONG = auto()
    PLAYBACK_REFUSED = auto()
    BAD_REQUEST = auto()
    METHOD_NOT_ALLOWED = auto()
    TIMED_OUT = auto()
    CONFLICT = auto()
    LOCKED = auto()
    OTHER_PROTOCOL = auto()
    PRECONDITION_FAILED = auto()
    TOO_LARGE = auto()
    URI_TOO_LONG = auto()
    UNSUPPORTED_MEDIA_TYPE = auto()
    UNSUPPORTED_CODING = auto()
    RANGE_NOT_SATISFIABLE = auto()
    MISDIRECTED = auto()
    INVALID = auto()
    LIMITED = auto()
    MADE_TOO_MANY = auto()
    TOO_MANY_BEGUN = auto()
    QUOTA_EXCEEDED = auto()
    INTERNAL = auto()
    UNAVAILABLE = auto()
    STORAGE_FULL = auto()
    STORAGE_UNAVAILABLE = auto()


class Problem(Exception):
    """An expected way for an action to end, reported to the caller in the error envelope.

    `details` goes into the envelope unchanged, so it never holds internals; `message` replaces the
    kind's own sentence where there is a more useful one.
    """

    def __init__(self, kind: ProblemKind, message: str | None = None, **details: Any) -> None:
        super().__init__(kind.name)
        self.kind = kind
        self.message = message
        self.details = details


def invalid(field: str, message: str, **details: Any) -> Problem:
    """A 422 that names the invalid field (docs/api.md, VALIDATION_ERROR)."""
    return Problem(ProblemKind.INVALID, message, field=field, **details)


def unknown_outcome() -> Problem:
    """A 503 for a write of which it isn't known whether it was done: the answer to its commit didn't come."""
    return Problem(
        ProblemKind.UNAVAILABLE,
        "The server is busy, and can't tell whether this was done. Please look before you try again.",
        outcome=_UNKNOWN,
    )


def is_unknown(error: BaseException) -> bool:
    """Whether this is an `unknown_outcome`."""
    return isinstance(error, Problem) and error.details.get("outcome") == _UNKNOWN


def is_exhausted(error: BaseException) -> bool:
    """Whether this failed because the process or the machine has no descriptors left, which passes."""
    return isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)


class RefusesToStart(Exception):
    """The server or a command can't start as configured; the text is one line for the operator."""


def fault_of_system(error: OSError) -> str:
    """What the system says, in lower case, and whose the file is if somebody may not use it."""
    if isinstance(error, socket.gaierror):
        return "there is no such host"
    if isinstance(error, TimeoutError):
        return "it doesn't answer"
    if isinstance(error, ssl.SSLError):
        return "TLS can't be agreed on"
    if error.errno is None:
        # Of several addresses, none could be connected to; or the other side wants no TLS (asyncpg).
        is_cut = isinstance(error, ConnectionError)
        return "it refuses the connection" if is_cut else error.strerror or "nobody answers there"
    # Not the error's own text: asyncio's has the address in it.
    said = os.strerror(error.errno)
    said = said[:1].lower() + said[1:]
    is_denied = isinstance(error, PermissionError) and error.filename is not None
    return said + (whose(Path(os.fsdecode(error.filename))) if is_denied else "")


def whose(path: Path) -> str:
    """Whose this is, or the nearest folder above it that this user may see, if it's somebody else's: as an
    addition to a line, empty if it's this user's."""
    for place in (path, *path.resolve().parents):
        try:
            owner = place.stat().st_uid
        except OSError:
            continue
        if owner == os.geteuid():
            return ""
        return f" ({place} is {_name(owner)}'s, and this is {_name(os.geteuid())})"
    return ""


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
