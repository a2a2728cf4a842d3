"""The one error envelope (docs/api.md); what each kind of problem is in HTTP says `web/problem_table.py`."""

from __future__ import annotations

import msgspec

from listenlink import wire
from listenlink.errors import Problem, ProblemKind, is_exhausted
from listenlink.logs import log_exhausted, log_unexpected
from listenlink.model.ids import trace_id
from listenlink.model.moment import moment_of
from listenlink.web.problem_table import BY_STATUS, TABLE

RETRY_AFTER_SECONDS = 1


def error_codes() -> list[str]:
    """Every `code` that an envelope can have."""
    return sorted({told.code for told in TABLE.values()})


def error_types() -> list[str]:
    """Every `type` that an envelope can have."""
    return sorted({_type_of(told.status) for told in TABLE.values()})


def _type_of(status: int) -> str:
    if status >= 500:
        return "server_error"
    return "rate_limit_error" if status == 429 else "client_error"


def status_of(problem: Problem) -> int:
    """The HTTP status of a problem."""
    return TABLE[problem.kind].status


def kind_of_status(status: int) -> ProblemKind:
    """The kind of problem that stands for the framework's refusal with this status."""
    return BY_STATUS.get(status, ProblemKind.BAD_REQUEST if status < 500 else ProblemKind.INTERNAL)


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
    told = TABLE[problem.kind]
    body = wire.ErrorBody(
        code=told.code,
        message=problem.message or told.message,
        system_message=told.system_message,
        type=_type_of(told.status),
        status=told.status,
        details=problem.details,
        trace_id=trace_id(trace),
        timestamp=moment_of(now_us),
    )
    return msgspec.json.encode(wire.ErrorEnvelope(False, body))
