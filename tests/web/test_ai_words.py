"""What pages say of how music was made: in each language the same claims, and nowhere more than is known."""

from __future__ import annotations

import itertools
import re

import pytest

from listenlink.model.claims import claims_of
from listenlink.model.mark import Ai, Mark
from listenlink.web.pages import ai_words
from listenlink.web.pages.languages import LANGUAGES, catalogue
from listenlink.web.pages.page_data import page_data
from listenlink.web.public.oembed import _ai
from web.test_page_text import PAGES, TOKEN, WRITER, page, said, track

MARKS = [
    Mark(engine, "studio" if engine else None, creator, file, name if file else None)
    for engine, creator, file, name in itertools.product(Ai, Ai, Ai, (None, "Ben"))
]
TOLD = [(mark, signed) for mark in MARKS for signed in Ai]
# Nobody vouches for what is said, and of nothing is it known that people made it.
FORBIDDEN = {
    "en": r"verif|certif|authentic|genuine|guarant|proof|prove|official|trust|human|without AI|not made",
    "de": r"verifi|zertifi|beglaubig|echt|geprüft|garant|beweis|offiziell|vertrau|mensch|ohne KI|nicht",
    "es": r"verific|certific|auténtic|genuin|garant|prueba|oficial|confia|human|sin IA|no creado",
    "fr": r"vérifi|certifi|authentiq|garanti|preuve|prouv|officiel|confiance|humain|sans IA|pas créé",
}
FORBIDDEN = {language: f"{words}|✓|✔|☑|✅" for language, words in FORBIDDEN.items()}
SIGNED = {"en": "signed", "de": "signiert", "es": "firmado", "fr": "signé"}
HELPED = {"en": "the help of", "de": "ithilfe von", "es": "con ayuda de", "fr": "l’aide de"}
SAYERS = {
    "en": ("this server", "the creator", "The file itself"),
    "de": ("dieser Server", "der Urheber", "Die Datei selbst"),
    "es": ("este servidor", "quien lo creó", "El propio archivo"),
    "fr": ("ce serveur", "l’auteur", "Le fichier lui-même"),
}
AI = {"en": r"\bAI\b", "de": r"\bKI\b", "es": r"\bIA\b", "fr": r"\bIA\b"}


def sentences(mark: Mark, signed: Ai, language: str) -> tuple[str, str, str]:
    claims, translate = claims_of(mark, signed, "Studio"), catalogue(language).gettext
    return (
        ai_words.ai_sentence(claims, translate) or "",
        ai_words.file_sentence(claims, translate) or "",
        ai_words.ai_name(claims, translate) or "",
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_says_it_in_their_own_name_and_no_more(language: str) -> None:
    server, creator, file = SAYERS[language]
    for mark, signed in TOLD:
        own, of_file, name = sentences(mark, signed, language)
        assert (own == "") == (mark.signed is Ai.NONE)
        assert (of_file == "") == (mark.by_file is Ai.NONE)
        assert (name == "") == (mark.told is Ai.NONE)
        if own:
            by_server = mark.by_engine >= mark.by_creator
            assert (server if by_server else creator) in own
            assert ("Studio" in own) == by_server
            assert (HELPED[language] in own) == (mark.signed is Ai.ASSISTED)
            # Only where what was signed says as much.
            assert (SIGNED[language] in own) == (signed >= mark.signed)
            assert re.search(AI[language], own)
        if of_file:
            assert file in of_file
            assert (HELPED[language] in of_file) == (mark.by_file is Ai.ASSISTED)
            assert SIGNED[language] not in of_file
            assert of_file.endswith(":") == (mark.file_says is not None)
        for text in (own, of_file, name):
            assert not re.search(FORBIDDEN[language], text, re.IGNORECASE), text
            assert "{" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_nothing_is_said_nothing_is_told(language: str) -> None:
    for name, html in PAGES[language].items():
        texts = said(html)
        assert not [text for text in texts if re.search(AI[language], text)], name
        assert "lgorithmicMedia" not in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_claims_more_in_any_language(language: str) -> None:
    for mark, signed in TOLD[::5]:
        marked = track(1, claims=claims_of(mark, signed, "Studio"))
        for shown in (page(marked), page(marked, track(2), is_collection=True)):
            html = WRITER.share(shown, TOKEN, language)
            told = [text for text in said(html) if re.search(AI[language], text)]
            assert bool(told) == (mark.told is not Ai.NONE)
            for text in told:
                assert not re.search(FORBIDDEN[language], text, re.IGNORECASE), text
                if signed is Ai.NONE:
                    assert SIGNED[language] not in text


def test_a_list_of_forbidden_words_finds_them() -> None:
    for language, text in (
        ("en", "Verified: made with AI"),
        ("de", "Mit KI erstellt, geprüft"),
        ("es", "Creado con IA, certificado"),
        ("fr", "Authentique"),
    ):
        assert re.search(FORBIDDEN[language], text, re.IGNORECASE)


def test_a_collection_is_made_by_a_machine_only_if_all_of_it_is() -> None:
    by_ai = {ai: track(1, claims=claims_of(Mark(ai, "studio"), ai, "Studio")) for ai in Ai}
    for one, other in itertools.product(Ai, repeat=2):
        shown = page(by_ai[one], by_ai[other], is_collection=True)
        expected = Ai.NONE if one == other == Ai.NONE else Ai.ASSISTED
        if one == other == Ai.GENERATED:
            expected = Ai.GENERATED
        assert shown.ai is expected
        told = _ai(shown)
        assert (told.mark if told else "none") == expected.word
        data = page_data(shown, WRITER._pictures, 300, str)
        count = sum(ai is not Ai.NONE for ai in (one, other))
        assert (data.ai_sentence is not None) == bool(count)
        assert not count or f"{count} of 2." in str(data.ai_sentence)
    # Of those that aren't shown nothing is known.
    more = page(by_ai[Ai.GENERATED], is_collection=True, more=1)
    assert more.ai is Ai.ASSISTED
