"""The pages of a link: shared, embedded, and opened without script. Only the last counts an open.

Most people never see the JSON: `web/public/resolve.py` has a share URL answered here for browsers. A page
is rendered in a thread, once for all who ask for the same one (`actions/show_page.py`).
"""

from __future__ import annotations

from listenlink.actions.open_link import Opening, OpenRequest
from listenlink.actions.show_page import Write
from listenlink.errors import Problem
from listenlink.model.audit import Outcome
from listenlink.model.budget import Budget
from listenlink.model.listen_session import ListenSession, write_session
from listenlink.model.page import Page
from listenlink.model.shelf import Written
from listenlink.model.tally import DoorTally
from listenlink.model.visit_ticket import Use
from listenlink.running.listening import Listening
from listenlink.web import headers as fixed
from listenlink.web.headers import text_of
from listenlink.web.packing import write_packed
from listenlink.web.pages.languages import choose_language
from listenlink.web.pages.page_writer import PageWriter
from listenlink.web.paths import token_of
from listenlink.web.public.leading import (
    described_at,
    is_public,
    is_unshown,
    lead_back,
    lead_on,
    ticket_of,
    unlock_of,
)
from listenlink.web.public.page_answers import EndedPages, page_answer
from listenlink.web.public.pasted import EMBED_PATH, find_pasted
from listenlink.web.public.rate_headers import rate_headers
from listenlink.web.public.share_request import ShareRequests
from listenlink.web.public.taken_file import is_asked_for, lead_to_file, write_addresses
from listenlink.web.public.visit_pages import begin_page, end_page, read_fields
from listenlink.web.response import Answer, Headers, Receive, Scope, Send, send_answer

_NO_FRAME = "'none'"


