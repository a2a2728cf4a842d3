"""What requests hold, and its bounds. A field that isn't known is refused by its name.

What is absent from a change stays as it is. `wire/terms.py` has the same fields for type checkers.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias, get_args

from msgspec import UNSET, Meta, Struct, UnsetType

from listenlink.wire.notifications import ChangedNotifications as ChangedNotifications

# Text that every database can store: PostgreSQL allows no NUL.
TEXT = r"^[^\x00]*$"
# Something besides spaces and control characters, which a title is cleaned of; a name has no NUL either.
_SOMETHING = r"[^\s\x00-\x1f\x7f]"
_NAME = r"^[\s\x01-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00]*$"
LABEL_LENGTH = 120
LEAST_OF_A_PASSWORD, MOST_OF_A_PASSWORD = 6, 128
MOST_OPENS = 2**53
MOST_RECIPIENTS = 500  # Of one request: each is a link.
TITLE_LENGTH, NAME_LENGTH = 512, 512
DESCRIPTION_LENGTH = 4096
COVER_URL_LENGTH = 1024
ATTRIBUTION_LENGTH = 500
MOST_ORDERED = 10_000  # Of which some may not be in the collection.
MAX_DAYS_OF_A_KEY = 3650
MOST_VERSIONS = 100  # Of a track, with the removed ones.
_MOST_OF_A_TOKEN = 100  # More than any has: what isn't spelled like one isn't found.

Mode = Literal["creation", "focus"]
MODES: tuple[Mode, ...] = get_args(Mode)
DeclaredAi = Literal["assisted", "generated"]
AI_MARKS: tuple[DeclaredAi, ...] = get_args(DeclaredAi)
DeclaredTerms = Literal[
    "listen_only",
    "CC-BY-NC-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-NC-ND-4.0",
    "CC-BY-4.0",
    "CC0-1.0",
    "commercial",
]
TERMS: tuple[DeclaredTerms, ...] = get_args(DeclaredTerms)
EventName = Literal[
    "link.opened",
    "link.spent",
    "link.ending",
    "link.ended",
    "link.spread",
    "track.ready",
    "track.replaced",
]
EVENTS: tuple[EventName, ...] = get_args(EventName)
ShapeName = Literal["standard", "discord", "slack", "ntfy", "gotify"]
WEBHOOK_URL_LENGTH = 1024
Scope = Literal["read", "write", "share", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


class LinkVersion(StrEnum):
    """Which version of a track a link leads to: always the current one, or the one that it was made with."""

    FOLLOWS = "follows"
    PINNED = "pinned"


class Visibility(StrEnum):
    """`link_only` is never indexed; `public` may be."""

    LINK_ONLY = "link_only"
    PUBLIC = "public"


_Days: TypeAlias = Annotated[int, Meta(ge=1)]
_DaysOfAKey: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_DAYS_OF_A_KEY)]
_Hours: TypeAlias = Annotated[int, Meta(ge=1)]
_Opens: TypeAlias = Annotated[int, Meta(ge=1, le=MOST_OPENS)]
_Label: TypeAlias = Annotated[str, Meta(pattern=TEXT, max_length=LABEL_LENGTH)]
_Password: TypeAlias = Annotated[
    str, Meta(min_length=LEAST_OF_A_PASSWORD, max_length=MOST_OF_A_PASSWORD)
]
_Title: TypeAlias = Annotated[str, Meta(pattern=_SOMETHING, max_length=TITLE_LENGTH)]
_Name: TypeAlias = Annotated[str, Meta(pattern=_NAME, min_length=1, max_length=NAME_LENGTH)]
_Description: TypeAlias = Annotated[str, Meta(pattern=TEXT, max_length=DESCRIPTION_LENGTH)]
_Credit: TypeAlias = Annotated[str, Meta(pattern=TEXT, max_length=ATTRIBUTION_LENGTH)]
_Cover: TypeAlias = Annotated[str, Meta(pattern=TEXT, max_length=COVER_URL_LENGTH)]


class LinkTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """The terms of a new link. It ends by one of `expires_in_days` (above 90 is clamped to 90),
    `expires_in_hours` (above 2160 to 2160) and `expires_at`, up to 90 days away; null means never. With
    `strict_open` only play and `Accept: application/json` open it; with a `password` only who knows that."""

    visibility: Visibility = Visibility.LINK_ONLY
    expires_in_days: _Days | UnsetType | None = UNSET
    expires_in_hours: _Hours | UnsetType | None = UNSET
    expires_at: datetime | UnsetType | None = UNSET
    max_opens: _Opens | None = None
    label: _Label | None = None
    starts_at: datetime | None = None
    allow_download: bool = False
    preview: bool = True
    strict_open: bool = False
    version: LinkVersion = LinkVersion.FOLLOWS
    password: _Password | None = None


class Recipient(Struct, frozen=True, forbid_unknown_fields=True):
    """Who gets a link of their own. What is said here goes before what is said for all; null means none."""

    label: _Label | UnsetType | None = UNSET
    max_opens: _Opens | UnsetType | None = UNSET
    expires_in_days: _Days | UnsetType | None = UNSET
    expires_in_hours: _Hours | UnsetType | None = UNSET
    expires_at: datetime | UnsetType | None = UNSET


class TermsForEach(LinkTerms, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom links are made for, one for each, and the terms of a new link, which all of these links have where
    a recipient says nothing else. Each has a label: their own, or the one for all."""

    recipients: Annotated[list[Recipient], Meta(min_length=1, max_length=MOST_RECIPIENTS)]


class ChangedTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change. What isn't sent stays as it is. The end is one of `expires_in_days` and
    `expires_in_hours`, which count from now, above 90 days clamped to 90, and `expires_at`; null means never.
    null lifts `max_opens`, clears `label` and takes the `password` away. A password that is set or taken away
    ends sessions, playback URLs and unlocks."""

    visibility: Visibility | UnsetType = UNSET
    expires_in_days: _Days | UnsetType | None = UNSET
    expires_in_hours: _Hours | UnsetType | None = UNSET
    expires_at: datetime | UnsetType | None = UNSET
    max_opens: _Opens | UnsetType | None = UNSET
    label: _Label | UnsetType | None = UNSET
    allow_download: bool | UnsetType = UNSET
    preview: bool | UnsetType = UNSET
    strict_open: bool | UnsetType = UNSET
    version: LinkVersion | UnsetType = UNSET
    password: _Password | UnsetType | None = UNSET


class DeclaredLicence(Struct, frozen=True, forbid_unknown_fields=True):
    """The terms that are declared, with the credit line to give. Those of Creative Commons can't be taken
    back: they need `confirmed`."""

    declared_licence: DeclaredTerms
    attribution_text: _Credit | None = None
    confirmed: bool = False


class SoughtLink(Struct, frozen=True, forbid_unknown_fields=True):
    """The token of the link that is looked for."""

    token: Annotated[str, Meta(pattern=TEXT, max_length=_MOST_OF_A_TOKEN)]


class ChangedTrack(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change; the rest stays. `declared_licence`, with the credit line `attribution_text`, is
    declared anew from now on; those of Creative Commons need `confirmed`. `ai` isn't taken back."""

    title: _Title | UnsetType = UNSET
    artist: _Title | UnsetType | None = UNSET
    instrumental: bool | UnsetType = UNSET
    declared_licence: DeclaredTerms | UnsetType = UNSET
    attribution_text: _Credit | UnsetType | None = UNSET
    confirmed: bool | UnsetType = UNSET
    ai: DeclaredAi | UnsetType = UNSET


class NewCollection(Struct, frozen=True, forbid_unknown_fields=True):
    """What a new collection is made of. `cover_image_url` is stored and returned, never fetched."""

    name: _Name
    description: _Description | None = None
    cover_image_url: _Cover | None = None


class ChangedCollection(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change. What isn't sent stays as it is; null clears."""

    name: _Name | UnsetType = UNSET
    description: _Description | UnsetType | None = UNSET
    cover_track_id: str | UnsetType | None = UNSET
    cover_image_url: _Cover | UnsetType | None = UNSET


class TrackOfCollection(Struct, frozen=True, forbid_unknown_fields=True):
    """The track to put in."""

    track_id: str


class NewPosition(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the track is to be in the order, counted from 0. Behind the last one is the last."""

    position: Annotated[int, Meta(ge=0, le=MOST_ORDERED)]


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """The tracks that come first, in this order."""

    ordered_track_ids: Annotated[list[str], Meta(max_length=MOST_ORDERED)]


class Heard(Struct, frozen=True, forbid_unknown_fields=True):
    """The track that was heard: for 30 seconds or more, or, with a `quarter`, so many quarters of it. Without
    a `version` it's of the one that the link leads to."""

    track_id: str
    quarter: Annotated[int, Meta(ge=1, le=4)] | None = None
    version: Annotated[int, Meta(ge=1, le=MOST_VERSIONS)] | None = None


class CurrentVersion(Struct, frozen=True, forbid_unknown_fields=True):
    """That a version is to be the current one."""

    current: Literal[True]


class NewKey(Struct, frozen=True, forbid_unknown_fields=True):
    """What a new key may do, and for how long; null means as long as the key that makes it."""

    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=len(SCOPES))]
    expires_in_days: _DaysOfAKey | None = None


class ChangedKey(Struct, frozen=True, forbid_unknown_fields=True):
    """When the key is to end, in days from now; null means as long as the key that changes it."""

    expires_in_days: _DaysOfAKey | UnsetType | None = UNSET


class WebhookTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """Where to be told of which events, and in which program's form."""

    url: Annotated[str, Meta(pattern=TEXT, max_length=WEBHOOK_URL_LENGTH)]
    events: Annotated[list[EventName], Meta(min_length=1, max_length=len(EVENTS))]
    shape: ShapeName = "standard"


class ChangedWebhook(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether nothing is sent there for now."""

    paused: bool
