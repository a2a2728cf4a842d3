"""Share links once they exist, for their owner: list, get, change, and give a new token."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from listenlink.actions import manage_links as managing
from listenlink.actions.idempotency import Doing
from listenlink.actions.keep_address import find_token
from listenlink.actions.make_link import NewLink, expiry
from listenlink.actions.manage_links import ToldLink
from listenlink.errors import invalid
from listenlink.model import ids
from listenlink.model.moment import iso_or_none, iso_seconds
from listenlink.model.share import LABEL_LENGTH, LinkState, TargetType, Visibility
from listenlink.running.instance import Instance
from listenlink.web.api.idempotency import answer_once, digest_of_body
from listenlink.web.api.paging import Limit, Offset, Page
from listenlink.web.api.shares import Link, link_url, new_link_answer
from listenlink.web.caller import caller_of, path_id
from listenlink.web.json_body import TEXT
from listenlink.web.tell_first import telling_first

_TargetId = Annotated[
    str | None,
    QueryParameter(
        pattern=f"^({ids.TRACK}|{ids.COLLECTION})[0-9a-f]{{12}}$",
        description="Only links to this track or collection.",
    ),
]


class LinkRecord(msgspec.Struct, frozen=True):
    """A link as its owner sees it later: never with its token."""

    id: str
    target_type: str
    target_id: str
    target_title: str
    visibility: str
    label: str | None
    state: str
    opens: int
    max_opens: int | None
    last_opened_at: str | None
    starts_at: str | None
    expires_at: str | None
    revoked_at: str | None
    created_at: str
    allow_download: bool
    preview: bool
    strict_open: bool
    revocation_reaches_players_within_seconds: int
    revocation_cuts_running_streams: bool


class ShownLink(LinkRecord, frozen=True):
    """A link with its address. `url` is null if it can't be shown: to a key without the scope `share`, of a
    closed link, and of one that was made while the server kept links by their digest alone."""

    url: str | None


class ChangedTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change. What isn't sent stays as it is. `expires_in_days` counts from now, above 90 is
    clamped to 90, null means never; null lifts `max_opens` and clears `label`."""

    visibility: Visibility | UnsetType = UNSET
    expires_in_days: Annotated[int, Meta(ge=1)] | UnsetType | None = UNSET
    max_opens: Annotated[int, Meta(ge=1, le=2**53)] | UnsetType | None = UNSET
    label: Annotated[str, Meta(pattern=TEXT, max_length=LABEL_LENGTH)] | UnsetType | None = UNSET
    allow_download: bool | UnsetType = UNSET
    preview: bool | UnsetType = UNSET
    strict_open: bool | UnsetType = UNSET


@get("/v1/music/{org:str}/share", opt={"scope": "read"}, summary="List links", tags=["Share"])
async def list_links(
    org: FromPath[str],
    state: State,
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    offset: Offset = 0,
    target_id: _TargetId = None,
    link_state: Annotated[
        LinkState | None,
        QueryParameter(name="state", description="Only links that stand so now."),
    ] = None,
) -> Page[LinkRecord]:
    """The caller's links, newest first."""
    instance: Instance = state.instance
    now_us = instance.clock.now_us()
    target = None if target_id is None else _read_target(target_id)
    told = await managing.list_links(
        instance.database, caller_of(request), target, link_state, now_us, limit, offset
    )
    return Page([_record(item, instance, now_us) for item in told], limit, offset)


@get(
    "/v1/music/{org:str}/share/{share_id:str}",
    opt={"scope": "read"},
    summary="Get a link",
    tags=["Share"],
)
async def get_link(
    org: FromPath[str], share_id: FromPath[str], state: State, request: Request[Any, Any, Any]
) -> ShownLink:
    """One of the caller's links. With the scope `share` it has its address."""
    instance: Instance = state.instance
    number, caller = path_id(ids.SHARE, share_id), caller_of(request)
    told = await managing.get_link(instance.database, caller, number)
    token = None
    if "share" in caller.scopes:
        token = await find_token(instance.database, instance.token_sealer, caller, number)
    record = _record(told, instance, instance.clock.now_us())
    url = None if token is None else link_url(instance, token)
    return ShownLink(**msgspec.structs.asdict(record), url=url)


