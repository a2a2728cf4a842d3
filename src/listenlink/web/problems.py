"""The one error envelope, and the one table that maps kinds of problem to HTTP (docs/api.md)."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from listenlink.errors import Problem, ProblemKind, is_exhausted
from listenlink.logs import log_exhausted, log_unexpected
from listenlink.model.ids import trace_id
from listenlink.model.moment import iso_seconds


class _Told(NamedTuple):
    status: int
    code: str
    message: str
    system_message: str


_K = ProblemKind
_TABLE: dict[ProblemKind, _Told] = {
    _K.AUTHENTICATION_REQUIRED: _Told(
        401,
        "AUTHENTICATION_REQUIRED",
        "Authentication required. Please provide a valid API key.",
        "Missing or invalid authorization header",
    ),
    _K.INVALID_API_KEY: _Told(
        401, "INVALID_API_KEY", "Your API key is invalid", "API key not found"
    ),
    _K.API_KEY_EXPIRED: _Told(
        401, "API_KEY_EXPIRED", "Your API key has expired", "API key expired"
    ),
    _K.API_KEY_DEACTIVATED: _Told(
        401, "API_KEY_DEACTIVATED", "Your API key was deactivated", "API key deactivated"
    ),
    _K.ORGANIZATION_ACCESS_DENIED: _Told(
        403,
        "ORGANIZATION_ACCESS_DENIED",
        "You don't have access to this organization",
        "API key is not of a member of this organization",
    ),
    _K.ORGANIZATION_SUSPENDED: _Told(
        403,
        "ORGANIZATION_SUSPENDED",
        "Your organization is suspended. Please ask whoever runs this server.",
        "API key is good, but its organization is suspended",
    ),
    _K.INSUFFICIENT_SCOPE: _Told(
        403,
        "INSUFFICIENT_PERMISSIONS",
        "You don't have permission to perform this action",
        "API key lacks the scope of this route",
    ),
    _K.INSUFFICIENT_PERMISSIONS: _Told(
        403,
        "INSUFFICIENT_PERMISSIONS",
        "You don't have permission to perform this action",
        "The API key's user may not do this",
    ),
    _K.NOT_FOUND: _Told(
        404, "RESOURCE_NOT_FOUND", "This doesn't exist.", "No such resource for this caller"
    ),
    _K.LINK_REFUSED: _Told(
        404,
        "RESOURCE_NOT_FOUND",
        "This share link is no longer available.",
        "Share token invalid, revoked, or expired",
    ),
    _K.PLAYBACK_REFUSED: _Told(
        403,
        "PLAYBACK_REFUSED",
        "This playback link has ended. Open the share link again for a fresh one.",
        "Playback URL invalid or expired, or its link or content is gone",
    ),
    _K.BAD_REQUEST: _Told(
        400, "BAD_REQUEST", "This request can't be understood.", "Malformed request"
    ),
    _K.METHOD_NOT_ALLOWED: _Told(
        405, "METHOD_NOT_ALLOWED", "This can't be done here.", "Method not allowed for this path"
    ),
    _K.TIMED_OUT: _Told(
        408, "REQUEST_TIMEOUT", "The rest of the request didn't arrive.", "Request body timed out"
    ),
    _K.CONFLICT: _Told(409, "CONFLICT", "This is already so.", "Conflicting state"),
    _K.LOCKED: _Told(
        423,
        "UPLOAD_LOCKED",
        "This upload is being written to. Please try again in a moment.",
        "Another request holds this upload",
    ),
    _K.OTHER_PROTOCOL: _Told(
        412,
        "PRECONDITION_FAILED",
        "This program can't upload in pieces here: it speaks another version.",
        "Tus-Resumable is missing, or isn't a version that Tus-Version names",
    ),
    _K.PRECONDITION_FAILED: _Told(
        412, "PRECONDITION_FAILED", "The audio is another one.", "If-Match names no current ETag"
    ),
    _K.TOO_LARGE: _Told(
        413, "PAYLOAD_TOO_LARGE", "This is too large.", "Request body over the limit"
    ),
    _K.URI_TOO_LONG: _Told(
        414, "URI_TOO_LONG", "This address is too long.", "Path or query over the limit"
    ),
    _K.UNSUPPORTED_MEDIA_TYPE: _Told(
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "This kind of content isn't accepted here.",
        "Content-Type not supported by this route",
    ),
    _K.UNSUPPORTED_CODING: _Told(
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "Compressed content isn't accepted here.",
        "Content-Encoding not supported; send the body as it is",
    ),
    _K.RANGE_NOT_SATISFIABLE: _Told(
        416, "RANGE_NOT_SATISFIABLE", "The audio ends before that.", "Range beyond the end"
    ),
    _K.MISDIRECTED: _Told(
        421, "MISDIRECTED_REQUEST", "This server doesn't answer for that name.", "Host not accepted"
    ),
    _K.INVALID: _Told(
        422, "VALIDATION_ERROR", "Some of this isn't valid.", "Request validation failed"
    ),
    _K.LIMITED: _Told(
        429,
        "RATE_LIMIT_EXCEEDED",
        "Too many requests. Please try again later.",
        "Share resolve rate limit exceeded for client IP",
    ),
    _K.MADE_TOO_MANY: _Told(
        429, "RATE_LIMIT_EXCEEDED", "That's enough of these for today.", "Daily bound of this user"
    ),
    _K.TOO_MANY_BEGUN: _Told(
        429,
        "TOO_MANY_UPLOADS",
        "You have begun too many uploads. Please finish or end some of them.",
        "This user's begun uploads are too many, or too large together",
    ),
    _K.QUOTA_EXCEEDED: _Told(
        403, "QUOTA_EXCEEDED", "Your organisation stores as much as it may.", "Quota reached"
    ),
    _K.INTERNAL: _Told(
        500, "INTERNAL_ERROR", "Something went wrong on our side.", "Unexpected error"
    ),
    _K.UNAVAILABLE: _Told(
        503,
        "SERVICE_UNAVAILABLE",
        "The server is busy. Please try again in a moment.",
        "The database, or the process itself, can't do this now",
    ),
    _K.STORAGE_FULL: _Told(
        507,
        "STORAGE_FULL",
        "There is no room left for this. Please tell the operator.",
        "The storage is full, or as full as it may get",
    ),
    _K.STORAGE_UNAVAILABLE: _Told(
        503,
        "STORAGE_UNAVAILABLE",
        "The music can't be reached right now. Please try again in a moment.",
        "The storage of audio can't answer now",
    ),
}
# What the framework's own refusals become, by status.
_BY_STATUS = {
    400: _K.BAD_REQUEST,
    401: _K.AUTHENTICATION_REQUIRED,
    403: _K.INSUFFICIENT_PERMISSIONS,
    404: _K.NOT_FOUND,
    405: _K.METHOD_NOT_ALLOWED,
    413: _K.TOO_LARGE,
    415: _K.UNSUPPORTED_MEDIA_TYPE,
    422: _K.INVALID,
}
RETRY_AFTER_SECONDS = 1


class ErrorBody(msgspec.Struct, frozen=True):
    """What went wrong: `message` is for the person, `system_message` for the developer."""

    code: str
    message: str
    system_message: str
    type: str
    status: int
    details: dict[str, Any]
    trace_id: str
    timestamp: str


class ErrorEnvelope(msgspec.Struct, frozen=True):
    """Every answer that isn't a success."""

    success: bool
    error: ErrorBody


