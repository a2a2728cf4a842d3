"""What a client is told of its budget: in headers, and in a refusal once it's spent."""

from __future__ import annotations

from functools import lru_cache

from listenlink.actions.limit_clients import ClientLimits
from listenlink.actions.open_link import Opening, OpenRequest
from listenlink.clock import SECOND_US
from listenlink.model.audit import Reason
from listenlink.model.limit import Allowance
from listenlink.web.answer import Headers

RESOLVE, REFUSAL = "resolve", "refusal"


def spent_budget(
    limits: ClientLimits, asked: OpenRequest, opening: Opening
) -> tuple[str, Allowance]:
    """Which budget a limited request had none left of, and when there will be."""
    client = asked.client.number
    if opening.reason is Reason.MISS_LIMIT:
        return REFUSAL, limits.peek_misses(client, asked.tick_us)
    return RESOLVE, limits.peek_hits(client, asked.tick_us)


def retry_headers(name: str, allowance: Allowance, now_us: int) -> Headers:
    """When to ask again, beside the rate itself."""
    wait = (b"retry-after", b"%d" % allowance.wait_seconds)
    return [wait, *rate_headers(name, allowance, now_us)]


def rate_headers(name: str, allowance: Allowance | None, now_us: int) -> Headers:
    """X-RateLimit-* as the reference has it, and draft-ietf-httpapi-ratelimit-headers-11."""
    if allowance is None or not allowance.limit:
        return []
    seconds = now_us // SECOND_US
    return _written(name, allowance.limit, allowance.remaining, allowance.wait_seconds, seconds)


@lru_cache(maxsize=4096)
def _written(name: str, limit_: int, remaining_: int, wait: int, now_seconds: int) -> Headers:
    limit, remaining = b"%d" % limit_, b"%d" % remaining_
    policy = b'"%s"' % name.encode()
    return [
        (b"x-ratelimit-limit", limit),
        (b"x-ratelimit-remaining", remaining),
        (b"x-ratelimit-reset", b"%d" % (now_seconds + wait)),
        (b"ratelimit-policy", b"%s;q=%s;w=60" % (policy, limit)),
        (b"ratelimit", b"%s;r=%s;t=%d" % (policy, remaining, wait)),
    ]
