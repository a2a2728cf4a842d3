"""The terms of a link: what whoever makes it settles, and what goes together.

Making a link is changing the terms that links have by default, so both are refused for the same reasons: a
rule that is written here can't hold for one of them alone. How often the link was opened already isn't known
here: `actions/manage_links.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypedDict

from listenlink.clock import DAY_US, HOUR_US, SECOND_US
from listenlink.errors import invalid
from listenlink.model.moment import seconds_of
from listenlink.model.one_line import bounded, one_line
from listenlink.model.share import Share, Visibility
from listenlink.wire.bodies import (
    LABEL_LENGTH,
    LEAST_OF_A_PASSWORD,
    MOST_OF_A_PASSWORD,
    MOST_OPENS,
    LinkVersion,
)

MAX_EXPIRES_IN_DAYS = 90
# An end is asked for by one of these, or as a time.
_UNITS = {"expires_in_days": ("days", DAY_US), "expires_in_hours": ("hours", HOUR_US)}


class AskedTerms(TypedDict, total=False):
    """What somebody asks for. None is: no label, opens without limit, from now on, without end; what isn't
    asked for stays as it is. Times have their zone.

    An end is asked for in days or in hours from now, of which more than 90 days count as 90, or as a time, up
    to 90 days away.
    """

    visibility: Visibility
    label: str | None
    max_opens: int | None
    starts_at: datetime | None
    expires_in_days: int | None
    expires_in_hours: int | None
    expires_at: datetime | None
    allow_download: bool
    preview: bool
    strict_open: bool
    password: str | None
    version: LinkVersion


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a link, by default those of a link of which nothing is asked. Times in epoch µs."""

    visibility: Visibility = Visibility.LINK_ONLY
    label: str | None = None
    max_opens: int | None = None
    starts_at: int | None = None
    expires_at: int | None = None
    allow_download: bool = False
    preview: bool = True
    strict_open: bool = False
    has_password: bool = False
    is_pinned: bool = False

    def changed(self, asked: AskedTerms, now_us: int) -> Terms:
        """These terms with what is asked for now. Raises a 422 Problem that names what can't be, of what was
        asked for where that is possible."""
        said: dict[str, Any] = dict(asked)
        ends = {name: said.pop(name) for name in (*_UNITS, "expires_at") if name in said}
        if ends:
            said["expires_at"] = _end(ends, now_us)
        if "starts_at" in said:
            said["starts_at"] = _moment("starts_at", said["starts_at"])
        if "version" in said:
            said["is_pinned"] = said.pop("version") == LinkVersion.PINNED
        if said.get("label") is not None:
            said["label"] = one_line(bounded("label", said["label"], LABEL_LENGTH))
        if "password" in said:
            said["has_password"] = _bounded_password(said.pop("password"))
        most = said.get("max_opens")
        if most is not None and not 1 <= most <= MOST_OPENS:
            raise invalid("max_opens", f"This is a whole number from 1 to {MOST_OPENS}.")
        terms = replace(self, **said)
        if terms._ends_unstarted:
            named = _asked_end(ends) if ends and "starts_at" not in asked else "starts_at"
            raise invalid(named, "The link would end before it starts.")
        return terms

    @property
    def _ends_unstarted(self) -> bool:
        starts_at, ends_at = self.starts_at, self.expires_at
        return starts_at is not None and ends_at is not None and starts_at >= ends_at


def _bounded_password(password: str | None) -> bool:
    """Whether there is to be one. The terms don't hold it."""
    if password is None:
        return False
    if not LEAST_OF_A_PASSWORD <= len(password) <= MOST_OF_A_PASSWORD:
        # Without the bounds' names: the desk has it in other languages.
        raise invalid("password", "A link's password has 6 to 128 characters.")
    return True


def terms_of(share: Share) -> Terms:
    """The terms that a link has now."""
    return Terms(**{name: getattr(share, name) for name in Terms.__slots__})


def _asked_end(ends: dict[str, Any]) -> str:
    """By which of them an end is asked for: one that is None stands for none only where no other is there."""
    named = [name for name, value in ends.items() if value is not None] or list(ends)
    if len(named) > 1 and any(value is not None for value in ends.values()):
        raise invalid(named[-1], "Say for how long, or until when, not both.")
    return named[0]


def _end(ends: dict[str, Any], now_us: int) -> int | None:
    name = _asked_end(ends)
    value = ends[name]
    if value is None:
        return None
    if name not in _UNITS:
        return _end_at(value, now_us)
    unit, unit_us = _UNITS[name]
    if value < 1:
        raise invalid(name, f"This is a whole number of {unit}, from 1 on.")
    lasts_us: int = min(value * unit_us, MAX_EXPIRES_IN_DAYS * DAY_US)
    return now_us + lasts_us


def _end_at(time: datetime, now_us: int) -> int:
    ends_at = _moment("expires_at", time)
    if ends_at is None or ends_at <= now_us:
        raise invalid("expires_at", "This time is over.")
    if ends_at > now_us + MAX_EXPIRES_IN_DAYS * DAY_US:
        raise invalid("expires_at", f"A link lasts {MAX_EXPIRES_IN_DAYS} days at most.")
    return ends_at


def _moment(field: str, time: datetime | None) -> int | None:
    if time is None:
        return None
    if time.tzinfo is None:
        raise invalid(field, "A time needs its zone, as in 2026-06-28T10:30:00Z.")
    seconds = seconds_of(time)
    if seconds is None:
        raise invalid(field, "This is no time in the years 1970 to 9999, in UTC.")
    return seconds * SECOND_US
