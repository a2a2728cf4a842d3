"""Errors from inside Litestar, answered in the one error envelope; to a person, by a page."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, ValidationException
from litestar.types import ExceptionHandlersMap

from listenlink.clock import Clock
from listenlink.errors import Problem, invalid
from listenlink.web.desk.errors import find_page
from listenlink.web.options import allow
from listenlink.web.problems import kind_of_status, problem_of
from listenlink.web.response import TRACE, problem_answer

# A parameter's name for people where it can't be the handler's: the framework has that for itself.
_NAMED = {"link_state": "state"}
# Of an envelope's headers, those that a page in its place has too.
_OF_PAGES = ("Allow", "retry-after")


def answer_problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer to a problem, a refusal by the framework, or something unexpected."""
    trace_number: int = request.scope[TRACE]  # type: ignore[literal-required]
    if isinstance(error, ValidationException):
        problem = _invalid(error)
    elif isinstance(error, HTTPException) and error.status_code < 500:
        problem = Problem(kind_of_status(error.status_code))
    else:
        problem = problem_of(error, trace_number)
    answer = problem_answer(problem, trace_number, Clock().now_us())
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    if isinstance(error, MethodNotAllowedException):
        headers["Allow"] = allow((error.headers or {}).get("allow", "GET").split(", "))
    if request.method == "PATCH" and "accept" in headers:
        headers["Accept-Patch"] = headers["accept"]  # RFC 5789, section 2.2
    media_type = headers.pop("content-type")
    if (page := find_page(request, problem)) is not None:
        page.headers.update({name: headers[name] for name in _OF_PAGES if name in headers})
        return page
    return Response(answer.body, status_code=answer.status, headers=headers, media_type=media_type)


def _invalid(error: ValidationException) -> Problem:
    """A 422 that names the parameter. Faults within a body are reported by `StrictBody`."""
    first = error.extra[0] if isinstance(error.extra, list) and error.extra else {}
    key = str(first.get("key") or "data")
    if key == "data":
        return invalid(key, "A JSON body is needed here.")
    return invalid(_NAMED.get(key, key), str(first.get("message") or "This isn't valid."))


EXCEPTION_HANDLERS: ExceptionHandlersMap = {Exception: answer_problem}
