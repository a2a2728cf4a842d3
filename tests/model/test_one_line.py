"""Names are one line, of what can be seen."""

from __future__ import annotations

import unicodedata

import pytest

from listenlink.model.one_line import one_line, some_lines

DECEIVING = [
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c",
    *"\u200b\u2060\ufeff\u00ad\u180e\u034f\u115f\u1160\u3164\uffa0\u2061\u206a\ufff9\U000e0041\U0001d173",
]
# Of the category Cf, but seen: they stand with digits and verses.
SEEN = (
    range(0x600, 0x606),
    (0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD),
    range(0x13430, 0x13440),
)


@pytest.mark.parametrize("character", DECEIVING, ids=lambda character: f"{ord(character):X}")
def test_what_deceives_is_taken_out(character: str) -> None:
    assert one_line(f"a{character}b") == "ab"
    assert one_line(character) == ""


def test_no_format_character_is_forgotten() -> None:
    """Of all that Unicode calls one, but joiners, what is seen, and shorthand's controls."""
    kept = {0x200C, 0x200D, *SEEN[0], *SEEN[1], *SEEN[2]}
    every = {number for number in range(0x110000) if unicodedata.category(chr(number)) == "Cf"}
    assert {number for number in every - kept if one_line(f"a{chr(number)}b") != "ab"} == set()


def test_what_is_written_stays() -> None:
    for text in (
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with its joiner
        "\U0001f469\u200d\U0001f3a4 \u2764\ufe0f",  # a singer, a red heart
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f England",
        "שלום (live)",
        "A  B",
    ):
        assert one_line(text) == text


def test_lines_become_one() -> None:
    assert one_line(" a\r\nb\tc\u2028d\x85e\x00 ") == "a  b c d e"
    assert one_line("\u200d\ufe0f") == ""
    assert one_line("a\ud800b") == "ab"


def test_text_of_several_lines_keeps_them_and_nothing_that_deceives() -> None:
    assert some_lines("\n a\r\n  b\tc \u2028\x85d\x1b[31m\x00 \n") == "a\n  b c\n\nd [31m"
    assert some_lines("\u202e\n\u200b") == ""
    for character in DECEIVING:
        assert some_lines(f"a{character}\nb{character}") == "a\nb"
