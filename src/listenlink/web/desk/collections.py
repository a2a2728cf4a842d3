"""All of somebody's collections, and a new one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from litestar import Response, get, post

from listenlink.actions import show_collections as showing
from listenlink.actions.manage_collections import make_collection as make
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.sought import MOST_CHARACTERS
from listenlink.web.desk.room import (
    Asked,
    Room,
    lead_to,
    person_of,
    read_form,
    told_here,
    whole_number,
)
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.given import Given

# What a page shows, by its template's names.
Show = Callable[[Room, Asked], Awaitable[dict[str, Any]]]
COLLECTIONS = "/desk/collections"
# Of what somebody wrote into a form, or did to what has changed meanwhile; for the rest there is a page.
_TOLD_THERE = frozenset({
    ProblemKind.INVALID, ProblemKind.CONFLICT, ProblemKind.NOT_FOUND, ProblemKind.MADE_TOO_MANY
})  # fmt: skip
_MOST_DIGITS = 6


@get(COLLECTIONS, opt=PERSON, include_in_schema=False)
async def show_collections(room: Given[Room], request: Asked) -> Response[bytes]:
    """The newest first, in parts."""
    return await room.page(request, "collections", **await _shown(room, request))


@post(COLLECTIONS, opt=PERSON, include_in_schema=False)
async def make_collection(room: Given[Room], request: Asked) -> Response[bytes]:
    """Make one, and lead to where tracks are put into it."""
    form, desk, caller = await read_form(request), room.desk, person_of(request).caller
    try:
        made = await make(desk.database, caller, form["name"], None, None, desk.clock.now_us())
    except Problem as problem:
        told = at_name(problem)
        return await refused(
            room, request, told, "collections", _shown, typed={"name": form["name"]}
        )
    public = ids.public_id(ids.COLLECTION, made.id)
    return lead_to(f"{COLLECTIONS}/{public}?done=collection_made")


async def _shown(room: Room, request: Asked) -> dict[str, Any]:
    query = asked_query(request) or ""
    caller = person_of(request).caller
    found = await showing.show_collections(
        room.desk.database, caller, query, number_of(request.query_params.get("page", "")) or 1
    )
    return {
        "listed": found.items,
        "part": found.part,
        "has_any": found.has_any,
        "query": query,
        "public": partial(ids.public_id, ids.COLLECTION),
    }


async def refused(
    room: Room, request: Asked, problem: Problem, name: str, show: Show, **shown: Any
) -> Response[bytes]:
    """The page once more, as `show` tells it by now, with what is wrong; for a program, or where somebody is
    to be led elsewhere, the problem itself."""
    told = told_here(request, problem, _TOLD_THERE)
    shown = await show(room, request) | shown
    return await room.refused(request, told, name, _TOLD_THERE, **shown)


def at_name(problem: Problem) -> Problem:
    """That enough was made today is told where one more was named."""
    if problem.kind is ProblemKind.MADE_TOO_MANY:
        problem.details["field"] = "name"
    return problem


def asked_query(request: Asked) -> str | None:
    """What is looked for, None if nothing is."""
    query: str | None = request.query_params.get("q")
    return None if query is None else query[:MOST_CHARACTERS]


def number_of(text: str) -> int | None:
    """A number as somebody types it, None for anything else."""
    return whole_number(text.strip(), _MOST_DIGITS)
