"""A key, whose it is, and what their organisation stores."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from listenlink.wire.answers import WithSecrets


class Usage(Struct, frozen=True, kw_only=True):
    """What the organisation stores, and may store: the files of its tracks and what was made to be played of
    them. `begun_bytes` are those of uploads that have begun. A quota is null where there is none."""

    stored_bytes: int
    quota_bytes: int | None = None
    tracks: int
    quota_tracks: int | None = None
    begun_bytes: int


class Caller(Struct, frozen=True):
    """The organisation and user that the key speaks for, its scopes, and what the organisation stores."""

    organization_id: str
    user_id: str
    scopes: list[str]
    usage: Usage | None = None  # Of an older server; ours always tells it.


class MintedKey(WithSecrets, frozen=True):
    """A new key. `api_key` is shown only this once."""

    id: str
    api_key: str
    shown_prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None


class Key(Struct, frozen=True):
    """A key in a list. `state` is `active`, `expired` or `deactivated`."""

    id: str
    shown_prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    state: str
