"""Whether bytes may be promised: what a user has begun, what the organisation stores, what is free."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.actions.refuse_upload import over_quota, too_many_begun
from listenlink.media.disk.faults import OBJECTS, UPLOADS
from listenlink.media.storage import Storage
from listenlink.model.owner import Owner
from listenlink.store import promises as store
from listenlink.store import usage
from listenlink.store.promises import Promise


class PromiseRules:
    """The bounds: `most_begun` uploads of one user, which promise `most_bytes`; quotas; and the room."""

    def __init__(self, storage: Storage, most_begun: int, most_bytes: int) -> None:
        self.room = storage.room
        self._drafts = storage.drafts
        self._most_begun = most_begun
        self._most_bytes = most_bytes

    def promise(
        self,
        owner: Owner | None,
        size_bytes: int,
        counted_bytes: int,
        *,
        is_resumable: bool = False,
    ) -> Promise:
        """A promise of so much, with where it will be written. Raises StorageFault."""
        room = self.room
        if room.is_off:
            return Promise(owner, size_bytes, counted_bytes, "", None, is_resumable)
        place = room.name_of(UPLOADS)
        other = room.name_of(OBJECTS) if OBJECTS in room.places else place
        object_place = None if other == place else other
        return Promise(owner, size_bytes, counted_bytes, place, object_place, is_resumable)

    def require(
        self,
        connection: Connection,
        promise: Promise,
        number: int | None,
        now_us: int,
        *,
        is_free: bool = False,
    ) -> None:
        """Raise Problem unless this may be promised besides all else; `number` is its own, if it has one."""
        if promise.owner is not None and not is_free:
            begun = store.sum_up_begun(connection, promise.owner, now_us, number)
            is_too_much = begun[0] and begun[1] + promise.size_bytes > self._most_bytes
            if begun[0] >= self._most_begun or is_too_much:
                raise too_many_begun(begun, self._most_begun, self._most_bytes)
            used = usage.find_bounded_usage(connection, promise.owner[0], now_us, number)
            if used is not None and not used.has_room_for(promise.counted_bytes):
                raise over_quota(used, promise.counted_bytes)
        self._require_room(connection, promise, number, now_us)

    def _require_room(
        self, connection: Connection, promise: Promise, number: int | None, now_us: int
    ) -> None:
        room = self.room
        seen: set[str] = set()
        for place in () if room.is_off else room.places:
            name = room.name_of(place)
            if name in seen:
                continue
            seen.add(name)
            wanted = promise.size_bytes if name in (promise.place, promise.object_place) else 0
            if name == promise.place and number is not None:
                wanted -= min(wanted, self._drafts.arrived_bytes(number))
            # First what is still to come, then what is free: what arrives in between counts twice, not never.
            for other, size_bytes in store.list_in_place(connection, name, now_us):
                if other != number:
                    wanted += max(
                        0, size_bytes - (self._drafts.arrived_bytes(other) if other else 0)
                    )
            room.require(place, wanted)
