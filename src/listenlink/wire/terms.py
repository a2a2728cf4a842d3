"""What can be said of a track, a collection or a link, by name, for type checkers.

The fields of `wire/bodies.py`, as keyword arguments: a test holds the two against each other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Required, TypedDict

from listenlink.wire.bodies import DeclaredAi, DeclaredTerms, Mode

Visibility = Literal["link_only", "public"]


class TrackFacts(TypedDict, total=False):
    """What a new track is, besides its engine."""

    title: str
    artist: str
    mode: Mode
    instrumental: bool | Literal["true", "false"]
    declared_licence: DeclaredTerms
    attribution_text: str
    confirmed: bool | Literal["true", "false"]
    ai: DeclaredAi


class VersionFacts(TypedDict, total=False):
    """What a new version of a track is made with, and whether it's the current one at once."""

    engine: str
    current: bool | Literal["true", "false"]


class UploadFacts(TrackFacts):
    """The same, with the engine."""

    engine: Required[str]


class TrackChanges(TypedDict, total=False):
    """What can be changed of a track; None clears the artist."""

    title: str
    artist: str | None
    instrumental: bool
    declared_licence: DeclaredTerms
    attribution_text: str | None
    confirmed: bool
    ai: DeclaredAi


class CollectionFacts(TypedDict, total=False):
    """What a new collection is, besides its name."""

    description: str | None
    cover_image_url: str | None


class CollectionChanges(CollectionFacts, total=False):
    """What can be changed of a collection; None clears a field."""

    name: str
    cover_track_id: str | None


class LinkChanges(TypedDict, total=False):
    """What can be changed of a link; None removes an end or a limit. It ends in days or in hours from now, or
    at a time, which needs its zone."""

    visibility: Visibility
    expires_in_days: int | None
    expires_in_hours: int | None
    expires_at: datetime | str | None
    max_opens: int | None
    label: str | None
    allow_download: bool
    preview: bool
    strict_open: bool
    version: Literal["follows", "pinned"]
    password: str | None


class LinkTerms(LinkChanges, total=False):
    """The terms of a new link; None is the default. A time needs its zone."""

    starts_at: datetime | str | None


class Recipient(TypedDict, total=False):
    """Who gets a link of their own, and where it differs from what is said for all; None is none."""

    label: str | None
    max_opens: int | None
    expires_in_days: int | None
    expires_in_hours: int | None
    expires_at: datetime | str | None
