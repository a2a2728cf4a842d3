"""How a link is used, for its owner: its audit line by line, and summed up by day."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get
from litestar.params import FromPath

from listenlink.actions import manage_links as managing
from listenlink.clock import DAY_US
from listenlink.model import ids
from listenlink.model.audit import AuditEntry
from listenlink.model.moment import iso_or_none, iso_seconds
from listenlink.running.owning import Owning
from listenlink.web.api.paging import Limit, Offset, Page
from listenlink.web.caller import caller_of, path_id
from listenlink.web.given import Given


class OpenLine(msgspec.Struct, frozen=True):
    """One request for the link. `client` is a pseudonym that changes every day, empty once the line's
    day is forgotten; `client_prefix` is the /24 or /48 that it came from."""

    at: str
    outcome: str
    reason: str | None
    trace_id: str
    client: str
    client_prefix: str
    agent: str
    referrer: str | None


class DayAnswer(msgspec.Struct, frozen=True):
    """One UTC day. `listeners` are distinguished only within the day; `bot_requests` are those of
    unfurlers and crawlers, whatever their outcome; a listen is 30 s heard."""

    date: str
    opens: int
    listens: int
    listeners: int
    bot_requests: int


class LinkStats(msgspec.Struct, frozen=True):
    """A link in numbers. `opens` is their total; `days` are those on which something happened."""

    id: str
    opens: int
    listens: int
    last_opened_at: str | None
    days: list[DayAnswer]


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
) -> Page[OpenLine]:
    """The audit of one link, newest first: opens, views, refusals."""
    number = path_id(ids.SHARE, share_id)
    lines = await managing.list_lines(owning.database, caller_of(request), number, limit, offset)
    return Page([_line(entry) for entry in lines], limit, offset)


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
) -> LinkStats:
    """Opens, listens and listeners by day."""
    told, days = await managing.sum_days(
        owning.database, caller_of(request), path_id(ids.SHARE, share_id)
    )
    return LinkStats(
        id=share_id,
        opens=told.share.opens,
        listens=sum(day.listens for day in days),
        last_opened_at=iso_or_none(told.last_opened_at),
        days=[
            DayAnswer(
                iso_seconds(day.day * DAY_US)[:10],
                day.opens,
                day.listens,
                day.listeners,
                day.bot_requests,
            )
            for day in days
        ],
    )


def _line(entry: AuditEntry) -> OpenLine:
    return OpenLine(
        at=iso_seconds(entry.at),
        outcome=entry.outcome.name.lower(),
        reason=entry.reason.name.lower() if entry.reason is not None else None,
        trace_id=ids.trace_id(entry.trace),
        client=entry.client.hex(),
        client_prefix=entry.client_prefix,
        agent=entry.agent.name.lower(),
        referrer=entry.referrer,
    )
