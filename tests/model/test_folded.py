"""What is looked for is found whatever its case, accents and width."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.model.folded import folded, words_of


@pytest.mark.parametrize(
    ("written", "looked_for"),
    [
        ("Late Night", "LATE"), ("Élan vital", "elan"), ("ELAN", "élan"), ("Straße", "STRASSE"),
        ("Ａｆｔｅｒ", "after"), ("İstanbul", "istanbul"), ("Ночь", "НОЧЬ"), ("ﬁne", "FINE"),
        ("한글", "한글"), ("naı\u0308ve", "NAI\u0308VE".replace("I", "ı")), ("夜想曲", "想"),
    ],
)  # fmt: skip
def test_what_is_meant_is_found(written: str, looked_for: str) -> None:
    assert folded(looked_for) in folded(written)


@given(st.text())
def test_however_it_is_composed_it_is_the_same(text: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert folded(unicodedata.normalize(form, text)) == folded(text)


@given(st.text(alphabet="abc xyz", max_size=200))
def test_words_are_few_and_have_no_spaces(text: str) -> None:
    assert words_of(text) == text.split()[:10]
