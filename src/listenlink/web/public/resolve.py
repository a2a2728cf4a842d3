"""The public resolve, `GET` and `HEAD /v1/music/shared/{token}`: the contract's one public endpoint."""

from __future__ import annotations

import time

from listenlink.actions.open_link import Opening, OpenRequest, is_unmeant
from listenlink.errors import Problem, ProblemKind
from listenlink.model.audit import Outcome
from listenlink.model.budget import Budget, Shortage
from listenlink.model.listen_session import write_session
from listenlink.model.tally import DoorTally, Histogram
from listenlink.model.visit_ticket import Use
from listenlink.running.listening import Listening
from listenlink.web.headers import PUBLIC_JSON, SENT_FOR_LINKS, preflight
from listenlink.web.negotiation import Wanted, what_is_wanted
from listenlink.web.paths import token_of
from listenlink.web.public.player_door import FOR_PLAYERS, PlayerDoor
from listenlink.web.public.rate_headers import rate_headers, retry_headers
from listenlink.web.public.share_page import PageDoor
from listenlink.web.public.share_request import ShareRequests, refusal_of
from listenlink.web.response import TRACE, Answer, Headers, Scope, Send, problem_answer, send_answer

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2)
_RESOLVE = Budget.RESOLVE
_ALLOW = (b"allow", b"GET, HEAD, POST, OPTIONS")
_JSON = (b"content-type", b"application/json")
_READING = ("GET", "HEAD")
# Needed at every open, and looking a name up in an enum is expensive.
_PAGE, _BY_NAME, _AUDIO = Wanted.PAGE, Wanted.JSON, Wanted.AUDIO
_LOOKED_AT = (Outcome.VIEWED, Outcome.REMOVED)


class PublicDoor:
    """Answers anybody's requests for share links: players with audio, with the page who prefers one, all
    others with JSON."""

    def __init__(
        self,
        listening: Listening,
        requests: ShareRequests,
        pages: PageDoor,
        shared_headers: Headers,
    ) -> None:
        self._listening = listening
        self._requests = requests
        self._pages = pages
        self._players = PlayerDoor(listening, requests)
        self._headers = shared_headers + PUBLIC_JSON
        self._for_players = shared_headers + FOR_PLAYERS
        self.tally = DoorTally()
        self.seconds = Histogram(*_SECONDS)

    async def __call__(self, scope: Scope, headers: dict[bytes, bytes], send: Send) -> None:
        """Answer one request."""
        method = scope["method"]
        wanted = what_is_wanted(headers) if method in _READING else None
        if wanted is _PAGE or wanted is _AUDIO:
            if await self._pages.lead(scope, send):
                return
            if wanted is _PAGE:
                await self._pages.share_page(scope, headers, send)
                return
        began_at = time.perf_counter()
        if wanted is _AUDIO:
            answer = await self._players.answer(scope, headers)
            endpoints = self._for_players if answer.status < 400 else self._headers
        else:
            answer, endpoints = await self.answer(scope, headers, is_meant=wanted is _BY_NAME)
        self.seconds.add(time.perf_counter() - began_at)
        self.tally.add(answer.status)
        await send_answer(scope, send, answer, endpoints)

    async def lead(self, scope: Scope, headers: dict[bytes, bytes], send: Send) -> bool:
        """Lead a person from an address as it was pasted to the link's own; False if that isn't what this is.
        A program is told that there is nothing."""
        if scope["method"] not in _READING or b"shr_" not in scope["raw_path"].lower():
            return False
        if what_is_wanted(headers) not in (_PAGE, _AUDIO):
            return False
        return await self._pages.lead(scope, send)

    async def answer(
        self, scope: Scope, headers: dict[bytes, bytes], *, is_meant: bool
    ) -> tuple[Answer, Headers]:
        """The whole journey of a link: who is asking, may they, what is it, does it count, what to answer.
        With the answer come the headers of all answers of its kind."""
        method, token = scope["method"], token_of(scope)
        if method == "OPTIONS":
            return Answer(204, headers=[_ALLOW, *preflight(SENT_FOR_LINKS)]), self._headers
        use = Use.OPEN if method == "GET" else None
        try:
            asked = self._requests.read(
                scope, headers, token, counts=use is not None, is_meant=is_meant, use=use
            )
        except Problem as unreadable:
            now_us = self._listening.clock.now_us()
            return problem_answer(unreadable, scope[TRACE], now_us), self._headers
        if method not in _READING:
            problem = Problem(ProblemKind.METHOD_NOT_ALLOWED)
            refused = problem_answer(problem, scope[TRACE], asked.now_us)
            refused.headers.append(_ALLOW)
            return refused, self._headers
        try:
            opening = await self._listening.opener.open(asked)
        except Problem as problem:
            return problem_answer(problem, asked.trace, asked.now_us), self._headers
        if opening.outcome in _LOOKED_AT and is_unmeant(asked, opening.link, opening.session):
            return await self._pages.show(headers, asked, token, opening)
        return self._told(asked, opening), self._headers

    def _told(self, asked: OpenRequest, opening: Opening) -> Answer:
        if opening.outcome is Outcome.REFUSED:
            return problem_answer(refusal_of(opening), asked.trace, asked.now_us)
        if opening.shortage is not None:
            return _limited(asked, opening.shortage)
        return self._opened(asked, opening)

    def _opened(self, asked: OpenRequest, opening: Opening) -> Answer:
        headers = [_JSON, *rate_headers(_RESOLVE, opening.left, asked.now_us)]
        if opening.unlock is not None:
            told = self._requests.write_unlock(opening.unlock)
            headers.append((b"share-unlock", told.encode()))
        if opening.outcome is Outcome.VIEWED:
            return Answer(200, headers=headers)
        if opening.session is not None:
            session = write_session(opening.session, self._listening.session_signer)
            headers.append((b"listen-session", session.encode()))
        return Answer(200, self._listening.presenter.write(opening, asked.now_us), headers)


def _limited(asked: OpenRequest, shortage: Shortage) -> Answer:
    answer = problem_answer(Problem(ProblemKind.LIMITED), asked.trace, asked.now_us)
    answer.headers.extend(retry_headers(shortage, asked.now_us))
    return answer
