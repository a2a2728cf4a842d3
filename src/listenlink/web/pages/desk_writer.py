"""Writes the desk's pages from templates, in a language, with what they show."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache, partial
from typing import Any

from listenlink.actions.signing_in.sign_in import Person
from listenlink.errors import Problem
from listenlink.model import ids
from listenlink.model.pattern import make_pattern
from listenlink.web.pages import desk_words
from listenlink.web.pages.health_words import health_words
from listenlink.web.pages.languages import LANGUAGES, catalogue
from listenlink.web.pages.moment_words import moment_words
from listenlink.web.pages.number_words import day_words, number_words, size_words
from listenlink.web.pages.page_writer import environment
from listenlink.web.pages.sheet_words import sheet_words
from listenlink.web.pages.webhook_words import webhook_words

_NAMES = {"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français"}
_MINUTE = 60


def write_page(name: str, language: str, **shown: Any) -> str:
    """The page called `name`. Of what it shows, all pages know `person`, None if nobody is signed in, and the
    `organization` that they act in, by its id; `said`, the code of what was done just before; and `wrong`,
    the Problem of a form that was refused, with what was `typed` into it."""
    given = {"wrong": None, "typed": {}, "said": "", "person": None, "organization": None} | shown
    given["typed"] = defaultdict(str, given["typed"])
    said = _words(language)["done"].get(given["said"])
    problem: Problem | None = given["wrong"]
    fault = None if problem is None else _fault_words(problem, language)
    field = None if problem is None else problem.details.get("field", "form")
    template = environment(language).get_template(f"desk/{name}.html")
    known = {"fault": fault, "field": field, "language_name": _NAMES[language], "at": _at(language)}
    known["pattern"] = make_pattern
    known["size"] = partial(size_words, language=language)
    known["number"] = partial(number_words, language=language)
    known["day"] = partial(day_words, language=language)
    return template.render(**given | known | {"said": said, "words": _words(language)})


@lru_cache(maxsize=256)
def write_problem(status: int, message: str, language: str) -> str:
    """The page that says why there is nothing else to see."""
    told = catalogue(language).gettext(message)
    return write_page("problem", language, status=status, told=told)


def write_problem_for(person: Person, status: int, message: str, language: str) -> str:
    """The same with the way to all other pages, for who is signed in."""
    organization = ids.public_id(ids.ORGANIZATION, person.sign_in.organization_id)
    told = catalogue(language).gettext(message)
    shown = {"person": person, "organization": organization, "status": status, "told": told}
    return write_page("problem", language, **shown)


def _at(language: str) -> Any:
    translate = catalogue(language).gettext
    return lambda at_us: moment_words(at_us, translate, language)


@lru_cache(maxsize=len(LANGUAGES))
def _words(language: str) -> dict[str, dict[str, str]]:
    translate = catalogue(language).gettext
    return {
        "done": desk_words.done_words(translate),
        "events": desk_words.event_words(translate),
        "methods": desk_words.method_words(translate),
        "health": health_words(translate),
        "sheet": sheet_words(translate),
    } | webhook_words(translate)


def _fault_words(problem: Problem, language: str) -> str:
    translations = catalogue(language)
    wait = problem.details.get("retry_after_seconds")
    if wait is None:
        return translations.gettext(problem.message or "This can't be done here.")
    minutes = -(-int(wait) // _MINUTE)
    # Translators: after too many wrong passwords.
    told = translations.ngettext(
        "Too many attempts. Try again in {minutes} minute.",
        "Too many attempts. Try again in {minutes} minutes.",
        minutes,
    )
    return told.format(minutes=minutes)
