"""The answers of the public resolve, with their fields in the contract's order.

A view is copied from an allow-list after the decision; it isn't a larger object with parts blanked out.
"""

from __future__ import annotations

import msgspec

from listenlink.model.licence import Licence

REMOVED_MESSAGE = "The creator has removed this music."


class LicenceView(msgspec.Struct, frozen=True):
    """Licence facts, never overstated."""

    licence_class: str
    licence_version: str
    commercial_use: bool
    requires_attribution: bool


class TrackView(msgspec.Struct, frozen=True):
    """One track as a listener sees it. `measured_duration_seconds` comes from decoding."""

    id: str
    title: str
    engine: str
    mode: str
    measured_duration_seconds: float
    instrumental: bool
    playback_url: str
    licence: LicenceView


class CollectionView(msgspec.Struct, frozen=True):
    """The collection that a link points to."""

    id: str
    name: str
    description: str | None


class ShareFacts(msgspec.Struct, frozen=True):
    """Public facts about the link. `expires_at` is ISO 8601, or null for never."""

    target_type: str
    visibility: str
    expires_at: str | None


class ShareView(msgspec.Struct, frozen=True):
    """The whole answer: always these seven keys in this order."""

    kind: str
    available: bool
    message: str | None
    share: ShareFacts
    track: TrackView | None
    collection: CollectionView | None
    tracks: list[TrackView] | None


def licence_view(licence: Licence) -> LicenceView:
    """A licence as a viewer sees it."""
    return LicenceView(
        licence_class=licence.licence_class.value,
        licence_version=licence.version,
        commercial_use=licence.commercial_use,
        requires_attribution=licence.requires_attribution,
    )


def removed_view(kind: str, share: ShareFacts) -> ShareView:
    """The answer for content that its creator has removed: it holds none of the content."""
    return ShareView(kind, False, REMOVED_MESSAGE, share, None, None, None)
