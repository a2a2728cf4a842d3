# Written by scripts/write_blocking_client.py. Change client/awaiting/owner.py, then `make client`.
"""What all of an owner's methods need: their organisation, typed answers, lists fetched in parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from listenlink.client.answers import as_thing, json_of
from listenlink.client.blocking.connection import Connection
from listenlink.client.error import ListenlinkError
from listenlink.client.sending import new_key
from listenlink.wire import Caller, Page

_Thing = TypeVar("_Thing")
_PAGE = 100


class Owner(Connection):
    """A connection that knows whose key it uses."""

    _organization_id: str | None = None

    def caller(self) -> Caller:
        """The user and organisation that the key speaks for."""
        return self.ask("GET", "/v1/caller", Caller)

    @property
    def organization_id(self) -> str:
        """The key's organisation, requested only once."""
        if self._organization_id is None:
            caller = self.caller()
            self._organization_id = caller.organization_id
        return self._organization_id

    def path_of(self, *parts: str) -> str:
        """The path of something in the key's organisation."""
        return "/".join(("/v1/music", self.organization_id, *parts))

    def ask(self, method: str, path: str, kind: type[_Thing], **options: Any) -> _Thing:
        """Send a request that may be repeated, and again where that may help; return the typed answer.
        Options are those of `persist`."""
        return as_thing(json_of(self.persist(method, path, **options)), kind)

    def make(
        self, path: str, kind: type[_Thing], idempotency_key: str | None, **options: Any
    ) -> _Thing:
        """POST what makes something, so that it's made once however often it's sent."""
        headers = {"Idempotency-Key": idempotency_key or new_key()}
        return self.ask("POST", path, kind, headers=headers, **options)

    def remove(self, path: str, **options: Any) -> None:
        """DELETE it. What is gone after an answer that was lost has been removed."""
        try:
            self.persist("DELETE", path, **options)
        except ListenlinkError as error:
            if not (error.status == 404 and error.may_have_been_done):
                raise

    def listed(self, kind: type[_Thing], *parts: str, **wanted: Any) -> Iterator[_Thing]:
        """`pages` of something in the key's organisation."""
        yield from self.pages(self.path_of(*parts), kind, **wanted)

    def pages(self, path: str, kind: type[_Thing], **wanted: Any) -> Iterator[_Thing]:
        """All items of a list, requested in slices as they're needed. If things are put in or taken out
        meanwhile, none of the others is missed or comes twice."""
        asked = {name: value for name, value in wanted.items() if value is not None}
        asked["limit"] = _PAGE
        following: dict[str, Any] = {"offset": 0}
        while True:
            told = self.ask("GET", path, Page[Any], params=asked | following)
            items = told.items
            for item in items:
                yield as_thing(item, kind)
            if isinstance(told.next_cursor, str):
                following = {"cursor": told.next_cursor}
            elif "cursor" in following or len(items) < _PAGE:
                return
            else:  # A server older than cursors, or a list that ends here by chance.
                following["offset"] += _PAGE
