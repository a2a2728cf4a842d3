"""An answer as JSON, as a typed object, or as the error that it is."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import httpx
import msgspec

from listenlink.client.error import ListenlinkError
from listenlink.client.limits import read_limits

_Thing = TypeVar("_Thing")
_NOT_LISTENLINK = "NOT_LISTENLINK"
# Nothing was sent: there was no connection to send it over.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
# Refused by something that doesn't know what became of the request, or by a server that failed within it.
_IN_DOUBT = (500, 502, 504)


def json_of(response: httpx.Response) -> Any:
    """An answer's JSON, or None if it's empty. Raises ListenlinkError if it isn't JSON."""
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        raise ListenlinkError(
            response.status_code, "NOT_JSON", "The answer isn't JSON. Is this a Listenlink server?"
        ) from None


def as_thing(told: Any, kind: type[_Thing]) -> _Thing:
    """An answer's JSON as a typed object. Fields added by a newer server are left out."""
    try:
        return msgspec.convert(told, kind)
    except msgspec.ValidationError as error:
        raise ListenlinkError(
            200, _NOT_LISTENLINK, f"The answer isn't a {kind.__name__} ({error})."
        ) from error


def error_of(response: httpx.Response) -> ListenlinkError:
    """The error that an answer is, whose body has been read."""
    status = response.status_code
    try:
        told = cast("dict[str, Any]", response.json())["error"]
        code, message = str(told["code"]), str(told["message"])
    except (ValueError, KeyError, TypeError):
        told, code = {}, _NOT_LISTENLINK
        message = f"HTTP {status} without an envelope. Is this a Listenlink server?"
    details = told.get("details") or {}
    wait = response.headers.get("retry-after", "")
    return ListenlinkError(
        status,
        code,
        message,
        str(told.get("system_message", "")),
        details,
        told.get("trace_id"),
        int(wait) if wait.isdigit() else None,
        limits=read_limits(response.headers),
        may_have_been_done=status in _IN_DOUBT
        or (status > 500 and code == _NOT_LISTENLINK)
        or details.get("outcome") == "unknown",
    )


def unreachable(asked: str, error: httpx.HTTPError) -> ListenlinkError:
    """The error that there was no answer from what was asked."""
    return ListenlinkError(
        0,
        "UNREACHABLE",
        f"{asked} can't be reached ({type(error).__name__})",
        may_have_been_done=not isinstance(error, _NEVER_SENT),
    )
