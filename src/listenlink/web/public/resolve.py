"""The public resolve, `GET` and `HEAD /v1/music/shared/{token}`: the contract's one public endpoint."""

from __future__ import annotations

import time

from listenlink.actions.open_link import Opening, OpenRequest
from listenlink.errors import Problem, ProblemKind
from listenlink.model.audit import Outcome
from listenlink.model.budget import Budget, Shortage
from listenlink.model.listen_session import write_session
from listenlink.model.tally import DoorTally, Histogram
from listenlink.model.visit_ticket import Use
from listenlink.running.instance import Instance
from listenlink.web.headers import PUBLIC_JSON, preflight
from listenlink.web.negotiation import wants_page
from listenlink.web.paths import token_of
from listenlink.web.public.media_players import wants_audio
from listenlink.web.public.player_door import FOR_PLAYERS, PlayerDoor
from listenlink.web.public.rate_headers import rate_headers, retry_headers
from listenlink.web.public.share_page import PageDoor
from listenlink.web.public.share_request import ShareRequests
from listenlink.web.response import TRACE, Answer, Headers, Scope, Send, problem_answer, send_answer

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2)
_RESOLVE = Budget.RESOLVE
_ALLOW = (b"allow", b"GET, HEAD, POST, OPTIONS")
_JSON = (b"content-type", b"application/json")


class PublicDoor:
    """Answers anybody's requests for share links: players with audio, with the page who prefers one, all
    others with JSON."""

    def __init__(
        self, instance: Instance, requests: ShareRequests, pages: PageDoor, shared_headers: Headers
    ) -> None:
        self._instance = instance
        self._requests = requests
        self._pages = pages
        self._players = PlayerDoor(instance, requests)
        self._headers = shared_headers + PUBLIC_JSON
        self._for_players = shared_headers + FOR_PLAYERS
        self.tally = DoorTally()
        self.seconds = Histogram(*_SECONDS)

    async def __call__(self, scope: Scope, headers: dict[bytes, bytes], send: Send) -> None:
        """Answer one request."""
        method = scope["method"]
        reads = method in ("GET", "HEAD")
        is_player = reads and wants_audio(headers)
        if is_player or (reads and wants_page(headers)):
            if await self._pages.lead(scope, send):
                return
            if not is_player:
                await self._pages.share_page(scope, headers, send)
                return
        began_at = time.perf_counter()
        answer = await (self._players if is_player else self).answer(scope, headers)
        self.seconds.add(time.perf_counter() - began_at)
        self.tally.add(answer.status)
        is_led = is_player and answer.status < 400
        await send_answer(scope, send, answer, self._for_players if is_led else self._headers)

    async def lead(self, scope: Scope, headers: dict[bytes, bytes], send: Send) -> bool:
        """Lead a person from an address as it was pasted to the link's own; False if that isn't what this is.
        A program is told that there is nothing."""
        if scope["method"] not in ("GET", "HEAD") or b"shr_" not in scope["raw_path"].lower():
            return False
        if not wants_audio(headers) and not wants_page(headers):
            return False
        return await self._pages.lead(scope, send)

    async def answer(self, scope: Scope, headers: dict[bytes, bytes]) -> Answer:
        """The whole journey of a link: who is asking, may they, what is it, does it count, what to answer."""
        method = scope["method"]
        if method == "OPTIONS":
            return Answer(204, headers=[_ALLOW, *preflight(b"Listen-Session")])
        use = Use.OPEN if method == "GET" else None
        asked = self._requests.read(
            scope, headers, token_of(scope), counts=use is not None, use=use
        )
        if method not in ("GET", "HEAD"):
            refused = problem_answer(
                Problem(ProblemKind.METHOD_NOT_ALLOWED), scope[TRACE], asked.now_us
            )
            refused.headers.append(_ALLOW)
            return refused
        try:
            opening = await self._instance.opener.open(asked)
        except Problem as problem:
            return problem_answer(problem, asked.trace, asked.now_us)
        if opening.outcome is Outcome.REFUSED:
            return problem_answer(Problem(ProblemKind.LINK_REFUSED), asked.trace, asked.now_us)
        if opening.shortage is not None:
            return _limited(asked, opening.shortage)
        return self._opened(asked, opening)

    def _opened(self, asked: OpenRequest, opening: Opening) -> Answer:
        headers = [_JSON, *rate_headers(_RESOLVE, opening.left, asked.now_us)]
        if opening.outcome is Outcome.VIEWED:
            return Answer(200, headers=headers)
        if opening.session is not None:
            session = write_session(opening.session, self._instance.session_signer)
            headers.append((b"listen-session", session.encode()))
        return Answer(200, self._instance.presenter.write(opening, asked.now_us), headers)


def _limited(asked: OpenRequest, shortage: Shortage) -> Answer:
    answer = problem_answer(Problem(ProblemKind.LIMITED), asked.trace, asked.now_us)
    answer.headers.extend(retry_headers(shortage, asked.now_us))
    return answer
