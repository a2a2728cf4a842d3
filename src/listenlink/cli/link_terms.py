"""A link's terms: as options ask for them, and in words, as the server took them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from listenlink.cli.naming import require_word
from listenlink.errors import RefusesToStart
from listenlink.model.terms import MAX_EXPIRES_IN_DAYS
from listenlink.wire.bodies import LinkVersion, Visibility

_MOST = {
    "expires_in_days": ("days", MAX_EXPIRES_IN_DAYS),
    "expires_in_hours": ("hours", MAX_EXPIRES_IN_DAYS * 24),
}
# A day alone begins somewhere: who writes one has its end in mind, or its beginning.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", re.IGNORECASE)
# What a request's field is called as an option, where that isn't its name.
_OPTIONS = {"preview": "--hide-preview"}


def option_of(field: str, *, is_lifted: bool = False) -> str:
    """The option that asks for this field, or for there being none."""
    if is_lifted:
        return "--no-end" if field == "expires_at" else "--no-" + field.replace("_", "-")
    return _OPTIONS.get(field) or "--" + field.replace("_", "-")


def asked_terms(given: dict[str, Any], lifted: dict[str, bool] | None = None) -> dict[str, Any]:
    """The request's fields for what options gave; None is not given. What is `lifted` becomes null.

    Raises RefusesToStart for what can't be, and for two that don't go together.
    """
    asked = {name: value for name, value in given.items() if value is not None}
    for field, is_lifted in (lifted or {}).items():
        if not is_lifted:
            continue
        others = ends_of(asked) if field == "expires_at" else [field] if field in asked else []
        if others:
            raise RefusesToStart(
                f"{option_of(field, is_lifted=True)}: not together with {option_of(others[0])}"
            )
        asked[field] = None
    require_word("--visibility", asked.get("visibility"), Visibility)
    require_word("--version", asked.get("version"), LinkVersion)
    if len(ends := ends_of(asked)) > 1:
        raise RefusesToStart(
            f"{option_of(ends[1])}: not together with {option_of(ends[0])}: say for how long, or until when"
        )
    for field, (unit, most) in _MOST.items():
        if asked.get(field) is not None and not 1 <= asked[field] <= most:
            # Over the API more counts as the most: whoever asks for a year should hear of it before they pass
            # it on.
            raise RefusesToStart(
                f"{option_of(field)}: must be a whole number from 1 to {most}; "
                f"a link made without {unit} or a time has no end"
            )
    for field in ("expires_at", "starts_at"):
        if isinstance(asked.get(field), str):
            asked[field] = read_moment(asked[field], option_of(field))
    return asked


def ends_of(asked: dict[str, Any]) -> list[str]:
    """By which fields an end is asked for."""
    return [name for name in (*_MOST, "expires_at") if name in asked]


def read_moment(text: str, option: str) -> str:
    """A moment with its zone as ISO 8601; without one it's this machine's. Raises RefusesToStart."""
    try:
        if _MOMENT.fullmatch(text.strip()) is None:
            raise ValueError
        moment = datetime.fromisoformat(text.strip().upper())
        return (moment if moment.tzinfo is not None else moment.astimezone()).isoformat()
    except (ValueError, OverflowError, OSError):
        raise RefusesToStart(
            f"{option}: must be a moment like 2026-12-24T18:00, or 2026-12-24T18:00+01:00 with its zone"
        ) from None


def terms_of(link: dict[str, Any]) -> str:
    """The link's terms as a person reads them: what it was made with, or what the server made of that."""
    most, ends_at, starts_at = link["max_opens"], link["expires_at"], link.get("starts_at")
    terms = [
        "opens without limit"
        if most is None
        else f"opens {most} times"
        if most > 1
        else "opens once"
    ]
    if link.get("strict_open"):
        terms[0] += ", only when somebody presses play"
    if starts_at is not None:
        terms.append(f"from {starts_at}")
    terms.append("without end" if ends_at is None else f"until {ends_at}")
    terms.append({"public": "public"}.get(link["visibility"], "for whoever has it"))
    terms.append("with download" if link.get("allow_download") else "without download")
    if link.get("preview") is False:
        terms.append("title and cover hidden until it's opened")
    if link.get("has_password"):
        terms.append("with a password")
    if link.get("version") == "pinned":
        terms.append("with the version of when it was made")
    if link.get("label"):
        terms.append(f"label “{link['label']}”")
    return ", ".join(terms)
