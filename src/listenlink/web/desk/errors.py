"""What a person is told when something can't be done, where a program gets the envelope."""

from __future__ import annotations

from litestar import Response

from listenlink.errors import Problem, ProblemKind
from listenlink.web.desk.room import SIGN_IN, Asked, answer_page, find_person_of, lead_to
from listenlink.web.headers import headers_of
from listenlink.web.negotiation import names_page
from listenlink.web.pages import desk_writer
from listenlink.web.pages.languages import choose_language
from listenlink.web.problem_table import TABLE
from listenlink.web.problems import status_of

# Doors of programs, and of links, which have pages of their own.
_OTHERS = ("/v1/", "/embed/", "/oembed", "/assets/", "/schema", "/docs", "/healthz", "/readyz")


def find_page(request: Asked, problem: Problem) -> Response[bytes] | None:
    """The page that tells a person of the problem, None if it isn't a person who asks. Who has to sign in
    first is led there."""
    if not may_be_page(request.scope["path"], headers_of(dict(request.scope))):
        return None
    if problem.kind is ProblemKind.AUTHENTICATION_REQUIRED:
        return lead_to(SIGN_IN)
    language = choose_language(request.headers.get("accept-language", ""))
    status, person = status_of(problem), find_person_of(request)
    told = (status, problem.message or TABLE[problem.kind].message, language)
    text = (
        desk_writer.write_problem(*told)
        if person is None
        else desk_writer.write_problem_for(person, *told)
    )
    return answer_page(text, language, status)


def may_be_page(path: str, headers: dict[bytes, bytes]) -> bool:
    """Whether it's a person who asks, and not at a door of programs."""
    return not path.startswith(_OTHERS) and names_page(headers)
