"""How a client learns of its budget: from headers, and from a refusal once it's spent."""

from __future__ import annotations

from functools import lru_cache

from listenlink.clock import SECOND_US
from listenlink.model.budget import Allowance, Budget, Shortage
from listenlink.web.response import Headers


def retry_headers(shortage: Shortage, now_us: int) -> Headers:
    """The headers that say when to ask again, as well as the rate itself."""
    wait = (b"retry-after", b"%d" % shortage.allowance.wait_seconds)
    return [wait, *rate_headers(shortage.budget, shortage.allowance, now_us)]


def rate_headers(budget: Budget, allowance: Allowance | None, now_us: int) -> Headers:
    """X-RateLimit-* as in the reference, and the headers of draft-ietf-httpapi-ratelimit-headers-11."""
    if allowance is None or not allowance.limit:
        return []
    seconds = now_us // SECOND_US
    return _written(budget, allowance.limit, allowance.remaining, allowance.wait_seconds, seconds)


@lru_cache(maxsize=4096)
def _written(budget: Budget, limit_: int, remaining_: int, wait: int, now_seconds: int) -> Headers:
    limit, remaining = b"%d" % limit_, b"%d" % remaining_
    policy = b'"%s"' % budget.name.lower().encode()
    return [
        (b"x-ratelimit-limit", limit),
        (b"x-ratelimit-remaining", remaining),
        (b"x-ratelimit-reset", b"%d" % (now_seconds + wait)),
        (b"ratelimit-policy", b"%s;q=%s;w=60" % (policy, limit)),
        (b"ratelimit", b"%s;r=%s;t=%d" % (policy, remaining, wait)),
    ]
