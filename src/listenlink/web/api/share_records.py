"""Share links once they exist, for their owner: list, get, change, and give a new token."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from listenlink import wire
from listenlink.actions import manage_links as managing
from listenlink.actions.authenticate import Caller, require_access
from listenlink.actions.idempotency import Doing
from listenlink.actions.keep_address import find_token
from listenlink.actions.make_link import NewLink
from listenlink.actions.manage_links import ToldLink
from listenlink.actions.see_all_links import seeing_all
from listenlink.actions.tell_first import telling_first
from listenlink.errors import invalid
from listenlink.model import ids
from listenlink.model.moment import moment_of, moment_or_none
from listenlink.model.share import LinkState, TargetType, find_target
from listenlink.model.terms import AskedTerms
from listenlink.running.owning import Owning
from listenlink.web.api.idempotency import answer_once, digest_of_body
from listenlink.web.api.paging import Cursor, Limit, Offset, asked_slice, next_cursor
from listenlink.web.api.shares import link_url, new_link_answer
from listenlink.web.caller import caller_of, path_id
from listenlink.web.given import Given
from listenlink.web.json_body import sent_fields
from listenlink.wire.bodies import LABEL_LENGTH, TEXT, ChangedTerms, SoughtLink

_TargetId = Annotated[
    str | None,
    QueryParameter(
        pattern=f"^({ids.TRACK}|{ids.COLLECTION})[0-9a-f]{{12}}$",
        description="Only links to this track or collection.",
    ),
]
_Words = Annotated[
    str | None,
    QueryParameter(
        pattern=TEXT,
        max_length=LABEL_LENGTH,
        description="Only links with this in their label; capitals and accents make no difference.",
    ),
]


Whose = Annotated[
    Literal["everybody"] | None,
    QueryParameter(
        description="`everybody`: whoever made them in the organisation. It takes the scope `share` and an "
        "owner's key.",
    ),
]


@get("/v1/music/{org:str}/share", opt={"scope": "read"}, summary="List links", tags=["Share"])
async def list_links(
    org: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    offset: Offset = 0,
    cursor: Cursor = None,
    target_id: _TargetId = None,
    link_state: Annotated[
        LinkState | None,
        QueryParameter(name="state", description="Only links that stand so now."),
    ] = None,
    q: _Words = None,
    whose: Whose = None,
) -> wire.Page[wire.Link]:
    """The caller's links, newest first. With `q` or `state` a slice may be short, and be gone on from."""
    now_us = owning.clock.now_us()
    target = None if target_id is None else _read_target(target_id)
    part = asked_slice(request, owning, limit, offset, cursor)
    found = await managing.list_links(
        owning.database, looking(request, whose), target, link_state, now_us, part, q or ""
    )
    items = [_record(item, owning, now_us) for item in found.items]
    return wire.Page(items, limit, offset, next_cursor(request, owning, found))


@get(
    "/v1/music/{org:str}/share/{share_id:str}",
    opt={"scope": "read"},
    summary="Get a link",
    tags=["Share"],
)
async def get_link(
    org: FromPath[str],
    share_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    whose: Whose = None,
) -> wire.ShownLink:
    """One of the caller's links. With the scope `share` it has its address; somebody else's never has."""
    number, caller = path_id(ids.SHARE, share_id), looking(request, whose)
    told = await managing.get_link(owning.database, caller, number)
    token = None
    if "share" in caller.scopes and told.share.creator_id == caller.owner.user_id:
        token = await find_token(owning.database, owning.token_sealer, caller, number)
    record = _record(told, owning, owning.clock.now_us())
    url = None if token is None else link_url(owning, token)
    return wire.ShownLink(**msgspec.structs.asdict(record), url=url)


@post(
    "/v1/music/{org:str}/share/find",
    opt={"scope": "read", "errors": ["404"]},
    status_code=200,
    summary="Find a link by its token",
    tags=["Share"],
)
async def find_link(
    org: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[SoughtLink],
) -> wire.Link:
    """The caller's link that has this token now, whatever state it's in. It changes nothing."""
    told = await managing.get_link_of_token(owning.database, caller_of(request), data.token)
    return _record(told, owning, owning.clock.now_us())


@patch(
    "/v1/music/{org:str}/share/{share_id:str}",
    opt={"scope": "share", "errors": ["409"]},
    summary="Change a link",
    tags=["Share"],
)
async def change_link(
    org: FromPath[str],
    share_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[ChangedTerms],
) -> wire.Link:
    """Change what is sent. A revoked link can't be changed: 409. With a `password`, also with null for none,
    sessions, playback URLs and unlocks end as by `rotate`; the address stays."""
    now_us = owning.clock.now_us()
    asked = cast(AskedTerms, sent_fields(data))

    def tell(told: ToldLink) -> wire.Link:
        return _record(told, owning, now_us)

    database = telling_first(owning.database, tell)
    number, parts = path_id(ids.SHARE, share_id), (owning.token_sealer, caller_of(request))
    return tell(await managing.change_link(database, *parts, number, asked, now_us))


@post(
    "/v1/music/{org:str}/share/{share_id:str}/rotate",
    opt={"scope": "share", "errors": ["409"], "repeatable": True},
    status_code=200,
    summary="Give a link a new token",
    tags=["Share"],
)
async def rotate_link(
    org: FromPath[str],
    share_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> Response[wire.NewLink]:
    """The old token, its sessions and its playback URLs are dead at once. `token` is shown
    only this once. A revoked link can't be rotated: 409."""
    number = path_id(ids.SHARE, share_id)

    async def make(doing: Doing[NewLink]) -> NewLink:
        parts = (owning.database, owning.token_sealer, caller_of(request))
        return await managing.rotate_link(*parts, number, doing)

    def tell(made: NewLink) -> wire.NewLink:
        return new_link_answer(made, owning)

    return await answer_once(request, owning, await digest_of_body(request), tell, make, 200)


def looking(request: Request[Any, Any, Any], whose: str | None) -> Caller:
    """Who looks: at their own links, or, if they ask for that, at everybody's. Raises
    Problem(INSUFFICIENT_SCOPE)."""
    caller = caller_of(request)
    if whose is None:
        return caller
    require_access(caller, None, "share")
    return seeing_all(caller)


def _read_target(text: str) -> tuple[TargetType, int]:
    target = find_target(text)
    if target is None:
        raise invalid("target_id", "This is the id of a track or of a collection.")
    return target


def _record(told: ToldLink, owning: Owning, now_us: int) -> wire.Link:
    share = told.share
    prefix = ids.TRACK if share.target_type is TargetType.TRACK else ids.COLLECTION
    return wire.Link(
        id=ids.public_id(ids.SHARE, share.id),
        target_type=share.target_type.value,
        target_id=ids.public_id(prefix, share.target_id),
        target_title=told.target.title,
        visibility=share.visibility.value,
        label=share.label,
        state=share.state(now_us).value,
        opens=share.opens,
        max_opens=share.max_opens,
        last_opened_at=moment_or_none(told.last_opened_at),
        starts_at=moment_or_none(share.starts_at),
        expires_at=moment_or_none(share.expires_at),
        revoked_at=moment_or_none(share.revoked_at),
        created_at=moment_of(share.created_at),
        created_by=ids.public_id(ids.USER, share.creator_id),
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
