"""The kinds of problem an action can end in; nothing of HTTP. `web/problems.py` gives each its status."""

from __future__ import annotations

import errno
from enum import Enum, auto
from typing import Any


class ProblemKind(Enum):
    """Why a request can't be done. One kind is one `code` of the error envelope (docs/api.md)."""

    AUTHENTICATION_REQUIRED = auto()
    INVALID_API_KEY = auto()
    API_KEY_EXPIRED = auto()
    API_KEY_DEACTIVATED = auto()
    ORGANIZATION_ACCESS_DENIED = auto()
    INSUFFICIENT_PERMISSIONS = auto()
    NOT_FOUND = auto()
    LINK_REFUSED = auto()
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
    RANGE_NOT_SATISFIABLE = auto()
    MISDIRECTED = auto()
    INVALID = auto()
    LIMITED = auto()
    INTERNAL = auto()
    UNAVAILABLE = auto()
    STORAGE_FULL = auto()
    STORAGE_UNAVAILABLE = auto()


class Problem(Exception):
    """An expected end of an action, told to the caller in the one error envelope.

    `details` stands in the envelope as it is, so it never holds internals; `message` replaces the
    kind's own sentence where a more useful one can be said.
    """

    def __init__(self, kind: ProblemKind, message: str | None = None, **details: Any) -> None:
        super().__init__(kind.name)
        self.kind = kind
        self.message = message
        self.details = details


def invalid(field: str, message: str, **details: Any) -> Problem:
    """A 422 that names the field which is wrong (docs/api.md, VALIDATION_ERROR)."""
    return Problem(ProblemKind.INVALID, message, field=field, **details)


def is_exhausted(error: BaseException) -> bool:
    """Whether what failed found no descriptor left, in this process or on this machine: that passes."""
    return isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)


class RefusesToStart(Exception):
    """The server, or a command, can't start as it is set up; the text is one line for the operator."""
