"""What is answered of a link with a password, at the doors where that is another answer than of any link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SHARED, EMBED = "/v1/music/shared/{token}", "POST /embed/{token}"
_LOCKED, _FRAMED = "/v1/music/shared/{w.locked[token]}", "/embed/{w.locked[token]}"
_RIGHT, _WRONG = {"password": "harbour-lights"}, {"password": "wrong"}
_SENT = {"Share-Password": "harbour-lights"}


def locked_cases(case: Callable[..., Any]) -> list[Any]:
    """By `case`, as the others of `public_cases.py`."""
    return [
        case(f"GET {SHARED}", 200, "unlocked", _LOCKED, headers=_SENT),
        case(f"GET {SHARED}", 401, "locked", _LOCKED),
        case(f"HEAD {SHARED}", 401, "locked", _LOCKED),
        case(f"POST {SHARED}", 303, "let_in", _LOCKED, data=_RIGHT),
        case(f"POST {SHARED}", 401, "wrong_page", _LOCKED, data=_WRONG),
        case(EMBED, 200, "embed", _FRAMED, data=_RIGHT),
        case(EMBED, 401, "wrong_embed", _FRAMED, data=_WRONG),
        case(EMBED, 404, "refused_embed", "/embed/shr_0", data=_RIGHT),
        case(EMBED, 429, "limited_embed", "/embed/{w.link[token]}", "resolve", data=_RIGHT),
    ]
