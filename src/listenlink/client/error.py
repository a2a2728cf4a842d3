"""The error that a client raises when it doesn't get what it asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from listenlink.client.limits import Limits


class ListenlinkError(Exception):
    """A refusal or failure, with everything in its envelope (docs/api.md, error envelope).

    `status` is 0 and `code` is `UNREACHABLE` if there was no answer. `retry_after_seconds` is set if
    the server says when to try again, `limits` if it told what is left of a rate. `may_have_been_done` says
    that what was asked for was perhaps done all the same: an answer was lost on the way.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        system_message: str = "",
        details: Mapping[str, Any] | None = None,
        trace_id: str | None = None,
        retry_after_seconds: int | None = None,
        *,
        limits: Limits | None = None,
        may_have_been_done: bool = False,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.system_message = system_message
        self.details = dict(details or {})
        self.trace_id = trace_id
        self.retry_after_seconds = retry_after_seconds
        self.limits = limits
        self.may_have_been_done = may_have_been_done
