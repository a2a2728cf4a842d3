"""Answers that are pages, and the pages of links that show nothing."""

from __future__ import annotations

from functools import partial

from listenlink.actions.open_link import Opening, OpenRequest
from listenlink.actions.opening.rule import TOLD_REASONS
from listenlink.errors import Problem, ProblemKind
from listenlink.model.audit import Outcome, Reason
from listenlink.model.shelf import Written
from listenlink.running.listening import Listening
from listenlink.threads import WORK
from listenlink.web import headers as fixed
from listenlink.web.packing import as_taken, write_packed
from listenlink.web.pages.page_writer import PageWriter
from listenlink.web.problems import RETRY_AFTER_SECONDS
from listenlink.web.public.rate_headers import retry_headers
from listenlink.web.response import SHARE_CHALLENGE, Answer, Headers


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
        self,
        headers: dict[bytes, bytes],
        asked: OpenRequest,
        opening: Opening,
        language: str,
        is_embed: bool = False,
    ) -> Answer:
        """Why this opening shows nothing: too many requests, a password, no such link any more, or removed
        content."""
        if opening.shortage is not None:
            wait_seconds = opening.shortage.allowance.wait_seconds
            answer = await self.write(headers, "limited", 429, language, wait_seconds)
            answer.headers += retry_headers(opening.shortage, asked.now_us)
            return answer
        if opening.reason in TOLD_REASONS:
            return await self._ask(headers, opening, language, is_embed)
        if opening.outcome is Outcome.REFUSED:
            return await self.write(headers, "refused", 404, language)
        return await self.write(headers, "removed", 200, language)

    async def trouble(self, headers: dict[bytes, bytes], problem: Problem, language: str) -> Answer:
        """The page when the opener raised: too many passwords, or busy."""
        wait: int = problem.details.get("retry_after_seconds", RETRY_AFTER_SECONDS)
        if problem.kind is ProblemKind.LIMITED:
            answer = await self.write(headers, "limited", 429, language, wait)
        else:
            answer = await self.write(headers, "busy", 503, language)
        answer.headers.append((b"retry-after", b"%d" % wait))
        return answer

    async def _ask(
        self, headers: dict[bytes, bytes], opening: Opening, language: str, is_embed: bool
    ) -> Answer:
        """The form for the password, the same for every link: nothing of the music is in it."""
        is_wrong = opening.reason is Reason.WRONG

        def write() -> Written:
            text = self._writer.locked(language, is_wrong=is_wrong, is_embed=is_embed)
            return write_packed(text.encode())

        written = await self._listening.maker.make(
            ("locked", language, is_wrong, is_embed), partial(WORK.run, write), is_small=True
        )
        assert written is not None  # noqa: S101 (`write` always gives one)
        answer = page_answer(headers, 401 if is_wrong else 200, written, fixed.robots(False))
        if is_wrong:
            answer.headers.append(SHARE_CHALLENGE)
        return answer

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
