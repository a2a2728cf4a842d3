"""API keys, for whoever has one with the scope `admin`: their own keys in that key's organisation."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UnsetType

from listenlink import wire
from listenlink.actions import manage_keys as managing
from listenlink.actions.idempotency import Doing
from listenlink.actions.tell_first import telling_first
from listenlink.model import ids
from listenlink.model.api_key import ListedKey
from listenlink.model.moment import moment_of, moment_or_none
from listenlink.running.owning import Owning
from listenlink.web.api.idempotency import answer_once, digest_of_body
from listenlink.web.api.paging import Cursor, Limit, Offset, asked_slice, next_cursor
from listenlink.web.caller import caller_of, path_id
from listenlink.web.given import Given
from listenlink.wire.bodies import ChangedKey, NewKey


@post(
    "/v1/music/{org:str}/keys",
    opt={"scope": "admin", "repeatable": True},
    summary="Make a key",
    tags=["Keys"],
)
async def make_key(
    org: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[NewKey],
) -> Response[wire.MintedKey]:
    """Make a key for the caller, with no scope that the sent key lacks, and ending no later than that."""
    now_us, scopes = owning.clock.now_us(), frozenset(data.scopes)

    async def make(doing: Doing[managing.NewKey]) -> managing.NewKey:
        return await managing.mint_key(
            owning.database, caller_of(request), scopes, data.expires_in_days, now_us, doing
        )

    return await answer_once(request, owning, await digest_of_body(request), _minted, make)


def _minted(made: managing.NewKey) -> wire.MintedKey:
    key = made.listed
    return wire.MintedKey(
        id=ids.public_id(ids.API_KEY, key.id),
        api_key=made.raw_key,
        shown_prefix=key.shown_prefix,
        scopes=sorted(key.scopes),
        created_at=moment_of(key.created_at),
        expires_at=moment_or_none(key.expires_at),
    )


@get("/v1/music/{org:str}/keys", opt={"scope": "admin"}, summary="List keys", tags=["Keys"])
async def list_keys(
    org: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    offset: Offset = 0,
    cursor: Cursor = None,
) -> wire.Page[wire.Key]:
    """The caller's keys in the organisation, newest first, including those that are over."""
    part = asked_slice(request, owning, limit, offset, cursor)
    found = await managing.list_keys(owning.database, caller_of(request), part)
    now_us = owning.clock.now_us()
    items = [_answer(key, now_us) for key in found.items]
    return wire.Page(items, limit, offset, next_cursor(request, owning, found))


@patch(
    "/v1/music/{org:str}/keys/{key_id:str}",
    opt={"scope": "admin", "errors": ["409"]},
    summary="Change when a key ends",
    tags=["Keys"],
)
async def change_key(
    org: FromPath[str],
    key_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[ChangedKey],
) -> wire.Key:
    """Have one of the caller's keys end earlier or later, no later than the sent one. A key that is over
    stays so: 409."""
    now_us, caller, number = owning.clock.now_us(), caller_of(request), path_id(ids.API_KEY, key_id)

    def tell(key: ListedKey) -> wire.Key:
        return _answer(key, now_us)

    if isinstance(data.expires_in_days, UnsetType):
        return tell(await managing.get_key(owning.database, caller, number))
    database = telling_first(owning.database, tell)
    return tell(await managing.change_key(database, caller, number, data.expires_in_days, now_us))


@delete(
    "/v1/music/{org:str}/keys/{key_id:str}",
    opt={"scope": "admin"},
    status_code=200,
    summary="Switch a key off",
    tags=["Keys"],
)
async def deactivate_key(
    org: FromPath[str],
    key_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Acknowledgement:
    """Switch one of the caller's keys off, even the sent one, at once and for good. Again: no change."""
    number = path_id(ids.API_KEY, key_id)
    await managing.deactivate_key(
        owning.database, caller_of(request), number, owning.clock.now_us()
    )
    return wire.Acknowledgement(True, key_id, "API key deactivated.")


@delete(
    "/v1/music/{org:str}/members/{user_id:str}/keys",
    opt={"scope": "admin"},
    status_code=200,
    summary="Switch a member's keys off",
    tags=["Keys"],
)
async def end_member_keys(
    org: FromPath[str],
    user_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Acknowledgement:
    """Switch all keys of a member of the organisation off, for an owner; none of them is shown. Again: no
    change."""
    number = path_id(ids.USER, user_id)
    await managing.end_member_keys(
        owning.database, caller_of(request), number, owning.clock.now_us()
    )
    return wire.Acknowledgement(True, user_id, "API keys deactivated.")


def _answer(key: ListedKey, now_us: int) -> wire.Key:
    return wire.Key(
        id=ids.public_id(ids.API_KEY, key.id),
        shown_prefix=key.shown_prefix,
        scopes=sorted(key.scopes),
        created_at=moment_of(key.created_at),
        expires_at=moment_or_none(key.expires_at),
        state=key.state(now_us),
    )
