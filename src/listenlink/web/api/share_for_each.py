"""Share links for several recipients at once, for their owner: one for each."""

from __future__ import annotations

from typing import Any, cast

from litestar import Request, Response, post
from litestar.params import FromPath, JSONBody

from listenlink import wire
from listenlink.actions.idempotency import Doing
from listenlink.actions.make_link import NewLink
from listenlink.actions.make_link_for_each import make_link_for_each
from listenlink.model import ids
from listenlink.model.share import TargetType
from listenlink.model.terms import AskedTerms
from listenlink.running.owning import Owning
from listenlink.web.api.idempotency import answer_once, digest_of_body
from listenlink.web.api.shares import new_link_answer
from listenlink.web.caller import caller_of, path_id
from listenlink.web.given import Given
from listenlink.web.json_body import sent_fields
from listenlink.wire.bodies import TermsForEach


@post(
    "/v1/music/{org:str}/tracks/{track_id:str}/share/batch",
    opt={"scope": "share", "repeatable": True},
    summary="Share a track with several",
    tags=["Share"],
)
async def share_track_with_each(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[TermsForEach],
) -> Response[wire.NewLinks]:
    """Make a link to one of the caller's tracks for each recipient: all of them, or none."""
    target = TargetType.TRACK, path_id(ids.TRACK, track_id)
    return await _share(owning, request, target, data)


@post(
    "/v1/music/{org:str}/collections/{collection_id:str}/share/batch",
    opt={"scope": "share", "repeatable": True},
    summary="Share a collection with several",
    tags=["Share"],
)
async def share_collection_with_each(
    org: FromPath[str],
    collection_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[TermsForEach],
) -> Response[wire.NewLinks]:
    """Make a link to one of the caller's collections for each recipient: all of them, or none."""
    target = TargetType.COLLECTION, path_id(ids.COLLECTION, collection_id)
    return await _share(owning, request, target, data)


async def _share(
    owning: Owning,
    request: Request[Any, Any, Any],
    target: tuple[TargetType, int],
    data: TermsForEach,
) -> Response[wire.NewLinks]:
    now_us = owning.clock.now_us()
    for_all = sent_fields(data)
    recipients = [cast(AskedTerms, sent_fields(one)) for one in for_all.pop("recipients")]

    async def make(doing: Doing[list[NewLink]]) -> list[NewLink]:
        parts = (owning.database, owning.token_sealer, caller_of(request), target)
        asked = cast(AskedTerms, for_all)
        return await make_link_for_each(*parts, asked, recipients, now_us, doing)

    def tell(made: list[NewLink]) -> wire.NewLinks:
        return wire.NewLinks([new_link_answer(new, owning) for new in made])

    return await answer_once(request, owning, await digest_of_body(request), tell, make)
