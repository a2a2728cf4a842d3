"""A request for a share link, as every endpoint with a token reads it."""

from __future__ import annotations

from collections.abc import Mapping

from listenlink.actions.open_link import Opening, OpenRequest
from listenlink.actions.opening.rate_limits import limited, spend_one
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model.audit import Outcome, Reason, classify_agent
from listenlink.model.budget import Budget
from listenlink.model.client_address import ClientAddress
from listenlink.model.listen_session import ListenSession, is_of_another_time, read_session
from listenlink.model.share_token import digest, is_well_formed
from listenlink.model.unlock import Unlock, read_sent, read_unlock, write_unlock
from listenlink.model.visit_ticket import Use
from listenlink.running.listening import Listening
from listenlink.web.caller import ClientFinder, referring_host
from listenlink.web.headers import headers_of, text_of
from listenlink.web.response import TRACE, UNLOCK, Scope
from listenlink.web.unlock_cookie import UnlockCookie

VISIT_QUERY = b"visit="
_NO_FORM: Mapping[str, str] = {}
_REFUSED = {
    Reason.LOCKED: ProblemKind.SHARE_PASSWORD_REQUIRED,
    Reason.WRONG: ProblemKind.SHARE_PASSWORD_WRONG,
}


class ShareRequests:
    """Reads who is asking for which link, with which session, and when."""

    def __init__(self, listening: Listening, clients: ClientFinder) -> None:
        self._listening = listening
        self._clients = clients
        self.cookie = UnlockCookie(listening.settings.base_url)

    def read(
        self,
        scope: Scope,
        headers: dict[bytes, bytes],
        token: str,
        session_text: str | None = None,
        *,
        counts: bool,
        is_meant: bool = True,
        use: Use | None = None,
        mints: bool = False,
        form: Mapping[str, str] = _NO_FORM,
    ) -> OpenRequest:
        """The request; its session is that of `Listen-Session` if no other is given. `use` is what a visit
        ticket would be used for, that of the query or else of the form. `mints` is said by what looks with
        a session and gives addresses of audio. A `form` has the ticket, the unlock, the password. Raises
        Problem(BAD_REQUEST) for a `Share-Password` that isn't percent-encoded UTF-8."""
        now_us, tick_us = self._listening.clock.now_us(), self._listening.clock.tick_us()
        if session_text is None:
            session_text = text_of(headers, b"listen-session")
        token_digest = digest(token)
        client = self._clients.find(scope, headers)
        has_unlock = b"cookie" in headers or b"share-unlock" in headers or form
        return OpenRequest(
            token_digest=token_digest,
            is_well_formed=is_well_formed(token),
            session=self.session(session_text, now_us) if session_text else None,
            counts=counts,
            client=client,
            agent=classify_agent(headers.get(b"user-agent", b"")),
            referrer=referring_host(text_of(headers, b"referer")),
            trace=scope[TRACE],
            now_us=now_us,
            tick_us=tick_us,
            is_meant=is_meant,
            visit=self._visit(scope, form, token_digest, client, use, now_us),
            mints=mints,
            unlock=self._unlock(headers, form, now_us) if has_unlock else None,
            password=_sent_password(headers, form) if b"share-password" in headers or form else "",
        )

    def _unlock(
        self, headers: dict[bytes, bytes], form: Mapping[str, str], now_us: int
    ) -> Unlock | None:
        """The first that holds: of the form, of `Share-Unlock`, of the cookie."""
        signer, now_seconds = self._listening.unlock_signer, now_us // SECOND_US
        for one in (
            form.get("unlock", ""),
            text_of(headers, b"share-unlock"),
            self.cookie.find(headers.get(b"cookie", b"")),
        ):
            unlock = read_unlock(one, signer, now_seconds) if one else None
            if unlock is not None:
                return unlock
        return None

    def write_unlock(self, unlock: Unlock) -> str:
        """The unlock as it's told."""
        return write_unlock(unlock, self._listening.unlock_signer)

    def _visit(
        self,
        scope: Scope,
        form: Mapping[str, str],
        token_digest: bytes,
        client: ClientAddress,
        use: Use | None,
        now_us: int,
    ) -> bytes:
        if use is None:
            return b""
        query: bytes = scope["query_string"]
        ticket = form.get("visit", "")
        if query.startswith(VISIT_QUERY):
            ticket = query[len(VISIT_QUERY) :].decode("latin-1")
        if not ticket:
            return b""
        tickets = self._listening.tickets
        return tickets.read(ticket, token_digest, client, use, now_us // SECOND_US)

    async def look(self, scope: Scope, asked: OpenRequest) -> Opening:
        """The opening for a request that only looks. Raises Problem(LIMITED), what `refusal_of` gives, and
        Problem(LINK_REFUSED) even if the content was removed."""
        opening = await self._listening.opener.open(asked)
        self.tell_unlock(scope, opening)
        return require(opening, Outcome.VIEWED)

    def tell_unlock(self, scope: Scope, opening: Opening) -> None:
        """Let an answer that goes through the framework tell what the right password was worth."""
        if opening.unlock is not None:
            scope[UNLOCK] = [(b"share-unlock", self.write_unlock(opening.unlock).encode())]

    async def spend_picture(self, scope: Scope) -> None:
        """Count a request for a picture by its name. Raises Problem(LIMITED)."""
        client = self._clients.find(scope, headers_of(scope))
        tick_us = self._listening.clock.tick_us()
        await spend_one(self._listening.limits, Budget.PICTURE, client, tick_us)

    def session(self, text: str, now_us: int) -> ListenSession | None:
        """The session behind a text; None if it's malformed, forged, over or of a clock that was ahead."""
        now_seconds = now_us // SECOND_US
        session = read_session(text, self._listening.session_signer, now_seconds)
        if session is not None and is_of_another_time(session.ends_at, now_seconds):
            return None
        return session


def refusal_of(opening: Opening) -> Problem:
    """What a refused request is told: a link's password is asked for, any other reason isn't told."""
    kind = None if opening.reason is None else _REFUSED.get(opening.reason)
    return Problem(kind or ProblemKind.LINK_REFUSED)


def _sent_password(headers: dict[bytes, bytes], form: Mapping[str, str]) -> str:
    """That of the form, or else of `Share-Password`."""
    if typed := form.get("password"):
        return typed
    password = read_sent(headers.get(b"share-password", b""))
    if password is None:
        raise Problem(ProblemKind.BAD_REQUEST, "Share-Password is percent-encoded UTF-8.")
    return password


def require(opening: Opening, outcome: Outcome) -> Opening:
    """The opening, if that is how it ended. Raises Problem(LIMITED), and what `refusal_of` gives."""
    if opening.shortage is not None:
        raise limited(opening.shortage)
    if opening.outcome is not outcome:
        raise refusal_of(opening)
    return opening
