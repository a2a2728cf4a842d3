"""The visit ticket: what a share page carries, so that a whole visit spends one unit of a client's rate.

The page spends the unit. What the visit asks for afterwards comes with the ticket, each use of it once, and
spends none; a ticket that is used, over or somebody else's is as good as none (docs/api.md, Limits).
"""

from __future__ import annotations

import re
from enum import IntEnum

from listenlink.model.client_address import ClientAddress
from listenlink.model.listen_session import APART_SECONDS
from listenlink.model.moment import is_over
from listenlink.model.signing import Signer

PURPOSE = "listenlink-visit-v1"
TTL_SECONDS = 600
_GRAMMAR = re.compile(r"vt1\.([0-9a-f]{8})\.([0-9a-f]{16})\.([0-9a-f]{10})\.([0-9a-f]{32})")


class Use(IntEnum):
    """What a ticket is good for: to open the link or renew the open, to be shown what is open, and to watch
    until it ends."""

    OPEN = 1
    SHOW = 2
    WATCH = 3


class VisitTickets:
    """Writes and reads tickets. One is bound to a token and to the prefix of a client, which stand in what is
    signed but not in the text: who has it learns neither."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def write(
        self, token_digest: bytes, client: ClientAddress, visit: int, now_seconds: int
    ) -> str:
        """The ticket of a visit, which is numbered by the trace of the request for its page."""
        ends_at = now_seconds + TTL_SECONDS
        tag = self._signer.sign(_signed(token_digest, client, visit, ends_at))
        return f"vt1.{self._signer.key_id}.{visit:016x}.{ends_at:010x}.{tag}"

    def read(
        self, text: str, token_digest: bytes, client: ClientAddress, use: Use, now_seconds: int
    ) -> bytes:
        """This use of the ticket, as 9 bytes; none if the text is no ticket of this token and client, or one
        that is over."""
        match = _GRAMMAR.fullmatch(text)
        if match is None:
            return b""
        key_id, visit_text, ends_text, tag = match.groups()
        visit, ends_at = int(visit_text, 16), int(ends_text, 16)
        # Neither one that is over, nor one of a clock that was ahead.
        if is_over(ends_at, now_seconds) or ends_at - now_seconds > TTL_SECONDS + APART_SECONDS:
            return b""
        if not self._signer.verify(key_id, tag, _signed(token_digest, client, visit, ends_at)):
            return b""
        return visit.to_bytes(8, "big") + bytes((use,))


def _signed(token_digest: bytes, client: ClientAddress, visit: int, ends_at: int) -> str:
    return f"{token_digest.hex()}.{client.number:017x}.{visit:016x}.{ends_at:010x}"
