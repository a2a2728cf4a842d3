"""The desk's words: whatever an action refuses or writes down has some in every language."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from listenlink.actions import arrange_collection
from listenlink.actions.bound_making import MOST_A_DAY
from listenlink.actions.manage_collections import MOST_TRACKS
from listenlink.actions.signing_in import sign_in_by_link, sign_in_by_password, use_passkey
from listenlink.actions.telling import manage_webhooks
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.media.covers import REASONS
from listenlink.model import webhook
from listenlink.model.api_key import LEAVING
from listenlink.model.collection import CollectionFacts, read_collection
from listenlink.model.declaring import read_declaring
from listenlink.model.sign_in import Method
from listenlink.model.webhook import MOST_OF_A_USER, URL_LENGTH
from listenlink.model.webhook_shapes import Shape, refuse_address
from listenlink.store.made_things import Made
from listenlink.web.cover_body import too_large
from listenlink.web.desk import cover_form
from listenlink.web.desk import webhooks as desk_webhooks
from listenlink.web.desk.licences import read_licence
from listenlink.web.pages import desk_words
from listenlink.web.pages.desk_writer import write_page, write_problem
from listenlink.web.pages.languages import LANGUAGES, catalogue
from listenlink.web.problem_table import TABLE
from listenlink.wire.bodies import ATTRIBUTION_LENGTH, DESCRIPTION_LENGTH, NAME_LENGTH

ACTIONS = Path(sign_in_by_link.__file__).parent
COVER_FORM = Path(cover_form.__file__)
SAID = re.compile(r'invalid\(\s*(?:FIELD|"\w+"),\s*"([^"]+)"')
NOTED = re.compile(
    r'"(\w+)", (?:person\.sign_in|sign_in|found)?\.?user_id|"(sign_in_failed|password_\w+)"'
)
# What is said of webhooks, but for what has a number in it, or names what no form can choose.
WEBHOOKS = "".join(
    Path(str(module.__file__)).read_text() for module in (manage_webhooks, webhook, desk_webhooks)
)
_SAID_OF_WEBHOOKS = re.compile(
    r'(?:invalid\("(?:url|events|shape)"|ProblemKind.CONFLICT),\s*"([^"]+)"'
)
# What a person gets to see of the general kinds.
TOLD = ("NOT_FOUND", "CROSS_SITE", "METHOD_NOT_ALLOWED", "BAD_REQUEST", "TOO_LARGE", "URI_TOO_LONG")


def _sources() -> str:
    paths = [*ACTIONS.glob("*.py"), ACTIONS.parent / "remove_member.py"]
    return "".join(path.read_text() for path in paths)


def _said_of_collections() -> set[str]:
    """What a form about one can be refused with, as the actions themselves say it."""
    most = (NAME_LENGTH, DESCRIPTION_LENGTH)
    refused: list[CollectionFacts] = [
        {"name": ""}, {"name": "a\0"}, {"name": "x" * (most[0] + 1)}, {"description": "x" * (most[1] + 1)}
    ]  # fmt: skip
    told = {
        arrange_collection._NOT_IN_IT, arrange_collection._ELSEWHERE, arrange_collection._CHANGED,
        f"A collection has at most {MOST_TRACKS} tracks.",
        f"That's enough for a day: {MOST_A_DAY[Made.COLLECTION]} collections at most are made within 24 "
        "hours.",
    }  # fmt: skip
    for said in refused:
        with pytest.raises(Problem) as problem:
            read_collection(said)
        told.add(str(problem.value.message))
    return told


def _said_of_licences() -> set[str]:
    """What a form that declares one can be refused with: all but for what nobody can choose."""
    long = "x" * (ATTRIBUTION_LENGTH + 1)
    refused: list[dict[str, str]] = [
        {}, {"attribution_text": "Ana"}, {"declared_licence": "CC-BY-4.0"},
        {"declared_licence": "CC0-1.0", "attribution_text": "Ana"},
        {"declared_licence": "commercial", "attribution_text": long},
    ]  # fmt: skip
    told = {
        f"That's enough for a day: {MOST_A_DAY[Made.DECLARATION]} declarations at most are made within 24 "
        "hours.",
    }
    for form in refused:
        for read in (read_declaring, lambda form: read_licence(defaultdict(str, form))):
            try:
                read(form)
            except Problem as problem:
                told.add(str(problem.message))
    return told


def test_whatever_is_refused_has_words_on_the_page() -> None:
    said = set(SAID.findall(_sources()))
    assert len(said) >= 6
    said |= set(sign_in_by_password._FAULTS.values())
    said |= {sign_in_by_password._WRONG, sign_in_by_link._OVER, use_passkey._REFUSED}
    said.add(f"You have {use_passkey.MOST_PASSKEYS} passkeys, which is the most.")
    said |= {TABLE[ProblemKind[kind]].message for kind in TOLD}
    said |= _said_of_collections()
    said |= {*REASONS.values(), str(too_large().message), *SAID.findall(COVER_FORM.read_text())}
    said.add(TABLE[ProblemKind.STORAGE_FULL].message)
    said |= _said_of_licences() | set(_SAID_OF_WEBHOOKS.findall(WEBHOOKS))
    said |= {f"You have {MOST_OF_A_USER} webhooks already. Remove one."}
    said |= {f"An address has at most {URL_LENGTH} characters."}
    said.add(str(refuse_address(Shape.NTFY, "https://ntfy.example/")))
    assert said - set(desk_words.refusal_words(lambda text: text)) == set()


def test_whatever_is_written_down_has_words() -> None:
    noted = {one or other for one, other in NOTED.findall(_sources())}
    noted |= {
        "link_made", "links_made", "link_closed", "key_made", "key_changed", "key_ended", "licence_declared",
        "ai_declared",
        "member_removed", "member_keys_ended", "version_added", "version_made_current", "version_removed",
        "webhook_added", "webhook_removed",
    }  # fmt: skip
    assert {"signed_in", "signed_out", "passkey_added", "invited", "joined"} <= noted
    assert noted == set(desk_words.event_words(lambda text: text))
    known = desk_words.method_words(lambda text: text)
    assert {*Method, "owner", "member", LEAVING} == set(known)


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_they_are_said_in_the_pages_language(language: str) -> None:
    translate = catalogue(language).gettext
    for text in desk_words.refusal_words(lambda text: text):
        assert translate(text) != text
        page = write_page("sign_in", language, passkeys=False, wrong=invalid("email", text),
                          can_be_read=False, now_us=0)  # fmt: skip
        assert translate(text) in page.replace("&#39;", "'")
    assert translate("This doesn't exist.") in write_problem(404, "This doesn't exist.", language)


def test_what_is_typed_or_sent_is_text_and_no_code_is_a_sentence() -> None:
    hostile = "<script>alert(1)</script>\"'>"
    page = write_page("sign_in", "en", passkeys=True, typed={"email": hostile}, said=hostile,
                      can_be_read=True, now_us=0)  # fmt: skip
    assert "<script>alert" not in page
    assert "alert(1)" in page, "what was typed is there still"
    assert 'class="said"' not in page
    limited = Problem(ProblemKind.LIMITED, retry_after_seconds=61)
    page = write_page("sign_in", "en", passkeys=True, wrong=limited, can_be_read=True, now_us=0)
    assert "Try again in 2 minutes." in page
