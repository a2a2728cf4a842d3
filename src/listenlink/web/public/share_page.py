"""The pages of a link: shared, embedded, and opened without script. Only the last counts an open.

Most people never see the JSON: `web/public/resolve.py` has a share URL answered here for browsers. A page
is rendered in a thread, once for all who ask for the same one (`actions/show_page.py`).
"""

from __future__ import annotations

from listenlink.actions.open_link import Opening, OpenRequest
from listenlink.actions.show_page import Write
from listenlink.clock import SECOND_US
from listenlink.errors import Problem
from listenlink.model.audit import Outcome
from listenlink.model.budget import Budget
from listenlink.model.listen_session import ListenSession, write_session
from listenlink.model.page import Page
from listenlink.model.share import Visibility
from listenlink.model.shelf import Written
from listenlink.model.tally import DoorTally
from listenlink.model.visit_ticket import Use
from listenlink.running.listening import Listening
from listenlink.web import headers as fixed
from listenlink.web.headers import text_of
from listenlink.web.packing import write_packed
from listenlink.web.pages.languages import choose_language
from listenlink.web.pages.page_writer import PageWriter
from listenlink.web.paths import SHARED_PATH, oembed_address, token_of
from listenlink.web.problems import RETRY_AFTER_SECONDS
from listenlink.web.public.page_answers import EndedPages, page_answer
from listenlink.web.public.pasted import EMBED_PATH, find_pasted
from listenlink.web.public.rate_headers import rate_headers
from listenlink.web.public.share_request import VISIT_QUERY, ShareRequests
from listenlink.web.public.taken_file import is_asked_for, lead_to_file, write_addresses
from listenlink.web.public.visit_pages import begin_page, end_page, read_ticket
from listenlink.web.response import Answer, Headers, Receive, Scope, Send, send_answer

LISTENING = "/listening/"
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
        """POST: the play button of a browser without script, which opens."""
        token = token_of(scope)
        ticket = await read_ticket(headers, receive)
        asked = self._requests.read(scope, headers, token, counts=True, use=Use.OPEN, ticket=ticket)
        kept = ticket if asked.visit else ""
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
        self, scope: Scope, headers: dict[bytes, bytes], send: Send, token: str
    ) -> None:
        """The player for other sites' frames."""
        asked = self._requests.read(scope, headers, token, counts=False)
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
        ticket: str = "",
    ) -> int:
        answer = await self._make(headers, asked, token, is_embed=is_embed, ticket=ticket)
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
        needs_session: bool = False,
        ticket: str = "",
    ) -> Answer:
        language = choose_language(text_of(headers, b"accept-language"))
        try:
            opening = found or await self._listening.opener.open(asked)
            if needs_session and opening.outcome is Outcome.VIEWED and opening.session is None:
                opening = Opening(Outcome.REFUSED)
            if opening.session is not None and needs_session:
                kind, write = self._listening_page(opening.session, language)
            else:
                kind, write = self._page(token, language, is_embed)
            written = await self._find_written(opening, asked, kind, write)
        except Problem:
            answer = await self._ended.write(headers, "busy", 503, language)
            answer.headers.append((b"retry-after", b"%d" % RETRY_AFTER_SECONDS))
        else:
            if opening.outcome is Outcome.OPENED and opening.session is not None:
                answer = self._opened(token, opening.session, ticket)
            elif written is not None and opening.link is not None:
                is_indexed = not needs_session and opening.link.visibility == Visibility.PUBLIC
                if not needs_session:
                    written = end_page(written, self._ticket(opening, asked))
                answer = page_answer(headers, 200, written, fixed.robots(is_indexed))
                if not needs_session and not is_embed:
                    answer.headers.append(self._described_at(token))
            else:
                answer = await self._ended.answer(headers, asked, opening, language)
            answer.headers += rate_headers(Budget.RESOLVE, opening.left, asked.now_us)
        answer.headers.append((b"content-language", language.encode()))
        return answer

    def _described_at(self, token: str) -> tuple[bytes, bytes]:
        """What the page's `<link>` says, for whoever asks for the headers alone (oEmbed 1.0, section 4)."""
        place = oembed_address(self._listening.settings.base_url, token)
        return b"link", f'<{place}>; rel="alternate"; type="application/json+oembed"'.encode()

    async def _find_written(
        self, opening: Opening, asked: OpenRequest, kind: tuple[object, ...], write: Write
    ) -> Written | None:
        if opening.outcome is not Outcome.VIEWED or opening.link is None:
            return None
        is_open = opening.session is not None
        return await self._listening.pages.find_written(
            opening.link.id, asked.now_us, kind, write, is_open=is_open
        )

    def _page(self, token: str, language: str, is_embed: bool) -> tuple[tuple[object, ...], Write]:
        def write(page: Page) -> Written:
            return begin_page(self._writer.share(page, token, language, is_embed=is_embed))

        return ("embed" if is_embed else "page", token, language), write

    def _ticket(self, opening: Opening, asked: OpenRequest) -> str:
        """What the rest of the visit comes with, so that it spends no more than this page has; empty if there
        is nothing to spend."""
        if opening.left is None or not opening.left.limit:
            return ""
        now_seconds = asked.now_us // SECOND_US
        tickets = self._listening.tickets
        return tickets.write(asked.token_digest, asked.client, asked.trace, now_seconds)

    def _opened(self, token: str, session: ListenSession, ticket: str) -> Answer:
        written = write_session(session, self._listening.session_signer)
        place = f"{SHARED_PATH}{token}{LISTENING}{written}"
        if ticket:
            place += f"?{VISIT_QUERY.decode()}{ticket}"
        return Answer(303, headers=[(b"location", place.encode()), *fixed.robots(False)])

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
