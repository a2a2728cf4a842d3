"""What all of an owner's methods need: their organisation, typed answers, lists fetched in parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from listenlink.client.connection import Connection
from listenlink.client.error import ListenlinkError
from listenlink.wire import Caller, Page

_Thing = TypeVar("_Thing")
_PAGE = 100


class Owner(Connection):
    """A connection that knows whose key it uses."""

    _organization_id: str | None = None

    def caller(self) -> Caller:
        """The user and organisation that the key speaks for."""
        return as_thing(self.get("/v1/caller"), Caller)

    @property
    def organization_id(self) -> str:
        """The key's organisation, requested only once."""
        if self._organization_id is None:
            self._organization_id = self.caller().organization_id
        return self._organization_id

    def path_of(self, *parts: str) -> str:
        """The path of something in the key's organisation."""
        return "/".join(("/v1/music", self.organization_id, *parts))

    def pages(self, path: str, kind: type[_Thing], **wanted: Any) -> Iterator[_Thing]:
        """All items of a list, requested in slices as they're needed. If things are put in or taken out
        meanwhile, none of the others is missed or comes twice."""
        asked = {name: value for name, value in wanted.items() if value is not None}
        asked["limit"] = _PAGE
        following: dict[str, Any] = {"offset": 0}
        while True:
            told = as_thing(self.get(path, params=asked | following), Page)
            items = told.items
            for item in items:
                yield as_thing(item, kind)
            if isinstance(told.next_cursor, str):
                following = {"cursor": told.next_cursor}
            elif "cursor" in following or len(items) < _PAGE:
                return
            else:  # A server older than cursors, or a list that ends here by chance.
                following["offset"] += _PAGE


def as_thing(told: Any, kind: type[_Thing]) -> _Thing:
    """An answer's JSON as a typed object. Fields added by a newer server are left out."""
    try:
        return msgspec.convert(told, kind)
    except msgspec.ValidationError as error:
        raise ListenlinkError(
            200, "NOT_LISTENLINK", f"The answer isn't a {kind.__name__} ({error})."
        ) from error
