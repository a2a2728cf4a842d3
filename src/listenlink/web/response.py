"""An answer of the hot endpoints as a value, and how it's sent through ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from listenlink.errors import Problem, ProblemKind
from listenlink.model.ids import trace_id
from listenlink.web.problems import RETRY_AFTER_SECONDS, status_of, write_envelope

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

TRACE = "listenlink.trace"
# Set where a HEAD is answered as a GET whose body isn't sent.
IS_HEAD = "listenlink.is_head"
# What a problem tells in its details and in a header: RFC 9110, sections 10.2.3, 12.5.1 and 12.5.3.
_FROM_DETAILS = (
    ("retry_after_seconds", b"retry-after"),
    ("accepts", b"accept"),
    ("accepts_encoding", b"accept-encoding"),
)
_PASSING = (
    ProblemKind.UNAVAILABLE,
    ProblemKind.STORAGE_FULL,
    ProblemKind.STORAGE_UNAVAILABLE,
    ProblemKind.TOO_MANY_BEGUN,
)


# RFC 6750, section 3: without a key only the scheme is named, otherwise also what is wrong with the key.
_CHALLENGE = b'Bearer realm="listenlink"'
_FAULTS = {
    ProblemKind.AUTHENTICATION_REQUIRED: b"",
    ProblemKind.INVALID_API_KEY: b', error="invalid_token", error_description="unknown key"',
    ProblemKind.API_KEY_EXPIRED: b', error="invalid_token", error_description="expired"',
    ProblemKind.API_KEY_DEACTIVATED: b', error="invalid_token", error_description="deactivated"',
    ProblemKind.INSUFFICIENT_SCOPE: b', error="insufficient_scope"',
}
# A scheme of our own: for `Basic` a browser would ask with a window of its own, and send it everywhere.
SHARE_CHALLENGE = (b"www-authenticate", b"Listenlink-Share")
_LOCKED = (ProblemKind.SHARE_PASSWORD_REQUIRED, ProblemKind.SHARE_PASSWORD_WRONG)
# Set where an answer that goes through the framework tells a new unlock.
UNLOCK = "listenlink.unlock"


@dataclass(slots=True)
class Answer:
    """A whole answer. `headers` are those of this case; the endpoint and the front add theirs."""

    status: int
    body: bytes = b""
    headers: Headers = field(default_factory=list)


def problem_answer(problem: Problem, trace: int, now_us: int) -> Answer:
    """The answer to a problem: the envelope, with the headers for its kind."""
    headers = [(b"content-type", b"application/json")]
    if problem.kind in _PASSING:
        headers.append((b"retry-after", b"%d" % RETRY_AFTER_SECONDS))
    for detail, name in _FROM_DETAILS:
        if (told := problem.details.get(detail)) is not None:
            headers.append((name, str(told).encode()))
    if (fault := _FAULTS.get(problem.kind)) is not None:
        headers.append((b"www-authenticate", _CHALLENGE + fault + _scope_of(problem)))
    elif problem.kind in _LOCKED:
        headers.append(SHARE_CHALLENGE)
    return Answer(status_of(problem), write_envelope(problem, trace, now_us), headers)


def _scope_of(problem: Problem) -> bytes:
    scope = problem.details.get("scope")
    return b"" if scope is None else b', scope="%s"' % str(scope).encode()


def request_id(scope: Scope) -> tuple[bytes, bytes]:
    """The header that names this request in the log and in the audit."""
    return (b"x-request-id", trace_id(scope[TRACE]).encode())


async def send_answer(scope: Scope, send: Send, answer: Answer, shared: Headers) -> None:
    """Send an answer with its own headers and the `shared` ones of its endpoint.

    A HEAD gets the headers alone, without a length if there was no body to measure.
    """
    headers = [*answer.headers, *shared, request_id(scope)]
    with_body = scope["method"] != "HEAD"
    if answer.body or with_body:
        headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    body = answer.body if with_body else b""
    await send({"type": "http.response.body", "body": body, "more_body": False})
