"""How a link is used, for its owner: its audit line by line, and summed up by day."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from listenlink import wire
from listenlink.actions import manage_links as managing
from listenlink.actions.manage_links import ToldLink
from listenlink.clock import DAY_US
from listenlink.model import ids
from listenlink.model.audit import AuditEntry
from listenlink.model.link_sums import LinkSums, TrackSums
from listenlink.model.moment import moment_of, moment_or_none
from listenlink.running.owning import Owning
from listenlink.web.api.numbers import COLUMNS, columns_of, tell_agents, tell_day, tell_quarters
from listenlink.web.api.paging import Cursor, Limit, Offset, asked_slice, next_cursor
from listenlink.web.api.share_records import Whose, looking
from listenlink.web.caller import path_id
from listenlink.web.csv_table import RESPONSES, answer_table
from listenlink.web.given import Given


@get(
    "/v1/music/{org:str}/share/{share_id:str}/opens",
    opt={"scope": "read"},
    summary="List a link's requests",
    tags=["Share"],
)
async def list_opens(
    org: FromPath[str],
    share_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    offset: Offset = 0,
    cursor: Cursor = None,
    whose: Whose = None,
) -> wire.Page[wire.OpenLine]:
    """The audit of one link, newest first: opens, views, refusals."""
    number = path_id(ids.SHARE, share_id)
    part = asked_slice(request, owning, limit, offset, cursor)
    found = await managing.list_lines(owning.database, looking(request, whose), number, part)
    items = [_line(entry) for entry in found.items]
    return wire.Page(items, limit, offset, next_cursor(request, owning, found))


@get(
    "/v1/music/{org:str}/share/{share_id:str}/stats",
    opt={"scope": "read"},
    summary="Sum up a link",
    tags=["Share"],
)
async def get_stats(
    org: FromPath[str],
    share_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    whose: Whose = None,
) -> wire.Stats:
    """What was opened, heard and downloaded, by day and by track; what asked, and who is listening."""
    told, sums = await _sum_up(owning, request, share_id, whose)
    return wire.Stats(
        id=share_id,
        opens=told.share.opens,
        listens=sums.listens,
        last_opened_at=moment_or_none(told.last_opened_at),
        days=[tell_day(day) for day in sums.days],
        by_track=[_track(track) for track in sums.by_track],
        by_agent=tell_agents(sums.by_agent, sums.forgotten),
        listening=sums.listening,
        listening_within_seconds=owning.settings.playback_ttl_seconds,
        downloads=sums.downloads,
        quarters=tell_quarters(sums.quarters),
    )


@get(
    "/v1/music/{org:str}/share/{share_id:str}/stats.csv",
    opt={"scope": "read"},
    summary="Sum up a link as a table",
    tags=["Share"],
    responses=RESPONSES,
)
async def get_link_stats_csv(
    org: FromPath[str],
    share_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    whose: Whose = None,
) -> Response[bytes]:
    """One row for each UTC day on which something happened, oldest first, as CSV."""
    _, sums = await _sum_up(owning, request, share_id, whose)
    headings = ["date", "opens", "listens", "listeners", "bot_requests", *COLUMNS]
    rows = [
        [
            moment_of(day.day * DAY_US).date(),
            day.opens,
            day.listens,
            day.listeners,
            day.bot_requests,
            *columns_of(day),
        ]
        for day in sums.days
    ]
    return answer_table(f"{share_id}-days", headings, rows)


async def _sum_up(
    owning: Owning, request: Request[Any, Any, Any], share_id: str, whose: str | None
) -> tuple[ToldLink, LinkSums]:
    number, caller = path_id(ids.SHARE, share_id), looking(request, whose)
    lately_seconds = owning.settings.playback_ttl_seconds
    now_us = owning.clock.now_us()
    return await managing.sum_up(owning.database, caller, number, lately_seconds, now_us)


def _track(track: TrackSums) -> wire.TrackListens:
    return wire.TrackListens(
        ids.public_id(ids.TRACK, track.track_id),
        track.title,
        track.listens,
        track.downloads,
        tell_quarters(track.quarters),
        track.version,
    )


def _line(entry: AuditEntry) -> wire.OpenLine:
    return wire.OpenLine(
        at=moment_of(entry.at),
        outcome=entry.outcome.name.lower(),
        reason=entry.reason.name.lower() if entry.reason is not None else None,
        trace_id=ids.trace_id(entry.trace),
        client=entry.client.hex(),
        client_prefix=entry.client_prefix,
        agent=entry.agent.name.lower(),
        referrer=entry.referrer,
    )
