"""What a track or a collection comes to over all links to it, by their labels: in JSON, and as a table."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from listenlink import wire
from listenlink.actions.manage_links import ToldLink
from listenlink.actions.sum_up_target import TargetNumbers, sum_up_target
from listenlink.model import ids
from listenlink.model.link_sums import LinkNumbers
from listenlink.model.listing import Found, Slice
from listenlink.model.moment import moment_of, moment_or_none
from listenlink.model.share import TargetType
from listenlink.running.owning import Owning
from listenlink.web.api.numbers import COLUMNS, columns_of, tell_agents, tell_quarters
from listenlink.web.api.paging import Cursor, Limit, Offset, asked_slice, next_cursor
from listenlink.web.caller import caller_of, path_id
from listenlink.web.csv_table import RESPONSES, Cell, answer_table
from listenlink.web.given import Given

# A table has so many of the newest links.
_MOST_ROWS = 1000
_PREFIXES = {TargetType.TRACK: ids.TRACK, TargetType.COLLECTION: ids.COLLECTION}


@get(
    "/v1/music/{org:str}/tracks/{track_id:str}/stats",
    opt={"scope": "read"},
    summary="Sum up the links to a track",
    tags=["Tracks"],
)
async def get_track_stats(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    offset: Offset = 0,
    cursor: Cursor = None,
) -> wire.TargetStats:
    """Of a track that the caller made: what its own links come to, in all and each with its label. What was
    heard of it by links to collections is told with these."""
    part = asked_slice(request, owning, limit, offset, cursor)
    return await _tell(request, owning, TargetType.TRACK, track_id, part)


@get(
    "/v1/music/{org:str}/collections/{collection_id:str}/stats",
    opt={"scope": "read"},
    summary="Sum up the links to a collection",
    tags=["Collections"],
)
async def get_collection_stats(
    org: FromPath[str],
    collection_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    offset: Offset = 0,
    cursor: Cursor = None,
) -> wire.TargetStats:
    """What the caller's links to the collection come to, in all and each with its label."""
    part = asked_slice(request, owning, limit, offset, cursor)
    return await _tell(request, owning, TargetType.COLLECTION, collection_id, part)


@get(
    "/v1/music/{org:str}/tracks/{track_id:str}/stats.csv",
    opt={"scope": "read"},
    summary="Sum up the links to a track as a table",
    tags=["Tracks"],
    responses=RESPONSES,
)
async def get_track_stats_csv(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> Response[bytes]:
    """One row for each of the newest 1,000 links, newest first, as CSV."""
    return await _tabulate(request, owning, TargetType.TRACK, track_id)


@get(
    "/v1/music/{org:str}/collections/{collection_id:str}/stats.csv",
    opt={"scope": "read"},
    summary="Sum up the links to a collection as a table",
    tags=["Collections"],
    responses=RESPONSES,
)
async def get_collection_stats_csv(
    org: FromPath[str],
    collection_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> Response[bytes]:
    """One row for each of the newest 1,000 links, newest first, as CSV."""
    return await _tabulate(request, owning, TargetType.COLLECTION, collection_id)


async def _sum_up(
    request: Request[Any, Any, Any], owning: Owning, kind: TargetType, named: str, part: Slice
) -> TargetNumbers:
    target = kind, path_id(_PREFIXES[kind], named)
    now_us = owning.clock.now_us()
    return await sum_up_target(owning.database, caller_of(request), target, now_us, part)


async def _tell(
    request: Request[Any, Any, Any], owning: Owning, kind: TargetType, named: str, part: Slice
) -> wire.TargetStats:
    found, now_us = await _sum_up(request, owning, kind, named, part), owning.clock.now_us()
    return wire.TargetStats(
        target_type=kind.value,
        target_id=named,
        target_title=found.title,
        links=found.links,
        opens=found.sums.opens,
        listens=found.sums.listens,
        downloads=found.sums.downloads,
        quarters=tell_quarters(found.sums.quarters),
        by_agent=tell_agents(found.sums.by_agent, found.sums.forgotten),
        items=[_link(told, numbers, now_us) for told, numbers in found.items],
        limit=part.limit,
        offset=part.offset,
        next_cursor=next_cursor(request, owning, Found([], found.place)),
    )


def _link(told: ToldLink, numbers: LinkNumbers, now_us: int) -> wire.LinkNumbers:
    share = told.share
    return wire.LinkNumbers(
        id=ids.public_id(ids.SHARE, share.id),
        label=share.label,
        state=share.state(now_us).value,
        created_at=moment_of(share.created_at),
        opens=share.opens,
        listens=numbers.listens,
        downloads=numbers.downloads,
        quarters=tell_quarters(numbers.quarters),
        by_agent=tell_agents(numbers.by_agent, numbers.forgotten),
        last_opened_at=moment_or_none(told.last_opened_at),
    )


async def _tabulate(
    request: Request[Any, Any, Any], owning: Owning, kind: TargetType, named: str
) -> Response[bytes]:
    part, now_us = Slice(_MOST_ROWS), owning.clock.now_us()
    found = await _sum_up(request, owning, kind, named, part)
    headings = [
        "link",
        "label",
        "state",
        "created_at",
        "last_opened_at",
        "opens",
        "listens",
        *COLUMNS,
    ]
    rows = [_row(told, numbers, now_us) for told, numbers in found.items]
    return answer_table(f"{named}-links", headings, rows)


def _row(told: ToldLink, numbers: LinkNumbers, now_us: int) -> list[Cell]:
    share = told.share
    return [
        ids.public_id(ids.SHARE, share.id),
        share.label,
        share.state(now_us).value,
        moment_of(share.created_at),
        moment_or_none(told.last_opened_at),
        share.opens,
        numbers.listens,
        *columns_of(numbers),
    ]
