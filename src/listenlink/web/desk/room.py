"""What the desk's routes share: the cookie, who asks, forms as they're read, and answers."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from litestar import Request, Response

from listenlink.actions.signing_in.asker import Asker
from listenlink.actions.signing_in.sign_in import Person, SignedIn
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.client_address import is_loopback_host
from listenlink.running.desk import Desk
from listenlink.running.owning import Owning
from listenlink.threads import WORK
from listenlink.web import headers as fixed
from listenlink.web.caller import ClientFinder
from listenlink.web.headers import headers_of, text_of, text_pairs
from listenlink.web.json_body import JSON
from listenlink.web.negotiation import names_page
from listenlink.web.pages import desk_writer
from listenlink.web.pages.languages import choose_language
from listenlink.web.pages.upload_words import Uploading, uploading
from listenlink.web.problem_table import TABLE
from listenlink.web.problems import status_of
from listenlink.web.same_origin import own_origins
from listenlink.web.sign_in_cookie import SignInCookie

Asked = Request[Any, Any, Any]
FORM = "application/x-www-form-urlencoded"
SIGN_IN, HOME, TRACKS = "/desk/sign-in", "/desk/me", "/desk"
# Of what was typed into a form, and of trying too often.
TYPED = frozenset({ProblemKind.INVALID, ProblemKind.LIMITED})
_MOST_BYTES, _MOST_FIELDS = 16 * 1024, 20


class Room:
    """The desk's routes are given this: `desk` is what signing in needs, `owning` what keys reach too."""

    def __init__(self, desk: Desk, owning: Owning, clients: ClientFinder) -> None:
        self.desk, self.owning = desk, owning
        self.cookie = SignInCookie(desk.settings.base_url)
        self.origins = own_origins(desk.settings.base_url, desk.settings.desk_url)
        # What is typed there, by others on the network.
        host = urlsplit(desk.settings.base_url).hostname or ""
        self._can_be_read = not self.cookie.is_secure and not is_loopback_host(host)
        # What is heard at the desk, too, comes from where listeners get it.
        urls = owning.storage.urls
        self._media_origin = None if urls is None else urls.origin
        self._clients = clients

    def asker(self, request: Asked) -> Asker:
        """Who asks, and what their browser is signed in with."""
        scope = dict(request.scope)
        headers = headers_of(scope)
        return Asker(
            self._clients.find(scope, headers),
            text_of(headers, b"user-agent"),
            self.desk.clock.now_us(),
            self.cookie.find(scope),
        )

    async def page(
        self, request: Asked, name: str, status: int = 200, **shown: Any
    ) -> Response[bytes]:
        """One of the desk's pages, in the language that its reader's browser asks for."""
        language = choose_language(request.headers.get("accept-language", ""))
        person = find_person_of(request)
        organization_id = None if person is None else person.sign_in.organization_id
        shown |= {
            "person": person,
            "organization": organization_id and ids.public_id(ids.ORGANIZATION, organization_id),
            "can_be_read": self._can_be_read,
            "now_us": self.desk.clock.now_us(),
            "said": request.query_params.get("done", ""),
            "uploading": partial(self._uploading, language),
        }
        text = await WORK.run(partial(desk_writer.write_page, name, language, **shown))
        return answer_page(text, language, status, self._media_origin)

    def _uploading(self, language: str) -> Uploading:
        """What a page shows that takes files, for those that do."""
        settings, now_us = self.desk.settings, self.desk.clock.now_us()
        return uploading(self.desk.registry, settings.max_upload_bytes, now_us, language)

    async def refused(
        self,
        request: Asked,
        problem: Problem,
        name: str,
        kinds: Container[ProblemKind] = TYPED,
        **shown: Any,
    ) -> Response[bytes]:
        """The page once more, with what is wrong beside its field; raises what `told_here` raises."""
        told = told_here(request, problem, kinds)
        answer = await self.page(request, name, status_of(told), wrong=told, **shown)
        if (wait := problem.details.get("retry_after_seconds")) is not None:
            answer.headers["retry-after"] = str(wait)
        return answer

    def see(
        self, path: str, done: str | None = None, signed_in: SignedIn | None = None
    ) -> Response[bytes]:
        """Lead on after a form: to a page that says what was `done`. A new sign-in
        gives the browser its secret, as the cookie."""
        answer = lead_to(path if done is None else f"{path}?done={done}")
        if signed_in is not None:
            answer.headers["set-cookie"] = self.cookie.set(signed_in.secret)
        return answer

    def led_by_script(self, path: str, signed_in: SignedIn) -> Response[bytes]:
        """The same for a script, which can't see where a 303 leads."""
        headers = {"set-cookie": self.cookie.set(signed_in.secret)}
        body = msgspec.json.encode({"location": path})
        return Response(body, status_code=200, headers=headers, media_type=JSON)


