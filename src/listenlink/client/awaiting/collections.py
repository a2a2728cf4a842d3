"""The client's methods for collections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Unpack

from listenlink.client.awaiting.covers import fetch_cover, send_cover, take_cover
from listenlink.client.awaiting.owner import Owner
from listenlink.client.source import Given, Size
from listenlink.client.terms import checked
from listenlink.wire import Collection, Member
from listenlink.wire.terms import CollectionChanges, CollectionFacts


class CollectionMethods(Owner):
    """Methods for your own collections."""

    def collections(self) -> AsyncIterator[Collection]:
        """All your collections, newest first."""
        return self.listed(Collection, "collections")

    async def collection(self, collection_id: str) -> Collection:
        """One collection, by its id."""
        return await self.ask("GET", await self.path_of("collections", collection_id), Collection)

    async def make_collection(
        self, name: str, *, idempotency_key: str | None = None, **facts: Unpack[CollectionFacts]
    ) -> Collection:
        """Make a collection; `facts` may be `description` and `cover_image_url`."""
        sent = {"name": name} | checked(facts, CollectionFacts)
        path = await self.path_of("collections")
        return await self.make(path, Collection, idempotency_key, json=sent)

    async def change_collection(
        self, collection_id: str, **changes: Unpack[CollectionChanges]
    ) -> Collection:
        """Change `name`, `description`, `cover_track_id` or `cover_image_url`; None clears a field."""
        sent = checked(changes, CollectionChanges)
        path = await self.path_of("collections", collection_id)
        return await self.ask("PATCH", path, Collection, json=sent)

    async def collection_cover(self, collection_id: str, *, size: Size = "large") -> bytes:
        """The cover that is shown of a collection, a JPEG."""
        path = await self.path_of("collections", collection_id, "cover")
        return await fetch_cover(self, path, size)

    async def set_collection_cover(self, collection_id: str, file: Given) -> None:
        """Show this picture as a collection's cover: a JPEG, PNG or WebP, given as `upload` takes a file. May
        also raise OSError."""
        await send_cover(self, await self.path_of("collections", collection_id, "cover"), file)

    async def remove_collection_cover(self, collection_id: str, *, restore: bool = False) -> None:
        """Show no cover of a collection; to `restore` shows one of its tracks'."""
        path = await self.path_of("collections", collection_id, "cover")
        await take_cover(self, path, restore=restore)

    async def delete_collection(self, collection_id: str) -> None:
        """Delete a collection. Its tracks stay; its links say that it's gone."""
        await self.remove(await self.path_of("collections", collection_id))

    def members(self, collection_id: str) -> AsyncIterator[Member]:
        """A collection's tracks, in order."""
        return self.listed(Member, "collections", collection_id, "tracks")

    async def add_track(self, collection_id: str, track_id: str) -> Collection:
        """Add a track at the end, unless it's in the collection already."""
        path = await self.path_of("collections", collection_id, "tracks")
        return await self.ask("POST", path, Collection, json={"track_id": track_id})

    async def move_track(self, collection_id: str, track_id: str, position: int) -> Member:
        """Have a track at this position, counted from 0, or at the end if there are fewer."""
        path = await self.path_of("collections", collection_id, "tracks", track_id)
        return await self.ask("PATCH", path, Member, json={"position": position})

    async def remove_track(self, collection_id: str, track_id: str) -> None:
        """Remove a track from the collection, if it's in."""
        await self.remove(await self.path_of("collections", collection_id, "tracks", track_id))

    async def reorder(self, collection_id: str, track_ids: Sequence[str]) -> None:
        """Put these tracks first, in this order."""
        path = await self.path_of("collections", collection_id, "order")
        await self.persist("PATCH", path, json={"ordered_track_ids": list(track_ids)})
