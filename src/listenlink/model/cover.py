"""Which picture is shown of a track or a collection."""

from __future__ import annotations

from typing import NamedTuple

from listenlink.model.versions import FIRST


class Covered(NamedTuple):
    """What a cover is given to: a track, or else a collection, by its number."""

    track_id: int | None = None
    collection_id: int | None = None


class Cover(NamedTuple):
    """A cover as it's stored: the digests of its JPEGs of at most 1024 and 256 pixels a side."""

    large: bytes
    small: bytes


class CoverName(NamedTuple):
    """A picture among those of a link's page: the cover of the track `number`, or, if that is 0, the
    collection's own. `given` is another with every cover that was given; None for what is in the file, of
    this version of the track."""

    number: int
    given: int | None
    version: int = FIRST