def told_here(request: Asked, problem: Problem, kinds: Container[ProblemKind] = TYPED) -> Problem:
    """The problem as the page with the form tells it, in words; a program, and whoever meets a problem of
    another kind, gets the problem itself, which is raised."""
    if problem.kind not in kinds or not names_page(headers_of(dict(request.scope))):
        raise problem
    if problem.message is not None:
        return problem
    return Problem(problem.kind, TABLE[problem.kind].message, **problem.details)


def lead_to(path: str) -> Response[bytes]:
    """See Other (RFC 9110, 15.4.4)."""
    headers = {"location": path, "referrer-policy": "same-origin"}
    return Response(b"", status_code=303, headers=headers, media_type="text/plain")


def answer_page(
    text: str, language: str, status: int, media_origin: str | None = None
) -> Response[bytes]:
    """A page with the headers of the desk."""
    headers = text_pairs(fixed.desk(media_origin)) | {"content-language": language}
    return Response(text.encode(), status_code=status, headers=headers, media_type="text/html")


def find_person_of(request: Asked) -> Person | None:
    """Whom the guard found signed in, if anybody."""
    found: Person | None = request.scope.get("state", {}).get("person")
    return found


def person_of(request: Asked) -> Person:
    """Whom the guard let in."""
    person = find_person_of(request)
    if person is None:
        raise Problem(ProblemKind.AUTHENTICATION_REQUIRED)
    return person


async def read_form(
    request: Asked, most_bytes: int = _MOST_BYTES, most_fields: int = _MOST_FIELDS
) -> Mapping[str, str]:
    """The fields of a form, a missing one as empty text; of two of a name, none is taken. Raises
    Problem(UNSUPPORTED_MEDIA_TYPE), TOO_LARGE or BAD_REQUEST."""
    _require_type(request, FORM)
    body = await _read(request, most_bytes)
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=most_fields
        )
    except ValueError:
        raise Problem(ProblemKind.BAD_REQUEST) from None
    form = _Form(pairs)
    if len(form) != len(pairs):
        raise Problem(ProblemKind.BAD_REQUEST)
    return form


async def read_json(request: Asked) -> dict[str, Any]:
    """The JSON object that a script of ours sends. Raises what `read_form` raises."""
    _require_type(request, JSON)
    try:
        return msgspec.json.decode(await _read(request), type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        raise Problem(ProblemKind.BAD_REQUEST) from None


def whole_number(text: str, most_digits: int) -> int | None:
    """The number that so many digits stand for, or fewer; None for anything else."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= most_digits
    return int(text) if is_number else None


class _Form(dict[str, str]):
    def __missing__(self, _name: str) -> str:
        return ""


async def _read(request: Asked, most_bytes: int = _MOST_BYTES) -> bytes:
    body = await request.body()
    if len(body) > most_bytes:
        raise Problem(ProblemKind.TOO_LARGE)
    return body


def _require_type(request: Asked, wanted: str) -> None:
    """A form of another site can be sent as text, and be JSON by chance: only the type's own name counts."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != wanted:
        raise Problem(ProblemKind.UNSUPPORTED_MEDIA_TYPE, accepts=wanted)
