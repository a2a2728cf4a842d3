"""What is sent to a webhook, and what came of it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

# An attempt's longest time.
WITHIN_SECONDS = 15.0


class DeliveryState(StrEnum):
    """Whether something arrived at a webhook: not yet, it did, or it won't."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Failure(StrEnum):
    """Why a webhook didn't take something. Never a word of what answered: that could be something inside."""

    REFUSED_ADDRESS = "address_not_allowed"
    UNKNOWN_NAME = "name_not_found"
    NO_CONNECTION = "no_connection"
    NO_TRUST = "certificate_not_trusted"
    TIMED_OUT = "timed_out"
    BROKEN = "broken_answer"
    STATUS = "status"
    INTERNAL = "not_sendable"
    LOST_SECRET = "secret_is_lost"  # noqa: S105 (a reason, no secret)


class Sent(NamedTuple):
    """What came of an attempt: `failure` is None if it was taken. `status` is that of the answer, if there
    was one, and `retry_after_seconds` what it asked to wait, 0 to 9999999, None if nothing readable."""

    failure: Failure | None
    status: int | None = None
    retry_after_seconds: int | None = None


class Delivery(NamedTuple):
    """A delivery as its webhook's owner sees it. `failure` is the last attempt's; `due_at` is when it's tried
    next, None once it's over. Times in epoch µs."""

    id: int
    message_id: int
    type: str
    created_at: int
    attempts: int
    status: int | None
    failure: str | None
    due_at: int | None
    ended_at: int | None

    @property
    def state(self) -> DeliveryState:
        """What it comes to."""
        if self.ended_at is None:
            return DeliveryState.WAITING
        arrived = self.failure is None and self.status is not None
        return DeliveryState.DELIVERED if arrived else DeliveryState.FAILED
