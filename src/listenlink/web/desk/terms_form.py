"""A link's terms as a form has them (`pages/desk/terms.html`): read into what is asked for, and filled in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from listenlink.errors import invalid
from listenlink.model.moment import iso_seconds
from listenlink.model.terms import AskedTerms, Terms
from listenlink.web.desk.room import whole_number
from listenlink.wire.bodies import LinkVersion

# The presets, as a form sends them; `sheet.js` reads the same from them.
ENDS: dict[str, AskedTerms] = {
    "hours-1": {"expires_in_hours": 1},
    "days-1": {"expires_in_days": 1},
    "days-7": {"expires_in_days": 7},
    "days-30": {"expires_in_days": 30},
    "days-90": {"expires_in_days": 90},
}
BY_DATE, STAYS = "date", "stays"
_MOST_DIGITS = 16
_DAY_LENGTH = len("2026-06-28")
_LAST_SECOND = time(23, 59, 59, tzinfo=UTC)


def read_terms(form: Mapping[str, str]) -> AskedTerms:
    """What a form asks for; an end that stays isn't asked for. Where a script sends no exact time, times are
    UTC, and a day ends with its last second. Raises a 422 Problem that names the field."""
    asked: AskedTerms = {
        "label": form["label"].strip() or None,
        "max_opens": _read_opens(form),
        "starts_at": _read_time("starts_at", form["starts_at"]) if form["starts_at"] else None,
        "allow_download": form["allow_download"] == "true",
        "preview": form["preview"] != "false",
        "strict_open": form["strict_open"] == "true",
        "version": LinkVersion.PINNED if form["version"] == "pinned" else LinkVersion.FOLLOWS,
    }
    password, is_taken_away = form["password"], bool(form["no_password"])
    if password and is_taken_away:
        raise invalid("password", "Type another password, or take it away, not both.")
    if password or is_taken_away:
        asked["password"] = password or None
    chosen = form["expires"]
    if chosen == BY_DATE:
        if not form["expires_at"]:
            raise invalid("expires_at", "Choose a date.")
        asked["expires_at"] = _read_time("expires_at", form["expires_at"])
    elif chosen in ENDS:
        asked |= ENDS[chosen]
    elif chosen != STAYS:
        raise invalid("expires", "Choose how long.")
    return asked


def fill_terms(terms: Terms) -> dict[str, str]:
    """The form's fields for terms that a link has."""
    most, starts_at = terms.max_opens, terms.starts_at
    return {
        "expires": STAYS,
        "opens": "any" if most is None else "number",
        "max_opens": "" if most is None else str(most),
        "starts_at": "" if starts_at is None else iso_seconds(starts_at),
        "label": terms.label or "",
        "allow_download": "true" if terms.allow_download else "",
        "preview": "" if terms.preview else "false",
        "strict_open": "true" if terms.strict_open else "",
        "version": "pinned" if terms.is_pinned else "",
        "has_password": "true" if terms.has_password else "",
        # What isn't typed stays.
        "password": "",
        "no_password": "",
    }


def _read_opens(form: Mapping[str, str]) -> int | None:
    """A number counts whatever is chosen beside it: a link that opens too seldom does less harm than one that
    opens too often."""
    text = form["max_opens"].strip()
    if not text and form["opens"] != "number":
        return None
    number = whole_number(text, _MOST_DIGITS)
    if number is None:
        raise invalid("max_opens", "This is a whole number, 1 or more.")
    return number


def _read_time(field: str, text: str) -> datetime:
    """Without a zone it's UTC; a day alone is its last second."""
    try:
        if len(text) == _DAY_LENGTH:
            return datetime.combine(date.fromisoformat(text), _LAST_SECOND)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(field, "This is no date.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
