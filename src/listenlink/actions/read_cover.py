"""Read a stored cover, once for all who ask for it at one time."""

from __future__ import annotations

from listenlink.actions.make_once import OnceMaker
from listenlink.errors import Problem, ProblemKind
from listenlink.media.storage import Storage
from listenlink.model.shelf import Written


class CoverReader:
    """Reads covers, and caches those that are asked for often."""

    def __init__(self, storage: Storage, maker: OnceMaker) -> None:
        self._storage = storage
        self.maker = maker

    async def read(self, digest: bytes) -> bytes:
        """The cover, a JPEG. Raises Problem: NOT_FOUND if it has just been deleted, UNAVAILABLE if too many
        are waiting for others, and STORAGE_UNAVAILABLE."""

        async def read() -> Written:
            return Written(await self._storage.read_object(digest))

        try:
            written = await self.maker.make(("cover", digest), read)
        except FileNotFoundError:
            raise Problem(ProblemKind.NOT_FOUND) from None
        assert written is not None  # noqa: S101 (`read` always gives one)
        return written.plain
