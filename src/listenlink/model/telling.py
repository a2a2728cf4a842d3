"""How a person wants to be told of their links and tracks by mail, and when they're mailed next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from listenlink.clock import HOUR_US, SECOND_US
from listenlink.errors import invalid
from listenlink.model.notice import Event, Notice
from listenlink.model.owner import Owner

# When people have their coffee.
_DAILY_AT = time(8)
# Who wants mails at once gets no more than one in this time: strangers can open many links.
AT_ONCE_EVERY_US = 60 * SECOND_US
LEAST_NETWORKS, MOST_NETWORKS = 2, 1000
_ZONE_LENGTH = 64
_ORDER = tuple(Event)


class Mails(StrEnum):
    """How often mails come: none, one for whatever happens, or one for all of an hour or a day."""

    OFF = "off"
    AT_ONCE = "at_once"
    HOURLY = "hourly"
    DAILY = "daily"


class OffReason(StrEnum):
    """Why mails are off, if not by their reader's choice at the desk: the mail server says that nobody is at
    the address, or somebody left by the address in a mail."""

    NO_READER = "no_reader"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class TellingSettings:
    """A person's settings. A link has spread that is opened from more networks than `spread_networks` within
    two days; None means that this isn't told. `zone` is a name like `Europe/Berlin`, by which days begin.
    `off_reason` is only of mails that are off."""

    mails: Mails = Mails.OFF
    language: str = "en"
    zone: str = "UTC"
    spread_networks: int | None = None
    off_reason: OffReason | None = None

    def next_due(self, now_us: int) -> int | None:
        """When the next mail is due after now (epoch µs) if anything happens until then: with the next full
        hour, or at eight. None for who gets none, or gets them at once."""
        if self.mails is Mails.HOURLY:
            return (now_us // HOUR_US + 1) * HOUR_US
        if self.mails is not Mails.DAILY:
            return None
        zone = _find_zone(self.zone) or UTC
        now = datetime.fromtimestamp(now_us / SECOND_US, UTC).astimezone(zone)
        due = datetime.combine(now.date(), _DAILY_AT, zone)
        if due <= now:
            due = datetime.combine(now.date() + timedelta(days=1), _DAILY_AT, zone)
        return round(due.timestamp()) * SECOND_US

    def after_mail(self, now_us: int) -> int | None:
        """The same after a mail: also who gets them at once isn't mailed before."""
        if self.mails is Mails.AT_ONCE:
            return now_us + AT_ONCE_EVERY_US
        return self.next_due(now_us)


def require_settings(settings: TellingSettings, languages: tuple[str, ...]) -> None:
    """Raise a 422 Problem for a zone or a language that there isn't, or a number of networks that is out of
    bounds."""
    if settings.language not in languages:
        raise invalid("language", f"This is one of {', '.join(languages)}.")
    if _find_zone(settings.zone) is None or len(settings.zone) > _ZONE_LENGTH:
        raise invalid("zone", "This is a time zone like Europe/Berlin.")
    networks = settings.spread_networks
    if networks is not None and not LEAST_NETWORKS <= networks <= MOST_NETWORKS:
        told = f"This is a whole number from {LEAST_NETWORKS} to {MOST_NETWORKS}."
        raise invalid("spread_networks", told)


def _find_zone(name: str) -> ZoneInfo | None:
    """The zone of this name, None if there is none: another node, or a later release, may know others."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # Unknown, a path, a folder.
        return None


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

    @property
    def by_link(self) -> tuple[Happened, ...]:
        """What happened, with all opens of one link as one: how many are new in all, and how many there are
        by now. What happened to many links at one moment is in the order of their labels."""
        kept: list[Happened] = []
        places: dict[int, int] = {}
        for one in sorted(self.happened, key=_place):
            share_id = one.notice.share_id
            if one.notice.event is not Event.OPENED or share_id is None:
                kept.append(one)
            elif share_id in places:
                place = places[share_id]
                kept[place] = _joined(kept[place], one)
            else:
                places[share_id] = len(kept)
                kept.append(one)
        return tuple(kept)


def _place(one: Happened) -> tuple[int, int, str]:
    notice = one.notice
    return notice.at, _ORDER.index(notice.event), str(notice.facts.get("label") or "").casefold()


def _joined(earlier: Happened, later: Happened) -> Happened:
    news = earlier.notice.facts["new_opens"] + later.notice.facts["new_opens"]
    notice = replace(later.notice, facts=later.notice.facts | {"new_opens": news})
    return replace(later, notice=notice)
