"""The answer to what was done and leaves nothing to show (docs/api.md, rules for every endpoint)."""

from __future__ import annotations

import msgspec


class Acknowledgement(msgspec.Struct, frozen=True):
    """`id` is of the thing that was changed."""

    success: bool
    id: str
    detail: str
