"""What the audit records about one request: its outcome, the reason, and the kind of client."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from listenlink.model.agent_words import is_browsers, is_lookers


class Outcome(IntEnum):
    """How a request for a link ended. Stored as its number, reported as its name in lower case."""

    OPENED = 1
    RENEWED = 2
    REMOVED = 3
    VIEWED = 4
    REFUSED = 5
    LIMITED = 6
    DOWNLOADED = 7


class Reason(IntEnum):
    """Why a link was refused, or which budget was spent. Never revealed to whoever asked."""

    MALFORMED = 1
    UNKNOWN = 2
    REVOKED = 3
    EXPIRED = 4
    SPENT = 5
    NOT_STARTED = 6
    RESOLVE_LIMIT = 7
    MISS_LIMIT = 8
    REPEAT_LIMIT = 9
    SUSPENDED = 10
    SESSION_CLIENTS = 11
    LOCKED = 12
    WRONG = 13
    PASSWORD_LIMIT = 14


class Agent(IntEnum):
    """What the User-Agent looks like: a hint for statistics, never a basis for access decisions."""

    UNKNOWN = 0
    PERSON = 1
    UNFURLER = 2
    PROGRAM = 3


# Truncated before it's cached, so that long ones don't fill the memory.
AGENT_BYTES = 512


def classify_agent(user_agent: bytes) -> Agent:
    """Classify the start of a `User-Agent`: person, unfurler, program or unknown."""
    return _classify(user_agent[:AGENT_BYTES])


@lru_cache(maxsize=2048)
def _classify(user_agent: bytes) -> Agent:
    text = user_agent.decode("latin-1")
    if not text:
        return Agent.UNKNOWN
    if is_lookers(text):
        return Agent.UNFURLER
    return Agent.PERSON if is_browsers(text) else Agent.PROGRAM


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit, as read back. Times in epoch µs.

    `client` is a pseudonym made with that day's key, `client_prefix` the /24 or /48; neither is the
    full address, which is never written anywhere.
    """

    at: int
    outcome: Outcome
    reason: Reason | None
    share_id: int | None
    trace: int
    client: bytes
    client_prefix: str
    agent: Agent
    referrer: str | None
    count: int
