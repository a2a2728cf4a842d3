"""The answer to an action that leaves nothing to show (docs/api.md, rules for every endpoint)."""

from __future__ import annotations

import msgspec


class Acknowledgement(msgspec.Struct, frozen=True):
    """What was asked has been done. `id` is that of the thing that was changed."""

    success: bool
    id: str
    detail: str
