"""Public ids: a prefix and 12 lowercase hex digits, whose 48-bit number is the row's key."""

from __future__ import annotations

import os
import random
import re
import secrets

TRACK = "mtrack_"
COLLECTION = "mcoll_"
SHARE = "mslink_"
LIBRARY = "mlib_"
ORGANIZATION = "org_"
USER = "user_"
API_KEY = "key_"
UPLOAD = "mupload_"
WEBHOOK = "mhook_"
DELIVERY = "mdelivery_"
MESSAGE = "msg_"

# Seeded by the system once per process; a system call per request would cost more than it's worth.
_traces = random.Random(secrets.randbits(256))  # noqa: S311
# Workers are forked: each would go on with its parent's numbers, and two requests have the same.
os.register_at_fork(after_in_child=lambda: _traces.seed(secrets.randbits(256)))
_TWELVE_HEX = re.compile(r"[0-9a-f]{12}")


def new_number() -> int:
    """48 random bits from the system's generator. Unique only once inserted: retry on collision."""
    return secrets.randbits(48)


def public_id(prefix: str, number: int) -> str:
    """`("mtrack_", 0xb4d9e1c6a72f)` → `mtrack_b4d9e1c6a72f`."""
    return f"{prefix}{number:012x}"


def parse_id(prefix: str, text: str) -> int | None:
    """The number behind a public id, or None if the text isn't spelled exactly like one."""
    digits = text.removeprefix(prefix)
    if len(digits) == len(text) or _TWELVE_HEX.fullmatch(digits) is None:
        return None
    return int(digits, 16)


def new_trace_number() -> int:
    """63 random bits: one request's number in answers and in the audit. Nothing relies on its secrecy."""
    return _traces.getrandbits(63)


def trace_id(number: int) -> str:
    """`req_` and 16 hex digits, as in `X-Request-Id` and in the error envelope."""
    return f"req_{number:016x}"
