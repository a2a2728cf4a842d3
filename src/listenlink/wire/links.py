"""A link as its owner sees it: new, later, line by line, and in numbers."""

from __future__ import annotations

from datetime import date as Date
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from listenlink.wire.answers import WithSecrets


class NewLink(WithSecrets, frozen=True):
    """A new link. `token` and `url` are shown only this once."""

    id: str
    token: str
    url: str
    target_type: str
    visibility: str
    expires_at: datetime | None
    created_at: datetime
    max_opens: int | None
    label: str | None
    starts_at: datetime | None
    allow_download: bool = False
    preview: bool = True
    strict_open: bool = False
    version: str = "follows"
    has_password: bool = False
    # None of an older server; ours always tells these.
    revocation_reaches_players_within_seconds: int | None = None
    revocation_cuts_running_streams: bool | None = None


class NewLinks(Struct, frozen=True):
    """New links, one for each recipient, in the order in which these were sent."""

    items: list[NewLink]


class Link(Struct, frozen=True):
    """A link as its owner sees it later."""

    id: str
    target_type: str
    target_id: str
    target_title: str
    visibility: str
    label: str | None
    state: str
    opens: int
    max_opens: int | None
    last_opened_at: datetime | None
    starts_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime
    allow_download: bool = False
    preview: bool = True
    strict_open: bool = False
    version: str = "follows"
    has_password: bool = False
    # None of an older server; ours always tells these.
    revocation_reaches_players_within_seconds: int | None = None
    revocation_cuts_running_streams: bool | None = None
    created_by: str | None = None


class ShownLink(Link, WithSecrets, frozen=True):
    """A link with its address. `url` is null if it can't be shown: to a key without the scope `share`, of a
    closed link, and of one that was made while the server kept links by their digest alone."""

    url: str | None = None


class OpenLine(Struct, frozen=True):
    """One request for the link. `client` is a pseudonym that changes every day, empty once the line's
    day is forgotten; `client_prefix` is the /24 or /48 that it came from."""

    at: datetime
    outcome: str
    reason: str | None
    trace_id: str
    client: str
    client_prefix: str
    agent: str
    referrer: str | None


class Quarters(Struct, frozen=True):
    """How far tracks were heard. Each open counts once for each track: as the furthest that was reached, and
    as nothing that comes before it."""

    quarter: int
    half: int
    three_quarters: int
    whole: int


class OpensByAgent(Struct, frozen=True):
    """Opens by what asked, as `agent` says it of a request; they come to all opens. `forgotten` are
    those of days that an earlier release summed up, which didn't write it down."""

    person: int
    program: int
    unfurler: int
    unknown: int
    forgotten: int


class Day(Struct, frozen=True):
    """One UTC day. `listeners` are people with a browser, distinguished only within the day; `bot_requests`
    are those of unfurlers and crawlers, whatever their outcome; a listen is 30 s heard."""

    date: Date
    opens: int
    listens: int
    listeners: int
    bot_requests: int
    # None of an older server; ours always tells these.
    downloads: int | None = None
    quarters: Quarters | None = None
    by_agent: OpensByAgent | None = None


class TrackListens(Struct, frozen=True):
    """What one version of a track comes to by a link."""

    track_id: str
    title: str
    listens: int
    # None of an older server; ours always tells these.
    downloads: int | None = None
    quarters: Quarters | None = None
    version: int = 1


class Stats(Struct, frozen=True):
    """A link in numbers. `opens` is their total; `days` are those on which something happened; `by_track` has
    the tracks of which anything was heard or downloaded, each version by itself. `listening` are the clients
    that opened the link or renewed their session within the last `listening_within_seconds`, which is the
    life of a playback URL."""

    id: str
    opens: int
    listens: int
    last_opened_at: datetime | None
    days: list[Day]
    # None of an older server; ours always tells these.
    by_track: list[TrackListens] | None = None
    by_agent: OpensByAgent | None = None
    listening: int | None = None
    listening_within_seconds: int | None = None
    downloads: int | None = None
    quarters: Quarters | None = None


class LinkNumbers(Struct, frozen=True):
    """One of the links to a track or a collection, in numbers."""

    id: str
    label: str | None
    state: str
    created_at: datetime
    opens: int
    listens: int
    downloads: int
    quarters: Quarters
    by_agent: OpensByAgent
    last_opened_at: datetime | None


class TargetStats(Struct, frozen=True):
    """A track or a collection in numbers: what all of one's links to it come to, and a slice of them, newest
    first, with the limit and offset that were asked for. `next_cursor`, to be sent as `cursor`, goes on after
    it; it's left out if nothing follows."""

    target_type: str
    target_id: str
    target_title: str
    links: int
    opens: int
    listens: int
    downloads: int
    quarters: Quarters
    by_agent: OpensByAgent
    items: list[LinkNumbers]
    limit: int
    offset: int
    next_cursor: str | UnsetType = UNSET
