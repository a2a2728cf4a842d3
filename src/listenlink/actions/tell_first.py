"""What a write came to is written down as its answer before it's committed: what can't be told isn't done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

import msgspec

from listenlink.store.database.database import BUSY_AFTER_SECONDS, Database

_Made = TypeVar("_Made")


class Telling(Generic[_Made]):
    """How a write is done (`actions/idempotency.py`, `Doing`) whose answer, as `tell` makes it, is in
    `answer` once it's done."""

    def __init__(self, tell: Callable[[_Made], msgspec.Struct | None]) -> None:
        self.answer = b""
        self._tell = tell

    def __call__(self, connection: Any, make: Callable[[Any], _Made]) -> _Made:
        """Return what `make` makes. Raises what `tell` raises; then nothing may be committed."""
        made = make(connection)
        self.answer = msgspec.json.encode(self._tell(made))
        return made


def telling_first(database: Database, tell: Callable[[Any], msgspec.Struct | None]) -> Database:
    """The same database, except that each write is committed only if `tell` can tell what it returns."""
    return cast(Database, _TellingFirst(database, tell))


class _TellingFirst:
    def __init__(self, database: Database, tell: Callable[[Any], msgspec.Struct | None]) -> None:
        self._database = database
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def write(
        self, work: Callable[[Any], Any], *, within_seconds: float = BUSY_AFTER_SECONDS
    ) -> Any:
        doing: Telling[Any] = Telling(self._tell)
        return await self._database.write(
            lambda connection: doing(connection, work), within_seconds=within_seconds
        )
