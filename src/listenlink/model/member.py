"""Who is in an organisation, and who is invited, as its owners see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in an organisation, how many keys of theirs work there, and the UTC day, counted from 1970, on
    which one of these was last used, if any was. Once their removal has begun, their role is LEAVING
    (`model/api_key.py`)."""

    user_id: int
    email: str
    role: str
    keys: int
    used_day: int | None


@dataclass(frozen=True, slots=True)
class Access:
    """How many keys of a member work in an organisation, in how many browsers they act there, and how many
    uploads of theirs have begun there and aren't tracks yet."""

    keys: int
    sign_ins: int
    uploads: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that nobody has accepted yet: whom it's for, with which role, who made it, None if they
    are gone, and when (epoch µs). `mark` names it; who accepts it needs its secret."""

    mark: str
    email: str
    role: str
    inviter: str | None
    made_at: int
    ends_at: int
