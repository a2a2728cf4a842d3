"""The tracks that a person made or saved: where somebody who signs in gets to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get

from listenlink.actions.list_library import Asked as AskedTracks
from listenlink.actions.list_library import ListedLibrary, list_library
from listenlink.model.library import Order
from listenlink.model.one_line import one_line
from listenlink.web.desk.licences import tell_default
from listenlink.web.desk.room import TRACKS, Asked, Room, person_of, whole_number
from listenlink.web.desk.signing_in import PERSON
from listenlink.web.given import Given

# So that an address that keeps them has its room, whatever is looked for.
_MOST_CHARACTERS = 80
_MOST_DIGITS = 6


@get(TRACKS, opt=PERSON, include_in_schema=False)
async def show_tracks(room: Given[Room], request: Asked) -> Response[bytes]:
    """A page of them; `?q=` looks for some, `sort` and `page` say which come first and which are shown."""
    owning, caller, asked = room.owning, person_of(request).caller, _asked(request)
    listed = await list_library(owning.database, caller, asked, owning.clock.now_us())
    return await room.page(
        request,
        "tracks",
        listed=listed,
        asked=asked,
        **_ways(asked, listed),
        **await tell_default(room, caller),
    )


def _asked(request: Asked) -> AskedTracks:
    """What nobody could have pressed stands for nothing."""
    query = request.query_params
    order, page = query.get("sort", ""), query.get("page", "")
    return AskedTracks(
        one_line(query.get("q", ""))[:_MOST_CHARACTERS],
        Order(order) if order in {*Order} else Order.NEWEST,
        whole_number(page, _MOST_DIGITS) or 1,
    )


def _ways(asked: AskedTracks, listed: ListedLibrary) -> dict[str, Any]:
    """Where the pages before and behind are, None where there is none."""

    def way(page: int) -> str | None:
        if not 1 <= page <= listed.pages:
            return None
        kept = {"q": asked.words, "sort": "" if asked.order is Order.NEWEST else asked.order.value}
        query = urlencode({name: text for name, text in kept.items() if text} | {"page": page})
        return f"{TRACKS}?{query}"

    return {"before": way(listed.page - 1), "behind": way(listed.page + 1)}
