"""The kinds of problem an action can end in, without any HTTP. `web/problems.py` gives each its status."""

from __future__ import annotations

import errno
from enum import Enum, auto
from typing import Any


class ProblemKind(Enum):
    """Why a request can't be fulfilled. Each kind is one `code` of the error envelope (docs/api.md)."""

    AUTHENTICATION_REQUIRED = auto()
    INVALID_API_KEY = auto()
    API_KEY_EXPIRED = auto()
    API_KEY_DEACTIVATED = auto()
    ORGANIZATION_ACCESS_DENIED = auto()
    INSUFFICIENT_SCOPE = auto()
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
    UNSUPPORTED_CODING = auto()
    RANGE_NOT_SATISFIABLE = auto()
    MISDIRECTED = auto()
    INVALID = auto()
    LIMITED = auto()
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


def is_exhausted(error: BaseException) -> bool:
    """Whether this failed because the process or the machine has no descriptors left, which passes."""
    return isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)


class RefusesToStart(Exception):
    """The server or a command can't start as configured; the text is one line for the operator."""
