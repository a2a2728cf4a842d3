"""Share links, for their owner."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from listenlink.actions import make_link as making
from listenlink.actions import revoke_link as revoking
from listenlink.actions.idempotency import Doing
from listenlink.actions.make_link import NewLink
from listenlink.clock import SECOND_US
from listenlink.errors import invalid
from listenlink.model import ids
from listenlink.model.moment import iso_or_none, iso_seconds, seconds_of
from listenlink.model.share import LABEL_LENGTH, TargetType, Visibility
from listenlink.model.share_token import is_like_a_token
from listenlink.running.instance import Instance
from listenlink.web.api.acknowledgement import Acknowledgement
from listenlink.web.api.idempotency import answer_once, digest_of_body
from listenlink.web.caller import caller_of, path_id
from listenlink.web.json_body import TEXT
from listenlink.web.paths import SHARED_PATH


class LinkTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The terms of a new link. `expires_in_days` above 90 is clamped to 90; null means never. With
    `strict_open` only play and `Accept: application/json` open it."""

    visibility: Visibility = Visibility.LINK_ONLY
    expires_in_days: Annotated[int, Meta(ge=1)] | None = None
    max_opens: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    label: Annotated[str, Meta(pattern=TEXT, max_length=LABEL_LENGTH)] | None = None
    starts_at: datetime | None = None
    allow_download: bool = False
    preview: bool = True
    strict_open: bool = False


class Link(msgspec.Struct, frozen=True):
    """A new link. `token` is shown only this once; `url` can be asked for again, unless the server keeps
    links by their digest alone."""

    id: str
    token: str
    url: str
    target_type: str
    visibility: str
    expires_at: str | None
    created_at: str
    max_opens: int | None
    label: str | None
    starts_at: str | None
    allow_download: bool
    preview: bool
    strict_open: bool
    revocation_reaches_players_within_seconds: int
    revocation_cuts_running_streams: bool


@post(
    "/v1/music/{org:str}/tracks/{track_id:str}/share",
    opt={"scope": "share", "repeatable": True},
    summary="Share a track",
    tags=["Share"],
)
async def share_track(
    org: FromPath[str],
    track_id: FromPath[str],
    state: State,
    request: Request[Any, Any, Any],
    data: JSONBody[LinkTerms | None] = None,
) -> Response[Link]:
    """Make a link to one of the caller's tracks."""
    number = path_id(ids.TRACK, track_id)
    return await _share(state.instance, request, TargetType.TRACK, number, data)


@post(
    "/v1/music/{org:str}/collections/{collection_id:str}/share",
    opt={"scope": "share", "repeatable": True},
    summary="Share a collection",
    tags=["Share"],
)
async def share_collection(
    org: FromPath[str],
    collection_id: FromPath[str],
    state: State,
    request: Request[Any, Any, Any],
    data: JSONBody[LinkTerms | None] = None,
) -> Response[Link]:
    """Make a link to one of the caller's collections."""
    number = path_id(ids.COLLECTION, collection_id)
    return await _share(state.instance, request, TargetType.COLLECTION, number, data)


@delete(
    "/v1/music/{org:str}/share/{share_id:str}",
    opt={"scope": "share"},
    status_code=200,
    summary="Revoke a link",
    tags=["Share"],
)
async def revoke_link(
    org: FromPath[str], share_id: FromPath[str], state: State, request: Request[Any, Any, Any]
) -> Acknowledgement:
    """Close a link at once, named by its id or its token. Again: the same answer, no change."""
    instance: Instance = state.instance
    database, caller = instance.database, caller_of(request)
    if is_like_a_token(share_id):
        number = await revoking.find_by_token(database, caller, share_id)
    else:
        number = path_id(ids.SHARE, share_id)
    await revoking.revoke_link(database, caller, number, instance.clock.now_us())
    return Acknowledgement(True, ids.public_id(ids.SHARE, number), "Share link revoked.")


async def _share(
    instance: Instance,
    request: Request[Any, Any, Any],
    target_type: TargetType,
    target_id: int,
    asked: LinkTerms | None,
) -> Response[Link]:
    now_us = instance.clock.now_us()
    terms = _terms(asked or LinkTerms(), now_us)

    async def make(doing: Doing[NewLink]) -> NewLink:
        return await making.make_link(
            instance.database,
            instance.token_sealer,
            caller_of(request),
            target_type,
            target_id,
            terms,
            now_us,
            doing,
        )

    def tell(made: NewLink) -> Link:
        return new_link_answer(made, instance)

    return await answer_once(request, await digest_of_body(request), tell, make)


def link_url(instance: Instance, token: str) -> str:
    """The address that the link with this token opens at."""
    return instance.settings.base_url + SHARED_PATH + token


def new_link_answer(made: NewLink, instance: Instance) -> Link:
    """The answer that describes a new link, with its token."""
    share = made.share
    return Link(
        id=ids.public_id(ids.SHARE, share.id),
        token=made.token,
        url=link_url(instance, made.token),
        target_type=share.target_type.value,
        visibility=share.visibility.value,
        expires_at=iso_or_none(share.expires_at),
        created_at=iso_seconds(share.created_at),
        max_opens=share.max_opens,
        label=share.label,
        starts_at=iso_or_none(share.starts_at),
        allow_download=share.allow_download,
        preview=share.preview,
        strict_open=share.strict_open,
        revocation_reaches_players_within_seconds=(
            instance.revocation.reaches_players_within_seconds
        ),
        revocation_cuts_running_streams=instance.revocation.cuts_running_streams,
    )


def _moment(time: datetime) -> int:
    seconds = seconds_of(time)
    if seconds is None:
        raise invalid("starts_at", "This is no time in the years 1970 to 9999, in UTC.")
    return seconds * SECOND_US


def _terms(asked: LinkTerms, now_us: int) -> making.ShareTerms:
    starts_at = None
    if asked.starts_at is not None:
        if asked.starts_at.tzinfo is None:
            raise invalid("starts_at", "A time needs its zone, as in 2026-06-28T10:30:00Z.")
        starts_at = _moment(asked.starts_at)
        ends_at = making.expiry(asked.expires_in_days, now_us)
        if ends_at is not None and starts_at >= ends_at:
            raise invalid("starts_at", "The link would end before it starts.")
    return making.ShareTerms(
        asked.visibility,
        asked.expires_in_days,
        asked.max_opens,
        asked.label,
        starts_at,
        asked.allow_download,
        asked.preview,
        asked.strict_open,
    )
