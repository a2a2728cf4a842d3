"""Share links, for their owner."""

from __future__ import annotations

from typing import Any, cast

from litestar import Request, Response, delete, post
from litestar.params import FromPath, JSONBody

from listenlink import wire
from listenlink.actions import make_link as making
from listenlink.actions import revoke_link as revoking
from listenlink.actions.idempotency import Doing
from listenlink.actions.make_link import NewLink
from listenlink.model import ids
from listenlink.model.moment import moment_of, moment_or_none
from listenlink.model.share import TargetType
from listenlink.model.terms import AskedTerms
from listenlink.running.owning import Owning
from listenlink.web.api.idempotency import answer_once, digest_of_body
from listenlink.web.caller import caller_of, path_id
from listenlink.web.given import Given
from listenlink.web.json_body import sent_fields
from listenlink.web.paths import SHARED_PATH
from listenlink.wire.bodies import LinkTerms


@post(
    "/v1/music/{org:str}/tracks/{track_id:str}/share",
    opt={"scope": "share", "repeatable": True},
    summary="Share a track",
    tags=["Share"],
)
async def share_track(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[LinkTerms | None] = None,
) -> Response[wire.NewLink]:
    """Make a link to one of the caller's tracks."""
    number = path_id(ids.TRACK, track_id)
    return await _share(owning, request, TargetType.TRACK, number, data)


@post(
    "/v1/music/{org:str}/collections/{collection_id:str}/share",
    opt={"scope": "share", "repeatable": True},
    summary="Share a collection",
    tags=["Share"],
)
async def share_collection(
    org: FromPath[str],
    collection_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[LinkTerms | None] = None,
) -> Response[wire.NewLink]:
    """Make a link to one of the caller's collections."""
    number = path_id(ids.COLLECTION, collection_id)
    return await _share(owning, request, TargetType.COLLECTION, number, data)


@delete(
    "/v1/music/{org:str}/share/{share_id:str}",
    opt={"scope": "share"},
    status_code=200,
    summary="Revoke a link",
    tags=["Share"],
)
async def revoke_link(
    org: FromPath[str],
    share_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Acknowledgement:
    """Close a link at once, named by its id or its token. Again: the same answer, no change."""
    number = await revoking.revoke_named(
        owning.database, caller_of(request), share_id, owning.clock.now_us()
    )
    return wire.Acknowledgement(True, ids.public_id(ids.SHARE, number), "Share link revoked.")


async def _share(
    owning: Owning,
    request: Request[Any, Any, Any],
    target_type: TargetType,
    target_id: int,
    terms: LinkTerms | None,
) -> Response[wire.NewLink]:
    now_us = owning.clock.now_us()
    asked = cast(AskedTerms, {} if terms is None else sent_fields(terms))

    async def make(doing: Doing[NewLink]) -> NewLink:
        parts = (owning.database, owning.token_sealer, caller_of(request))
        return await making.make_link(*parts, target_type, target_id, asked, now_us, doing)

    def tell(made: NewLink) -> wire.NewLink:
        return new_link_answer(made, owning)

    return await answer_once(request, owning, await digest_of_body(request), tell, make)


def link_url(owning: Owning, token: str) -> str:
    """The address that the link with this token opens at."""
    return owning.settings.base_url + SHARED_PATH + token


def new_link_answer(made: NewLink, owning: Owning) -> wire.NewLink:
    """The answer that describes a new link, with its token."""
    share = made.share
    return wire.NewLink(
        id=ids.public_id(ids.SHARE, share.id),
        token=made.token,
        url=link_url(owning, made.token),
        target_type=share.target_type.value,
        visibility=share.visibility.value,
        expires_at=moment_or_none(share.expires_at),
        created_at=moment_of(share.created_at),
        max_opens=share.max_opens,
        label=share.label,
        starts_at=moment_or_none(share.starts_at),
        allow_download=share.allow_download,
        preview=share.preview,
        strict_open=share.strict_open,
        has_password=share.has_password,
        version=share.version.value,
        revocation_reaches_players_within_seconds=(
            owning.revocation.reaches_players_within_seconds
        ),
        revocation_cuts_running_streams=owning.revocation.cuts_running_streams,
    )
