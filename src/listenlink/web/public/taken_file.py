"""What *Download* leads to on the page for browsers without script: the file, or all files as one archive,
once that is counted."""

from __future__ import annotations

from collections.abc import Iterable

from listenlink.actions.open_link import Opening, OpenRequest
from listenlink.errors import Problem
from listenlink.model import ids
from listenlink.model.audit import Outcome
from listenlink.model.budget import Budget
from listenlink.running.listening import Listening
from listenlink.web import headers as fixed
from listenlink.web.headers import headers_of, text_of
from listenlink.web.pages.languages import choose_language
from listenlink.web.public.rate_headers import rate_headers
from listenlink.web.response import Answer, Scope

_QUERY = "download="
# As the page for browsers without script has it (`web/pages/listening.html`).
_ALL = "all"


def write_addresses(numbers: Iterable[int]) -> dict[int, str]:
    """Where each track's file is asked for, from the page itself."""
    return {number: f"?{_QUERY}{ids.public_id(ids.TRACK, number)}" for number in numbers}


def is_asked_for(scope: Scope) -> bool:
    """Whether a request for the page is one for a file."""
    query: bytes = scope["query_string"]
    return query.startswith(_QUERY.encode())


async def lead_to_file(
    listening: Listening, asked: OpenRequest, scope: Scope
) -> tuple[Answer | None, Opening | None]:
    """The answer that leads to the file; or how it ended otherwise, None if that couldn't be kept."""
    track = scope["query_string"].decode("latin-1").removeprefix(_QUERY)
    number = ids.parse_id(ids.TRACK, track)
    try:
        if track == _ALL:
            opening, url = await listening.archives.open(listening.opener, asked)
        else:
            opening, url = await listening.downloader.open(
                listening.opener, asked, number, from_here=True
            )
    except Problem:
        return None, None
    if url is not None:
        answer = Answer(303, headers=[(b"location", url.encode()), *fixed.robots(False)])
        answer.headers += rate_headers(Budget.RESOLVE, opening.left, asked.now_us)
        language = choose_language(text_of(headers_of(scope), b"accept-language"))
        answer.headers.append((b"content-language", language.encode()))
        return answer, opening
    # Whatever it is that isn't offered, it's told as a link that is refused.
    return None, opening if opening.shortage is not None else Opening(Outcome.REFUSED)
