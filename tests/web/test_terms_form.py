"""A link's terms in a form: what is filled in is read again as it was, and whatever is refused has words."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from listenlink.actions.bound_making import MOST_A_DAY
from listenlink.errors import Problem
from listenlink.model import terms as model
from listenlink.model.terms import MAX_EXPIRES_IN_DAYS, Terms
from listenlink.store.made_things import Made
from listenlink.web.desk import terms_form
from listenlink.web.desk.terms_form import ENDS, fill_terms, read_terms
from listenlink.web.pages.languages import LANGUAGES, catalogue
from listenlink.web.pages.page_writer import environment
from listenlink.web.pages.sheet_words import sheet_words, term_faults
from listenlink.wire.bodies import LABEL_LENGTH, MOST_OPENS

NOW = 1_782_642_600_000_000
SAID = re.compile(r'invalid\(\s*(?:"\w+"|field|named|name), f?"([^"]+)"')
# What a page's form can't ask for.
_NEVER = {
    "Say for how long, or until when, not both.",
    "A time needs its zone, as in 2026-06-28T10:30:00Z.",
    "This is a whole number of {unit}, from 1 on.",
}


def form(**fields: str) -> dict[str, str]:
    return defaultdict(str, fields)


def test_what_a_link_has_is_read_again_as_it_was() -> None:
    starts, most = (None, NOW - 37_000_000, NOW + 60_000_000), (None, 1, MOST_OPENS)
    for starts_at, opens, one, other in product(starts, most, (True, False), (True, False)):
        had = Terms(
            label="Ana" if one else None, max_opens=opens, starts_at=starts_at,
            expires_at=NOW + 90_000_000, allow_download=one, preview=other, strict_open=not one,
        )  # fmt: skip
        asked = read_terms(fill_terms(had) | {"expires_at": ""})
        assert "expires_at" not in asked
        assert had.changed(asked, NOW) == had


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-03", datetime(2026, 12, 3, 23, 59, 59, tzinfo=UTC)),
        ("2026-12-03T10:59:59Z", datetime(2026, 12, 3, 10, 59, 59, tzinfo=UTC)),
        ("2026-12-03T10:59", datetime(2026, 12, 3, 10, 59, tzinfo=UTC)),
        ("2026-12-03T10:59:59+05:45", datetime(2026, 12, 3, 5, 14, 59, tzinfo=UTC)),
    ],
)
def test_a_time_is_utc_unless_it_says_otherwise(text: str, moment: datetime) -> None:
    assert read_terms(form(expires="date", expires_at=text))["expires_at"] == moment


@pytest.mark.parametrize(
    "text", ["9999-99-99", "x" * 10, "\u0663" * 10, "2026-12-03T25:00", "0" * 16_000]
)
def test_nonsense_is_no_date(text: str) -> None:
    for field in ("expires_at", "starts_at"):
        with pytest.raises(Problem) as told:
            read_terms(form(expires="date", **({"expires_at": "2026-12-03"} | {field: text})))
        assert told.value.details["field"] == field


def test_a_number_counts_whatever_is_chosen_beside_it() -> None:
    assert read_terms(form(expires="days-1", opens="any", max_opens=" 05 "))["max_opens"] == 5
    assert read_terms(form(expires="days-1", opens="any"))["max_opens"] is None


def test_a_preset_of_the_page_is_one_of_the_reader() -> None:
    page = Path(terms_form.__file__).parents[1] / "pages" / "desk" / "terms.html"
    offered = set(re.findall(r"\('((?:hours|days)-\d+)'", page.read_text()))
    assert offered == set(ENDS)
    for value, asked in ENDS.items():
        unit, count = value.split("-")
        assert asked == {f"expires_in_{unit}": int(count)}


def test_whatever_is_refused_has_words() -> None:
    files: tuple[Any, ...] = (model, terms_form)
    said = {text for module in files for text in SAID.findall(Path(module.__file__).read_text())}
    assert len(said) >= 10
    filled = {
        "MAX_EXPIRES_IN_DAYS": MAX_EXPIRES_IN_DAYS,
        "MOST_OPENS": MOST_OPENS,
        "unit": "{unit}",
    }
    said = {text.format(**filled) for text in said} - _NEVER
    said.add(f"This has at most {LABEL_LENGTH} characters.")
    enough = f"{MOST_A_DAY[Made.LINK]} {Made.LINK.value}"
    said.add(f"That's enough for a day: {enough} at most are made within 24 hours.")
    assert said - set(term_faults(str)) == set()


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_the_sheet_says_them_in_the_pages_language(language: str) -> None:
    words = sheet_words(catalogue(language).gettext)
    for text in term_faults(str):
        assert words[text] != text
    assert set(words) == set(sheet_words(str))


def test_who_may_not_share_has_no_sheet() -> None:
    sheet = environment("en").get_template("desk/sheet.html")
    for scopes in ({"read", "write"}, {"read", "share"}):
        person = SimpleNamespace(caller=SimpleNamespace(scopes=scopes))
        text = sheet.render(person=person, words={"sheet": sheet_words(str)}, now_us=NOW)
        assert ("<dialog" in text) is ("share" in scopes)
    assert sheet.render(person=None).strip() == ""
