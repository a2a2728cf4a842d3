"""The public resolve, `GET` and `HEAD /v1/music/shared/{token}`: the contract's one open endpoint."""

from __future__ import annotations

from functools import lru_cache

from listenlink.actions.instance import Instance
from listenlink.actions.open_link import Opening, OpenRequest
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model.audit import Outcome, Reason, classify_agent
from listenlink.model.limit import Allowance
from listenlink.model.listen_session import read_session, write_session
from listenlink.model.share_token import digest, is_well_formed
from listenlink.web.answer import TRACE, Answer, Headers, Scope, Send, problem_answer, send_answer
from listenlink.web.caller import ClientFinder, referring_host
from listenlink.web.headers import PUBLIC_JSON, preflight, text_of

PATH = "/v1/music/shared/"
_ALLOW = (b"allow", b"GET, HEAD, OPTIONS")
_JSON = (b"content-type", b"application/json")


class PublicDoor:
    """Answers for share links, to anybody."""

    def __init__(self, instance: Instance, clients: ClientFinder, shared_headers: Headers) -> None:
        self._instance = instance
        self._clients = clients
        self._headers = shared_headers + PUBLIC_JSON

    async def __call__(self, scope: Scope, headers: dict[bytes, bytes], send: Send) -> None:
        """Answer one request."""
        await send_answer(scope, send, await self.answer(scope, headers), self._headers)

    async def answer(self, scope: Scope, headers: dict[bytes, bytes]) -> Answer:
        """The whole journey of a link: who asks, may they, what is it, is it counted, what is told."""
        method = scope["method"]
        if method == "OPTIONS":
            return Answer(204, headers=[_ALLOW, *preflight(b"Listen-Session")])
        asked = self._read(scope, headers)
        if method not in ("GET", "HEAD"):
            refused = problem_answer(
                Problem(ProblemKind.METHOD_NOT_ALLOWED), asked.trace, asked.now_us
            )
            refused.headers.append(_ALLOW)
            return refused
        try:
            opening = await self._instance.opener.open(asked)
        except Problem as problem:
            return problem_answer(problem, asked.trace, asked.now_us)
        if opening.outcome is Outcome.REFUSED:
            return problem_answer(Problem(ProblemKind.LINK_REFUSED), asked.trace, asked.now_us)
        if opening.outcome is Outcome.LIMITED:
            return self._limited(asked, opening)
        answer = self._opened(asked, opening)
        if opening.outcome is Outcome.VIEWED and method == "GET":
            # A prefetch: nothing to show before somebody looks.
            answer.status = 204
            answer.headers.remove(_JSON)
        return answer

    def _read(self, scope: Scope, headers: dict[bytes, bytes]) -> OpenRequest:
        # The undecoded path: a token has one spelling, and `%73hr_…` isn't it.
        token = scope["raw_path"][len(PATH) :].decode("latin-1")
        clock = self._instance.clock
        now_us = clock.now_us()
        session = text_of(headers, b"listen-session")
        return OpenRequest(
            token_digest=digest(token),
            is_well_formed=is_well_formed(token),
            session=read_session(session, self._instance.session_signer, now_us // SECOND_US)
            if session
            else None,
            counts=scope["method"] == "GET" and b"sec-purpose" not in headers,
            client=self._clients.find(scope, headers),
            agent=classify_agent(text_of(headers, b"user-agent")),
            referrer=referring_host(text_of(headers, b"referer")),
            trace=scope[TRACE],
            now_us=now_us,
            tick_us=clock.tick_us(),
        )

    def _opened(self, asked: OpenRequest, opening: Opening) -> Answer:
        headers = [_JSON, *_rate_headers("resolve", opening.left, asked.now_us)]
        if opening.outcome is Outcome.VIEWED:
            return Answer(200, headers=headers)
        if opening.session is not None:
            session = write_session(opening.session, self._instance.session_signer)
            headers.append((b"listen-session", session.encode()))
        return Answer(200, self._instance.presenter.write(opening, asked.now_us), headers)

    def _limited(self, asked: OpenRequest, opening: Opening) -> Answer:
        limits, client = self._instance.limits, asked.client.number
        if opening.reason is Reason.MISS_LIMIT:
            name, allowance = "refusal", limits.peek_misses(client, asked.tick_us)
        else:
            name, allowance = "resolve", limits.peek_hits(client, asked.tick_us)
        answer = problem_answer(Problem(ProblemKind.LIMITED), asked.trace, asked.now_us)
        answer.headers.append((b"retry-after", b"%d" % allowance.wait_seconds))
        answer.headers.extend(_rate_headers(name, allowance, asked.now_us))
        return answer


def _rate_headers(name: str, allowance: Allowance | None, now_us: int) -> Headers:
    """X-RateLimit-* as the reference has it, and draft-ietf-httpapi-ratelimit-headers-11."""
    if allowance is None or not allowance.limit:
        return []
    seconds = now_us // SECOND_US
    return _written(name, allowance.limit, allowance.remaining, allowance.wait_seconds, seconds)


@lru_cache(maxsize=4096)
def _written(name: str, limit_: int, remaining_: int, wait: int, now_seconds: int) -> Headers:
    limit, remaining = b"%d" % limit_, b"%d" % remaining_
    policy = b'"%s"' % name.encode()
    return [
        (b"x-ratelimit-limit", limit),
        (b"x-ratelimit-remaining", remaining),
        (b"x-ratelimit-reset", b"%d" % (now_seconds + wait)),
        (b"ratelimit-policy", b"%s;q=%s;w=60" % (policy, limit)),
        (b"ratelimit", b"%s;r=%s;t=%d" % (policy, remaining, wait)),
    ]