class PageDoor:
    """Answers with pages, whatever state the link is in."""

    def __init__(
        self,
        listening: Listening,
        requests: ShareRequests,
        writer: PageWriter,
        shared_headers: Headers,
    ) -> None:
        self._listening = listening
        self._requests = requests
        self._writer = writer
        self._ended = EndedPages(listening, writer)
        self.tally = DoorTally()
        settings = listening.settings
        origin = listening.storage.urls.origin if listening.storage.urls else None
        self._shared = shared_headers + fixed.page(origin, _NO_FRAME)
        self._embedded = [
            header
            for header in shared_headers + fixed.page(origin, settings.embed_ancestors)
            if header[0] != b"cross-origin-opener-policy"
        ]

    async def share_page(self, scope: Scope, headers: dict[bytes, bytes], send: Send) -> None:
        """GET and HEAD: the page."""
        token = token_of(scope)
        asked = self._requests.read(scope, headers, token, counts=False)
        status = await self._answer(scope, headers, send, asked, token, is_embed=False)
        self.tally.add(status)

    async def show(
        self, headers: dict[bytes, bytes], asked: OpenRequest, token: str, found: Opening
    ) -> tuple[Answer, Headers]:
        """The page of a link that was found, for a request that turned out only to look; with the headers
        of all pages."""
        return await self._make(headers, asked, token, found, is_embed=False), self._shared

    async def open_by_form(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        """POST: the play button of a browser without script, which opens; or the link's password."""
        token = token_of(scope)
        form = await read_fields(headers, receive)
        if "password" in form:
            asked = self._requests.read(scope, headers, token, counts=False, form=form)
            await self._answer(scope, headers, send, asked, token, is_embed=False, is_form=True)
            return
        asked = self._requests.read(scope, headers, token, counts=True, use=Use.OPEN, form=form)
        kept = form.get("visit", "") if asked.visit else ""
        await self._answer(scope, headers, send, asked, token, is_embed=False, ticket=kept)

    async def lead(self, scope: Scope, send: Send) -> bool:
        """A redirect from an address as it was pasted to the one that is meant; False if it's no such
        address. Nothing is looked up, so nothing is spent."""
        place = find_pasted(scope["raw_path"])
        if place is None:
            return False
        answer = Answer(302, headers=[(b"location", place.encode()), *fixed.robots(False)])
        self.tally.add(answer.status)
        is_embed = place.startswith(EMBED_PATH)
        await send_answer(scope, send, answer, self._embedded if is_embed else self._shared)
        return True

    async def embed(
        self,
        scope: Scope,
        headers: dict[bytes, bytes],
        receive: Receive,
        send: Send,
        token: str,
    ) -> None:
        """The player for other sites' frames. Its unlock is in the page that a posted password gets: there
        are no cookies in frames."""
        form = await read_fields(headers, receive) if scope["method"] == "POST" else {}
        asked = self._requests.read(scope, headers, token, counts=False, form=form)
        await self._answer(scope, headers, send, asked, token, is_embed=True)

    async def listening(
        self, scope: Scope, headers: dict[bytes, bytes], send: Send, token: str, session: str
    ) -> None:
        """The page of an open link for a browser without script; its audio plays while the session lasts. Or
        the way from there to a track's file."""
        asked = self._requests.read(
            scope, headers, token, session, counts=False, use=Use.SHOW, mints=True
        )
        answer, found = None, None
        if is_asked_for(scope):
            answer, found = await lead_to_file(self._listening, asked, scope)
        if answer is None:
            answer = await self._make(
                headers, asked, token, found, is_embed=False, needs_session=True
            )
        await send_answer(scope, send, answer, self._shared)

    async def _answer(
        self,
        scope: Scope,
        headers: dict[bytes, bytes],
        send: Send,
        asked: OpenRequest,
        token: str,
        *,
        is_embed: bool,
        is_form: bool = False,
        ticket: str = "",
    ) -> int:
        answer = await self._make(
            headers, asked, token, is_embed=is_embed, is_form=is_form, ticket=ticket
        )
        await send_answer(scope, send, answer, self._embedded if is_embed else self._shared)
        return answer.status

    async def _make(
        self,
        headers: dict[bytes, bytes],
        asked: OpenRequest,
        token: str,
        found: Opening | None = None,
        *,
        is_embed: bool,
        is_form: bool = False,
        needs_session: bool = False,
        ticket: str = "",
    ) -> Answer:
        language = choose_language(text_of(headers, b"accept-language"))
        try:
            opening = found or await self._listening.opener.open(asked)
            if needs_session and is_unshown(opening):
                opening = Opening(Outcome.REFUSED)
            session = opening.session if needs_session else None
            kind, write = self._page(token, language, is_embed, session)
            written = await self._find_written(opening, asked, kind, write)
        except Problem as problem:
            answer = await self._ended.trouble(headers, problem, language)
        else:
            if opening.outcome is Outcome.OPENED and opening.session is not None:
                signer = self._listening.session_signer
                answer = lead_on(token, write_session(opening.session, signer), ticket)
            elif is_form and opening.outcome in (Outcome.VIEWED, Outcome.REMOVED):
                answer = lead_back(self._requests, asked, token, opening)
            elif written is not None:
                written = written if needs_session else self._end(written, asked, opening)
                is_indexed = not needs_session and is_public(opening)
                answer = page_answer(headers, 200, written, fixed.robots(is_indexed))
                if not needs_session and not is_embed:
                    answer.headers.append(described_at(self._listening.settings.base_url, token))
            else:
                answer = await self._ended.answer(headers, asked, opening, language, is_embed)
            answer.headers += rate_headers(Budget.RESOLVE, opening.left, asked.now_us)
        answer.headers.append((b"content-language", language.encode()))
        return answer

    def _end(self, written: Written, asked: OpenRequest, opening: Opening) -> Written:
        unlock, ticket = unlock_of(asked, opening), ticket_of(self._listening, asked, opening)
        return end_page(written, ticket, self._requests.write_unlock(unlock) if unlock else "")

    async def _find_written(
        self, opening: Opening, asked: OpenRequest, kind: tuple[object, ...], write: Write
    ) -> Written | None:
        if opening.outcome is not Outcome.VIEWED or opening.link is None:
            return None
        is_open = opening.session is not None
        return await self._listening.pages.find_written(
            opening.link.id, asked.now_us, kind, write, is_open=is_open
        )

    def _page(
        self, token: str, language: str, is_embed: bool, session: ListenSession | None
    ) -> tuple[tuple[object, ...], Write]:
        if session is not None:
            return self._listening_page(session, language)

        def write(page: Page) -> Written:
            return begin_page(self._writer.share(page, token, language, is_embed=is_embed))

        return ("embed" if is_embed else "page", token, language), write

    def _listening_page(
        self, session: ListenSession, language: str
    ) -> tuple[tuple[object, ...], Write]:
        """The page's URLs end with the session, so it stays the same until then."""
        urls = self._listening.urls

        def write(page: Page) -> Written:
            numbers, versions = page.audible
            played = urls.write_shared(session, session.ends_at, numbers, versions)
            taken = numbers if page.allow_download else []
            text = self._writer.listening(
                page,
                dict(zip(numbers, played, strict=True)),
                write_addresses(taken),
                language,
            )
            return write_packed(text.encode())

        return ("listening", session, language), write
