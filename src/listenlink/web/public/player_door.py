"""Share links for media players: a track leads to its audio, a collection is a playlist. Record 0036."""

from __future__ import annotations

import msgspec

from listenlink.actions.open_link import Opening, OpenRequest
from listenlink.actions.opening.found_versions import find_version
from listenlink.actions.opening.player_sessions import name_player
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model.audit import AGENT_BYTES, Outcome, Reason
from listenlink.model.budget import Budget
from listenlink.model.listen_session import ListenSession
from listenlink.model.one_line import one_line
from listenlink.model.page import Page
from listenlink.model.shelf import Written
from listenlink.running.listening import Listening
from listenlink.web.headers import PUBLIC_JSON
from listenlink.web.paths import token_of
from listenlink.web.public.rate_headers import rate_headers, retry_headers
from listenlink.web.public.share_request import ShareRequests, refusal_of
from listenlink.web.response import TRACE, Answer, Headers, Scope, problem_answer

_PLAYLIST = (b"content-type", b"audio/x-mpegurl")
_RANGES = (b"accept-ranges", b"bytes")
_NO_STORE = (b"cache-control", b"no-store")
# Of all answers to players that aren't refused, but for how long they may be kept.
FOR_PLAYERS: Headers = [pair for pair in PUBLIC_JSON if pair[0] != _NO_STORE[0]]


class PlayerDoor:
    """Answers players. All that is asked of a link by one player, while its session lasts, is one open; the
    addresses that it gets last as long."""

    def __init__(self, listening: Listening, requests: ShareRequests) -> None:
        self._listening = listening
        self._requests = requests

    async def answer(self, scope: Scope, headers: dict[bytes, bytes]) -> Answer:
        """GET opens, or goes on with what is open. HEAD only looks."""
        try:
            asked = self._requests.read(
                scope, headers, token_of(scope), counts=scope["method"] == "GET"
            )
        except Problem as problem:
            return problem_answer(problem, scope[TRACE], self._listening.clock.now_us())
        try:
            opening = await self._open(asked, headers.get(b"user-agent", b"")[:AGENT_BYTES])
            if opening.shortage is not None:
                answer = problem_answer(Problem(ProblemKind.LIMITED), asked.trace, asked.now_us)
                answer.headers += retry_headers(opening.shortage, asked.now_us)
                return answer
            # A player can't show what is said of removed music; to it there is none.
            if opening.outcome in (Outcome.REFUSED, Outcome.REMOVED) or opening.link is None:
                raise refusal_of(opening)
            answer = await self._lead(opening, asked)
        except Problem as problem:
            return problem_answer(problem, asked.trace, asked.now_us)
        answer.headers += rate_headers(Budget.RESOLVE, opening.left, asked.now_us)
        if opening.unlock is not None:
            told = self._requests.write_unlock(opening.unlock)
            answer.headers.append((b"share-unlock", told.encode()))
        return answer

    async def _open(self, asked: OpenRequest, agent: bytes) -> Opening:
        players, opener = self._listening.players, self._listening.opener
        player = name_player(asked.token_digest, asked.client, agent + _key_of(asked))
        async with players.turn(player):
            if asked.session is None:
                asked = _with(asked, await players.find(player, asked.now_us))
            opening = await opener.open(asked)
            if opening.outcome is Outcome.REFUSED and asked.session is None:
                # A spent link's last open may be this player's own, at another node a moment ago. That is
                # asked whatever the reason: it may be a round trip, which would tell it.
                session = await players.find(player, asked.now_us)
                if session is not None and opening.reason is Reason.SPENT:
                    opening = await opener.open(_with(asked, session))
            if opening.outcome is Outcome.OPENED and opening.session is not None:
                await players.keep(player, opening.session, asked.now_us)
        return opening

    async def _lead(self, opening: Opening, asked: OpenRequest) -> Answer:
        link, session = opening.link, opening.session
        assert link is not None  # noqa: S101 (whoever calls this has seen to it)
        if link.track is None:
            headers = [_PLAYLIST, _NO_STORE]
            if session is None:
                return Answer(200, headers=headers)
            return Answer(200, await self._write_playlist(session, asked.now_us), headers)
        version = find_version(link, link.track)
        if session is None:
            return Answer(200, headers=await self._describe(link.id, link.track.id, version))
        (url,) = self._listening.urls.write_shared(
            session, session.ends_at, [link.track.id], [version]
        )
        # A player that remembers where it was led needn't ask here for every jump (RFC 9111, section 4.2.2).
        # FFmpeg reads the age at the beginning alone.
        left = session.ends_at - asked.now_us // SECOND_US
        kept = (b"cache-control", b"max-age=%d, private" % left)
        return Answer(302, headers=[(b"location", url.encode()), kept])

    async def _describe(self, share_id: int, track_id: int, version: int) -> Headers:
        """What the audio is, for a HEAD before the open."""
        player = self._listening.player
        content_type = await player.find_content_type(share_id, track_id, version)
        if content_type is None:
            raise Problem(ProblemKind.LINK_REFUSED)
        return [(b"content-type", content_type.encode()), _RANGES, _NO_STORE]

    async def _write_playlist(self, session: ListenSession, now_us: int) -> bytes:
        """The same for as long as the session lasts and nothing changes, as its URLs are."""
        urls = self._listening.urls

        def write(page: Page) -> Written:
            played = urls.write_shared(session, session.ends_at, *page.audible)
            return Written(write_playlist(page, played).encode())

        written = await self._listening.pages.find_written(
            session.share_id, now_us, ("playlist", session), write, is_open=True
        )
        if written is None:
            raise Problem(ProblemKind.LINK_REFUSED)
        return written.plain


def write_playlist(page: Page, urls: list[str]) -> str:
    """An extended M3U in UTF-8: whole seconds, artist and title, and the URL, of each track in order."""
    lines = ["#EXTM3U", f"#PLAYLIST:{one_line(page.title or '')}"]
    for track, url in zip(page.tracks, urls, strict=True):
        name = one_line(track.title)
        if track.artist:
            name = f"{one_line(track.artist)} - {name}"
        lines += [f"#EXTINF:{round(track.seconds)},{name}", url]
    return "\n".join(lines) + "\n"


def _key_of(asked: OpenRequest) -> bytes:
    """What the request would open a link with a password by: whoever comes without it isn't taken for who
    came with it. It begins with what no agent's name has."""
    if asked.unlock is None and not asked.password:
        return b""
    return b"\0" + msgspec.json.encode([asked.unlock, asked.password])


def _with(asked: OpenRequest, session: ListenSession | None) -> OpenRequest:
    return msgspec.structs.replace(asked, session=session)
