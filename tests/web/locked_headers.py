"""The headers of what is answered of a link with a password, from those of any other's."""

from __future__ import annotations

import re
from typing import Any

_ASKED = {"www-authenticate": "Listenlink-Share"}
_UNLOCK = {"share-unlock": re.compile(r"su1\.[0-9a-f.]+")}
_COOKIE = re.compile(
    r"__Secure-listenlink-unlock=su1\.[0-9a-f.]+; Max-Age=\d+; "
    r"Path=/v1/music/shared/shr_[0-9a-f]{32}; HttpOnly; SameSite=Lax; Secure"
)


def of_locked(told: dict[str, Any]) -> dict[str, Any]:
    """By their names in `public_cases.py`."""
    back = {"location": re.compile(r"/v1/music/shared/shr_[0-9a-f]{32}"), "set-cookie": _COOKIE}
    return {
        "locked": told["refused"] | _ASKED,
        "unlocked": told["opened"] | _UNLOCK,
        "wrong_page": told["refused_page"] | _ASKED,
        "wrong_embed": told["refused_embed"] | _ASKED,
        "let_in": told["see_other"] | back,
    }
