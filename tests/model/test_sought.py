"""What is found by words: whatever the case, the accents and the widths of letters."""

from __future__ import annotations

import pytest

from listenlink.model.sought import MOST_CHARACTERS, Sought


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", "anything"),
        ("  ", "anything"),
        ("night", "Late Night Study"),
        ("STUDY late", "Late Night Study"),
        ("bjork", "Björk"),
        ("BJÖRK", "bjo\u0308rk"),
        ("strasse", "Die Straße"),
        ("ночь", "НОЧЬ"),
        ("abc", "\uff21\uff22\uff23"),
        ("%", "100 % yours"),
        ("𝐀na", "Ana"),
    ],
)
def test_what_is_looked_for_is_found(query: str, text: str) -> None:
    assert Sought(query).is_in(text)


@pytest.mark.parametrize(("query", "text"), [("day", "Night"), ("late day", "Late"), ("%", "ab")])
def test_what_is_not_there_is_not_found(query: str, text: str) -> None:
    assert not Sought(query).is_in(text)


def test_each_word_may_be_in_another_text_and_none_over_two() -> None:
    assert Sought("ana night").is_in("Night", "Ana")
    assert Sought("ana").is_in("Night", None, "Ana")
    assert not Sought("nightana").is_in("Night", "Ana")
    assert not Sought("x").is_in(None)


def test_of_a_long_query_the_beginning_counts() -> None:
    assert Sought("a" * MOST_CHARACTERS + "b").is_in("a" * MOST_CHARACTERS)
