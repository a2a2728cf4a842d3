"""How somebody is told of their links, and what they may change of it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, get_args

from msgspec import UNSET, Meta, Struct, UnsetType

MailsName: TypeAlias = Literal["off", "at_once", "hourly", "daily"]
MAILS: tuple[MailsName, ...] = get_args(MailsName)
LanguageName: TypeAlias = Literal["en", "de", "es", "fr"]
LANGUAGES: tuple[LanguageName, ...] = get_args(LanguageName)
ZONE_LENGTH = 64
LEAST_NETWORKS, MOST_NETWORKS = 2, 1000
# As zones are written in the tz database.
_ZONE = r"^[A-Za-z0-9_+/-]+$"


class Notifications(Struct, frozen=True):
    """How its user is told in this organisation. `mails` come `at_once`, `hourly` or `daily`, at eight in the
    morning of `zone`, or are `off`; they, and what is posted to chat programs, are in `language`. A link has
    spread that is opened from more than `spread_networks` networks within two days; null: that isn't told.
    `sends_mail` is whether this server sends mails at all."""

    mails: str
    language: str
    zone: str
    spread_networks: int | None
    sends_mail: bool


class ChangedNotifications(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be changed of it; null for `spread_networks` lets that be told no more."""

    mails: MailsName | UnsetType = UNSET
    language: LanguageName | UnsetType = UNSET
    zone: Annotated[str, Meta(pattern=_ZONE, max_length=ZONE_LENGTH)] | UnsetType = UNSET
    spread_networks: (
        Annotated[int, Meta(ge=LEAST_NETWORKS, le=MOST_NETWORKS)] | UnsetType | None
    ) = UNSET
