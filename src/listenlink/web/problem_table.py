"""The one table that maps kinds of problem to HTTP: status, code and words (docs/api.md)."""

from __future__ import annotations

from typing import NamedTuple

from listenlink.errors import ProblemKind


class Told(NamedTuple):
    """What is told of a kind of problem: to the person, and to the developer."""

    status: int
    code: str
    message: str
    system_message: str


_K = ProblemKind
TABLE: dict[ProblemKind, Told] = {
    _K.AUTHENTICATION_REQUIRED: Told(
        401,
        "AUTHENTICATION_REQUIRED",
        "Authentication required. Please provide a valid API key.",
        "Missing or invalid authorization header",
    ),
    _K.INVALID_API_KEY: Told(
        401, "INVALID_API_KEY", "Your API key is invalid", "API key not found"
    ),
    _K.API_KEY_EXPIRED: Told(401, "API_KEY_EXPIRED", "Your API key has expired", "API key expired"),
    _K.API_KEY_DEACTIVATED: Told(
        401, "API_KEY_DEACTIVATED", "Your API key was deactivated", "API key deactivated"
    ),
    _K.ORGANIZATION_ACCESS_DENIED: Told(
        403,
        "ORGANIZATION_ACCESS_DENIED",
        "You don't have access to this organization",
        "API key is not of a member of this organization",
    ),
    _K.ORGANIZATION_SUSPENDED: Told(
        403,
        "ORGANIZATION_SUSPENDED",
        "Your organization is suspended. Please ask whoever runs this server.",
        "API key is good, but its organization is suspended",
    ),
    _K.INSUFFICIENT_SCOPE: Told(
        403,
        "INSUFFICIENT_PERMISSIONS",
        "You don't have permission to perform this action",
        "API key lacks the scope of this route",
    ),
    _K.INSUFFICIENT_PERMISSIONS: Told(
        403,
        "INSUFFICIENT_PERMISSIONS",
        "You don't have permission to perform this action",
        "The API key's user may not do this",
    ),
    _K.CROSS_SITE: Told(
        403,
        "CROSS_SITE_REQUEST",
        "This was sent by a page of another site, so nothing was done.",
        "A sign-in's cookie counts only for Sec-Fetch-Site: same-origin, or an Origin of this server",
    ),
    _K.NOT_FOUND: Told(
        404, "RESOURCE_NOT_FOUND", "This doesn't exist.", "No such resource for this caller"
    ),
    _K.LINK_REFUSED: Told(
        404,
        "RESOURCE_NOT_FOUND",
        "This share link is no longer available.",
        "Share token invalid, revoked, or expired",
    ),
    _K.SHARE_PASSWORD_REQUIRED: Told(
        401,
        "SHARE_PASSWORD_REQUIRED",
        "This link has a password. Please ask whoever sent you the link.",
        "Neither Share-Password nor a Share-Unlock or Listen-Session that holds",
    ),
    _K.SHARE_PASSWORD_WRONG: Told(
        401, "SHARE_PASSWORD_WRONG", "This isn't the link's password.", "Share-Password is wrong"
    ),
    _K.PLAYBACK_REFUSED: Told(
        403,
        "PLAYBACK_REFUSED",
        "This playback link has ended. Open the share link again for a fresh one.",
        "Playback URL invalid or expired, or its link or content is gone",
    ),
    _K.BAD_REQUEST: Told(
        400, "BAD_REQUEST", "This request can't be understood.", "Malformed request"
    ),
    _K.METHOD_NOT_ALLOWED: Told(
        405, "METHOD_NOT_ALLOWED", "This can't be done here.", "Method not allowed for this path"
    ),
    _K.TIMED_OUT: Told(
        408, "REQUEST_TIMEOUT", "The rest of the request didn't arrive.", "Request body timed out"
    ),
    _K.CONFLICT: Told(409, "CONFLICT", "This is already so.", "Conflicting state"),
    _K.LOCKED: Told(
        423,
        "UPLOAD_LOCKED",
        "This upload is being written to. Please try again in a moment.",
        "Another request holds this upload",
    ),
    _K.OTHER_PROTOCOL: Told(
        412,
        "PRECONDITION_FAILED",
        "This program can't upload in pieces here: it speaks another version.",
        "Tus-Resumable is missing, or isn't a version that Tus-Version names",
    ),
    _K.PRECONDITION_FAILED: Told(
        412, "PRECONDITION_FAILED", "The audio is another one.", "If-Match names no current ETag"
    ),
    _K.TOO_LARGE: Told(
        413, "PAYLOAD_TOO_LARGE", "This is too large.", "Request body over the limit"
    ),
    _K.URI_TOO_LONG: Told(
        414, "URI_TOO_LONG", "This address is too long.", "Path or query over the limit"
    ),
    _K.UNSUPPORTED_MEDIA_TYPE: Told(
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "This kind of content isn't accepted here.",
        "Content-Type not supported by this route",
    ),
    _K.UNSUPPORTED_CODING: Told(
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "Compressed content isn't accepted here.",
        "Content-Encoding not supported; send the body as it is",
    ),
    _K.RANGE_NOT_SATISFIABLE: Told(
        416, "RANGE_NOT_SATISFIABLE", "The audio ends before that.", "Range beyond the end"
    ),
    _K.MISDIRECTED: Told(
        421, "MISDIRECTED_REQUEST", "This server doesn't answer for that name.", "Host not accepted"
    ),
    _K.INVALID: Told(
        422, "VALIDATION_ERROR", "Some of this isn't valid.", "Request validation failed"
    ),
    _K.LIMITED: Told(
        429,
        "RATE_LIMIT_EXCEEDED",
        "Too many requests. Please try again later.",
        "Share resolve rate limit exceeded for client IP",
    ),
    _K.MADE_TOO_MANY: Told(
        429, "RATE_LIMIT_EXCEEDED", "That's enough of these for today.", "Daily bound of this user"
    ),
    _K.TOO_MANY_BEGUN: Told(
        429,
        "TOO_MANY_UPLOADS",
        "You have begun too many uploads. Please finish or end some of them.",
        "This user's begun uploads are too many, or too large together",
    ),
    _K.QUOTA_EXCEEDED: Told(
        403, "QUOTA_EXCEEDED", "Your organisation stores as much as it may.", "Quota reached"
    ),
    _K.INTERNAL: Told(
        500, "INTERNAL_ERROR", "Something went wrong on our side.", "Unexpected error"
    ),
    _K.UNAVAILABLE: Told(
        503,
        "SERVICE_UNAVAILABLE",
        "The server is busy. Please try again in a moment.",
        "The database, or the process itself, can't do this now",
    ),
    _K.STORAGE_FULL: Told(
        507,
        "STORAGE_FULL",
        "There is no room left for this. Please tell the operator.",
        "The storage is full, or as full as it may get",
    ),
    _K.STORAGE_UNAVAILABLE: Told(
        503,
        "STORAGE_UNAVAILABLE",
        "The music can't be reached right now. Please try again in a moment.",
        "The storage of audio can't answer now",
    ),
}
# What the framework's own refusals become, by status.
BY_STATUS = {
    400: _K.BAD_REQUEST,
    401: _K.AUTHENTICATION_REQUIRED,
    403: _K.INSUFFICIENT_PERMISSIONS,
    404: _K.NOT_FOUND,
    405: _K.METHOD_NOT_ALLOWED,
    413: _K.TOO_LARGE,
    415: _K.UNSUPPORTED_MEDIA_TYPE,
    422: _K.INVALID,
}
