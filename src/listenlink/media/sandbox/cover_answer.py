"""What the child that makes covers answers: known to both sides, so it loads nothing that only the server
needs.
"""

from __future__ import annotations

import msgspec

# The most that an encoded picture may have.
MOST_BYTES = 8 * 1024 * 1024


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """What the child made: JPEGs of at most 1024 and 256 pixels a side; or the `reason` why not."""

    large: bytes = b""
    small: bytes = b""
    reason: str | None = None
