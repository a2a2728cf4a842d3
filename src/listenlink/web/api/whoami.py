"""What a key is good for, for whoever holds it."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get

from listenlink.actions.manage_quotas import tell_usage
from listenlink.model import ids
from listenlink.running.owning import Owning
from listenlink.web.caller import caller_of
from listenlink.web.given import Given


class UsageAnswer(msgspec.Struct, frozen=True):
    """What the organisation stores, and may store: the files of its tracks and what was made to be played of
    them. `begun_bytes` are those of uploads that have begun. A quota is null where there is none."""

    stored_bytes: int
    quota_bytes: int | None
    tracks: int
    quota_tracks: int | None
    begun_bytes: int


class CallerAnswer(msgspec.Struct, frozen=True):
    """The organisation and user that the key speaks for, its scopes, and what the organisation stores."""

    organization_id: str
    user_id: str
    scopes: list[str]
    usage: UsageAnswer


@get("/v1/caller", opt={"any_scope": True}, summary="Tell whose key this is", tags=["Keys"])
async def get_caller(owning: Given[Owning], request: Request[Any, Any, Any]) -> CallerAnswer:
    """Whom the sent key speaks for, and what their organisation stores and may store. A program with a key
    needs to know nothing else."""
    caller = caller_of(request)
    used = await tell_usage(owning.database, caller, owning.clock.now_us())
    return CallerAnswer(
        ids.public_id(ids.ORGANIZATION, caller.owner.organization_id),
        ids.public_id(ids.USER, caller.owner.user_id),
        sorted(caller.scopes),
        UsageAnswer(
            used.stored_bytes,
            used.quota.most_bytes,
            used.tracks,
            used.quota.most_tracks,
            used.begun_bytes,
        ),
    )
