"""What any answer may be: a slice of a list, an acknowledgement, an error, a probe's. How secrets print."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import fields

_Item = TypeVar("_Item")
SECRET = frozenset(
    {
        "token",
        "url",
        "session",
        "playback_url",
        "manifest_url",
        "stem_urls",
        "download_url",
        "api_key",
        "secret",
        "unlock",
    }
)


class WithSecrets(Struct, frozen=True):
    """Printed, logged or in a traceback, it doesn't tell its fields that `SECRET` names: whoever has a
    key, a token, a session or a playback URL can use it."""

    def __repr__(self) -> str:
        told = ", ".join(
            f"{field.name}={_shown(field.name, getattr(self, field.name))}"
            for field in fields(self)
        )
        return f"{type(self).__name__}({told})"


def _shown(name: str, value: object) -> str:
    return "'…'" if name in SECRET and value else repr(value)


class Page(Struct, Generic[_Item], frozen=True):
    """A slice of a list, with the limit and offset that were asked for. `next_cursor`, to be sent as
    `cursor`, goes on after it; it's left out if nothing follows."""

    items: list[_Item]
    limit: int
    offset: int
    next_cursor: str | UnsetType = UNSET


class Acknowledgement(Struct, frozen=True):
    """What was asked has been done. `id` is that of the thing that was changed."""

    success: bool
    id: str
    detail: str


class ErrorBody(Struct, frozen=True):
    """What went wrong: `message` is for the person, `system_message` for the developer."""

    code: str
    message: str
    system_message: str
    type: str
    status: int
    details: dict[str, Any]
    trace_id: str
    timestamp: datetime


class ErrorEnvelope(Struct, frozen=True):
    """Every answer that isn't a success."""

    success: bool
    error: ErrorBody


class Alive(Struct, frozen=True):
    """The process answers."""

    status: str


class Ready(Struct, frozen=True):
    """Whether requests should be sent here, and what each check found."""

    status: str
    checks: dict[str, str]