def error_codes() -> list[str]:
    """Every `code` that an envelope can have."""
    return sorted({told.code for told in _TABLE.values()})


def error_types() -> list[str]:
    """Every `type` that an envelope can have."""
    return sorted({_type_of(told.status) for told in _TABLE.values()})


def _type_of(status: int) -> str:
    if status >= 500:
        return "server_error"
    return "rate_limit_error" if status == 429 else "client_error"


def status_of(problem: Problem) -> int:
    """The HTTP status of a problem."""
    return _TABLE[problem.kind].status


def kind_of_status(status: int) -> ProblemKind:
    """The kind of problem that stands for the framework's refusal with this status."""
    return _BY_STATUS.get(status, _K.BAD_REQUEST if status < 500 else _K.INTERNAL)


def problem_of(error: Exception, trace: int) -> Problem:
    """The problem to answer any exception with. What isn't a Problem already is logged."""
    if isinstance(error, Problem):
        return error
    if is_exhausted(error):
        log_exhausted()
        return Problem(ProblemKind.UNAVAILABLE)
    log_unexpected(error, trace_id(trace))
    return Problem(ProblemKind.INTERNAL)


def write_envelope(problem: Problem, trace: int, now_us: int) -> bytes:
    """The body that reports a problem, as JSON."""
    told = _TABLE[problem.kind]
    body = ErrorBody(
        code=told.code,
        message=problem.message or told.message,
        system_message=told.system_message,
        type=_type_of(told.status),
        status=told.status,
        details=problem.details,
        trace_id=trace_id(trace),
        timestamp=iso_seconds(now_us),
    )
    return msgspec.json.encode(ErrorEnvelope(False, body))
