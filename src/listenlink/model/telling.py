"""How a person wants to be told of their links and tracks by mail, and when they're mailed next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from listenlink.clock import HOUR_US, SECOND_US
from listenlink.errors import invalid
from listenlink.model.notice import Notice
from listenlink.model.owner import Owner

# When people have their coffee.
_DAILY_AT = time(8)
LEAST_NETWORKS, MOST_NETWORKS = 2, 1000


class Mails(StrEnum):
    """How often mails come: none, one for whatever happens, or one for all of an hour or a day."""

    OFF = "off"
    AT_ONCE = "at_once"
    HOURLY = "hourly"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class TellingSettings:
    """A person's settings. A link has spread that is opened from more networks than `spread_networks` within
    two days; None means that this isn't told. `zone` is a name like `Europe/Berlin`, by which days begin."""

    mails: Mails = Mails.OFF
    language: str = "en"
    zone: str = "UTC"
    spread_networks: int | None = None

    def next_due(self, now_us: int) -> int | None:
        """When the next mail is due after now (epoch µs) if anything happens until then: with the next full
        hour, or at eight. None for who gets none, or gets them at once."""
        if self.mails is Mails.HOURLY:
            return (now_us // HOUR_US + 1) * HOUR_US
        if self.mails is not Mails.DAILY:
            return None
        zone = ZoneInfo(self.zone)
        now = datetime.fromtimestamp(now_us / SECOND_US, UTC).astimezone(zone)
        due = datetime.combine(now.date(), _DAILY_AT, zone)
        if due <= now:
            due = datetime.combine(now.date() + timedelta(days=1), _DAILY_AT, zone)
        return round(due.timestamp()) * SECOND_US


def require_settings(settings: TellingSettings, languages: tuple[str, ...]) -> None:
    """Raise a 422 Problem for a zone or a language that there isn't, or a number of networks that is out of
    bounds."""
    if settings.language not in languages:
        raise invalid("language", f"This is one of {', '.join(languages)}.")
    try:
        ZoneInfo(settings.zone)
    except (KeyError, ValueError, OSError):  # Unknown, a path, a folder.
        raise invalid("zone", "This is a time zone like Europe/Berlin.") from None
    networks = settings.spread_networks
    if networks is not None and not LEAST_NETWORKS <= networks <= MOST_NETWORKS:
        told = f"This is a whole number from {LEAST_NETWORKS} to {MOST_NETWORKS}."
        raise invalid("spread_networks", told)


@dataclass(frozen=True, slots=True)
class Happened:
    """A notice with what it's about as that is called now, and how often that was downloaded by the link so
    far."""

    notice: Notice
    title: str
    downloads: int = 0


@dataclass(frozen=True, slots=True)
class Digest:
    """What a person is mailed: all that happened since the last time, the oldest first. `left_out` is how
    much more there was."""

    owner: Owner
    organization: str
    email: str
    settings: TellingSettings
    happened: tuple[Happened, ...]
    left_out: int = 0
