"""Answers that are pages, and the pages of links that show nothing."""

from __future__ import annotations

from functools import partial

from listenlink.actions.open_link import Opening, OpenRequest
from listenlink.model.audit import Outcome
from listenlink.model.shelf import Written
from listenlink.running.listening import Listening
from listenlink.threads import WORK
from listenlink.web import headers as fixed
from listenlink.web.packing import as_taken, write_packed
from listenlink.web.pages.page_writer import PageWriter
from listenlink.web.public.rate_headers import retry_headers
from listenlink.web.response import Answer, Headers


def page_answer(
    headers: dict[bytes, bytes], status: int, written: Written, robots: Headers
) -> Answer:
    """A page in the form that these request headers take."""
    body, packed = as_taken(written, headers)
    return Answer(status, body, [*robots, (b"content-type", b"text/html; charset=utf-8"), *packed])


class EndedPages:
    """The pages when there is nothing to hear."""

    def __init__(self, listening: Listening, writer: PageWriter) -> None:
        self._listening = listening
        self._writer = writer

    async def answer(
        self, headers: dict[bytes, bytes], asked: OpenRequest, opening: Opening, language: str
    ) -> Answer:
        """Why this opening shows nothing: too many requests, no such link any more, or removed content."""
        if opening.shortage is not None:
            wait_seconds = opening.shortage.allowance.wait_seconds
            answer = await self.write(headers, "limited", 429, language, wait_seconds)
            answer.headers += retry_headers(opening.shortage, asked.now_us)
            return answer
        if opening.outcome is Outcome.REFUSED:
            return await self.write(headers, "refused", 404, language)
        return await self.write(headers, "removed", 200, language)

    async def write(
        self,
        headers: dict[bytes, bytes],
        why: str,
        status: int,
        language: str,
        wait: int | None = None,
    ) -> Answer:
        """One of a few pages that are the same for everybody; `why` is as in `PageWriter.ended`."""

        def write() -> Written:
            return write_packed(self._writer.ended(why, language, wait).encode())

        written = await self._listening.maker.make(
            ("ended", why, language, wait), partial(WORK.run, write), is_small=True
        )
        assert written is not None  # noqa: S101 (`write` always gives one)
        return page_answer(headers, status, written, fixed.robots(False))