@patch(
    "/v1/music/{org:str}/share/{share_id:str}",
    opt={"scope": "share", "errors": ["409"]},
    summary="Change a link",
    tags=["Share"],
)
async def change_link(
    org: FromPath[str],
    share_id: FromPath[str],
    state: State,
    request: Request[Any, Any, Any],
    data: JSONBody[ChangedTerms],
) -> LinkRecord:
    """Change what is sent. A revoked link can't be changed: 409."""
    instance: Instance = state.instance
    now_us = instance.clock.now_us()
    sent = msgspec.structs.asdict(data)
    changes = {name: value for name, value in sent.items() if value is not UNSET}
    if "expires_in_days" in changes:
        changes["expires_at"] = expiry(changes.pop("expires_in_days"), now_us)
    if isinstance(data.visibility, Visibility):
        changes["visibility"] = data.visibility.value

    def tell(told: ToldLink) -> LinkRecord:
        return _record(told, instance, now_us)

    database = telling_first(instance.database, tell)
    return tell(
        await managing.change_link(
            database, caller_of(request), path_id(ids.SHARE, share_id), changes
        )
    )


@post(
    "/v1/music/{org:str}/share/{share_id:str}/rotate",
    opt={"scope": "share", "errors": ["409"], "repeatable": True},
    status_code=200,
    summary="Give a link a new token",
    tags=["Share"],
)
async def rotate_link(
    org: FromPath[str], share_id: FromPath[str], state: State, request: Request[Any, Any, Any]
) -> Response[Link]:
    """The old token, its sessions and its playback URLs are dead at once. `token` is shown
    only this once. A revoked link can't be rotated: 409."""
    instance: Instance = state.instance
    number = path_id(ids.SHARE, share_id)

    async def make(doing: Doing[NewLink]) -> NewLink:
        caller, sealer = caller_of(request), instance.token_sealer
        return await managing.rotate_link(instance.database, sealer, caller, number, doing)

    def tell(made: NewLink) -> Link:
        return new_link_answer(made, instance)

    return await answer_once(request, await digest_of_body(request), tell, make, 200)


def _read_target(text: str) -> tuple[TargetType, int]:
    for kind, prefix in ((TargetType.TRACK, ids.TRACK), (TargetType.COLLECTION, ids.COLLECTION)):
        number = ids.parse_id(prefix, text)
        if number is not None:
            return kind, number
    raise invalid("target_id", "This is the id of a track or of a collection.")


def _record(told: ToldLink, instance: Instance, now_us: int) -> LinkRecord:
    share = told.share
    prefix = ids.TRACK if share.target_type is TargetType.TRACK else ids.COLLECTION
    return LinkRecord(
        id=ids.public_id(ids.SHARE, share.id),
        target_type=share.target_type.value,
        target_id=ids.public_id(prefix, share.target_id),
        target_title=told.target_title,
        visibility=share.visibility.value,
        label=share.label,
        state=share.state(now_us).value,
        opens=share.opens,
        max_opens=share.max_opens,
        last_opened_at=iso_or_none(told.last_opened_at),
        starts_at=iso_or_none(share.starts_at),
        expires_at=iso_or_none(share.expires_at),
        revoked_at=iso_or_none(share.revoked_at),
        created_at=iso_seconds(share.created_at),
        allow_download=share.allow_download,
        preview=share.preview,
        strict_open=share.strict_open,
        revocation_reaches_players_within_seconds=(
            instance.revocation.reaches_players_within_seconds
        ),
        revocation_cuts_running_streams=instance.revocation.cuts_running_streams,
    )
