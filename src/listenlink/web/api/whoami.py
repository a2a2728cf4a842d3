"""What a key is good for, for whoever holds it."""

from __future__ import annotations

from typing import Any

from litestar import Request, get

from listenlink import wire
from listenlink.actions.manage_quotas import tell_usage
from listenlink.model import ids
from listenlink.running.owning import Owning
from listenlink.web.caller import caller_of
from listenlink.web.given import Given


@get("/v1/caller", opt={"any_scope": True}, summary="Tell whose key this is", tags=["Keys"])
async def get_caller(owning: Given[Owning], request: Request[Any, Any, Any]) -> wire.Caller:
    """Whom the sent key speaks for, and what their organisation stores and may store. A program with a key
    needs to know nothing else."""
    caller = caller_of(request)
    used = await tell_usage(owning.database, caller, owning.clock.now_us())
    return wire.Caller(
        ids.public_id(ids.ORGANIZATION, caller.owner.organization_id),
        ids.public_id(ids.USER, caller.owner.user_id),
        sorted(caller.scopes),
        wire.Usage(
            stored_bytes=used.stored_bytes,
            quota_bytes=used.quota.most_bytes,
            tracks=used.tracks,
            quota_tracks=used.quota.most_tracks,
            begun_bytes=used.begun_bytes,
        ),
    )
