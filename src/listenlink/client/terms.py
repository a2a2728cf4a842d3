"""Terms and facts on their way out: checked by name, and as JSON or a form takes them.

A misspelled name is refused before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def checked(sent: Mapping[str, Any], kind: type, *more: str) -> dict[str, Any]:
    """What is to be sent, as JSON takes it. Raises TypeError for a name that `kind` hasn't, nor `more`."""
    known = [*more, *kind.__annotations__]
    for name in sent:
        if name not in known:
            raise TypeError(f"unexpected name {name!r}; known are {', '.join(known)}")
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in sent.items()
    }


def form_fields(facts: Mapping[str, Any]) -> dict[str, str]:
    """Facts as a form has them: `true` and `false` are words there."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in facts.items()
    }
