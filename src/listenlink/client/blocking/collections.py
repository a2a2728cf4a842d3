# Written by scripts/write_blocking_client.py. Change client/awaiting/collections.py, then `make client`.
"""The client's methods for collections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Unpack

from listenlink.client.blocking.covers import fetch_cover, send_cover, take_cover
from listenlink.client.blocking.owner import Owner
from listenlink.client.source import Given, Size
from listenlink.client.terms import checked
from listenlink.wire import Collection, Member
from listenlink.wire.terms import CollectionChanges, CollectionFacts


class CollectionMethods(Owner):
    """Methods for your own collections."""

    def collections(self) -> Iterator[Collection]:
        """All your collections, newest first."""
        return self.listed(Collection, "collections")

    def collection(self, collection_id: str) -> Collection:
        """One collection, by its id."""
        return self.ask("GET", self.path_of("collections", collection_id), Collection)

    def make_collection(
        self, name: str, *, idempotency_key: str | None = None, **facts: Unpack[CollectionFacts]
    ) -> Collection:
        """Make a collection; `facts` may be `description` and `cover_image_url`."""
        sent = {"name": name} | checked(facts, CollectionFacts)
        path = self.path_of("collections")
        return self.make(path, Collection, idempotency_key, json=sent)

    def change_collection(
        self, collection_id: str, **changes: Unpack[CollectionChanges]
    ) -> Collection:
        """Change `name`, `description`, `cover_track_id` or `cover_image_url`; None clears a field."""
        sent = checked(changes, CollectionChanges)
        path = self.path_of("collections", collection_id)
        return self.ask("PATCH", path, Collection, json=sent)

    def collection_cover(self, collection_id: str, *, size: Size = "large") -> bytes:
        """The cover that is shown of a collection, a JPEG."""
        path = self.path_of("collections", collection_id, "cover")
        return fetch_cover(self, path, size)

    def set_collection_cover(self, collection_id: str, file: Given) -> None:
        """Show this picture as a collection's cover: a JPEG, PNG or WebP, given as `upload` takes a file. May
        also raise OSError."""
        send_cover(self, self.path_of("collections", collection_id, "cover"), file)

    def remove_collection_cover(self, collection_id: str, *, restore: bool = False) -> None:
        """Show no cover of a collection; to `restore` shows one of its tracks'."""
        path = self.path_of("collections", collection_id, "cover")
        take_cover(self, path, restore=restore)

    def delete_collection(self, collection_id: str) -> None:
        """Delete a collection. Its tracks stay; its links say that it's gone."""
        self.remove(self.path_of("collections", collection_id))

    def members(self, collection_id: str) -> Iterator[Member]:
        """A collection's tracks, in order."""
        return self.listed(Member, "collections", collection_id, "tracks")

    def add_track(self, collection_id: str, track_id: str) -> Collection:
        """Add a track at the end, unless it's in the collection already."""
        path = self.path_of("collections", collection_id, "tracks")
        return self.ask("POST", path, Collection, json={"track_id": track_id})

    def move_track(self, collection_id: str, track_id: str, position: int) -> Member:
        """Have a track at this position, counted from 0, or at the end if there are fewer."""
        path = self.path_of("collections", collection_id, "tracks", track_id)
        return self.ask("PATCH", path, Member, json={"position": position})

    def remove_track(self, collection_id: str, track_id: str) -> None:
        """Remove a track from the collection, if it's in."""
        self.remove(self.path_of("collections", collection_id, "tracks", track_id))

    def reorder(self, collection_id: str, track_ids: Sequence[str]) -> None:
        """Put these tracks first, in this order."""
        path = self.path_of("collections", collection_id, "order")
        self.persist("PATCH", path, json={"ordered_track_ids": list(track_ids)})
