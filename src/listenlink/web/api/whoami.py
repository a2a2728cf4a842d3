"""What a key is good for, for whoever holds it."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get

from listenlink.model import ids
from listenlink.web.caller import caller_of


class CallerAnswer(msgspec.Struct, frozen=True):
    """The organisation and user that the key speaks for, and its scopes."""

    organization_id: str
    user_id: str
    scopes: list[str]


@get("/v1/caller", opt={"any_scope": True}, summary="Tell whose key this is", tags=["Keys"])
async def get_caller(request: Request[Any, Any, Any]) -> CallerAnswer:
    """Whom the sent key speaks for. A program with a key needs to know nothing else."""
    caller = caller_of(request)
    return CallerAnswer(
        ids.public_id(ids.ORGANIZATION, caller.organization_id),
        ids.public_id(ids.USER, caller.user_id),
        sorted(caller.scopes),
    )
