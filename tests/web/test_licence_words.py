"""What is said of terms that a creator declares: as their word, by its name, and no more than it allows."""

from __future__ import annotations

import itertools

import pytest

from listenlink.model.declared import Terms, declare
from listenlink.model.licence import LicenceClass, licence_of
from listenlink.web.pages.languages import LANGUAGES, catalogue
from listenlink.web.pages.licence_words import licence_name, licence_sentence
from web.page_reader import ReadPage
from web.test_page_text import TOKEN, WRITER, page, track

SAID = list(itertools.product(Terms, (False, True)))
LICENCES = {
    (terms, is_credited): licence_of(
        declare(terms, is_credited=is_credited, at_us=0), "Credit: Uno" if is_credited else None
    )
    for terms, is_credited in SAID
}
SAYS = {
    "en": ("says the creator",),
    "de": ("so der urheber", "so sagt es der urheber"),
    "es": ("dice quien la creó",),
    "fr": ("selon l’auteur", "ce que dit l’auteur"),
}
NOT_COMMERCIAL = {
    "en": ("not for commercial use", "Commercial use isn't allowed."),
    "de": ("nicht für kommerzielle Nutzung", "Kommerzielle Nutzung ist nicht erlaubt."),
    "es": ("no para uso comercial", "El uso comercial no está permitido."),
    "fr": ("pas pour un usage commercial", "L’utilisation commerciale n’est pas autorisée."),
}
UNCHANGED = {
    "en": "unchanged",
    "de": "unverändert",
    "es": "sin modificar",
    "fr": "sans modification",
}
SAME = {"en": "same licence only", "de": "nur unter derselben Lizenz", "es": "solo bajo la misma licencia",
        "fr": "la même licence uniquement"}  # fmt: skip
NAMED = {
    "en": "must be named",
    "de": "muss genannt werden",
    "es": "debe mencionar",
    "fr": "doit être mentionnée",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("terms", "is_credited"), SAID)
def test_no_more_is_said_than_the_terms_allow(
    language: str, terms: Terms, is_credited: bool
) -> None:
    licence = LICENCES[terms, is_credited]
    sentence = licence_sentence(licence, catalogue(language).gettext)
    assert any(words in sentence.lower() for words in SAYS[language])
    is_refused = any(words in sentence for words in NOT_COMMERCIAL[language])
    assert is_refused == (licence.licence_class is LicenceClass.PERSONAL_ONLY)
    assert (UNCHANGED[language] in sentence) == (terms is Terms.BY_NC_ND)
    assert (SAME[language] in sentence) == (terms is Terms.BY_NC_SA)
    assert (NAMED[language] in sentence) == licence.requires_attribution


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_has_a_name_and_its_own_words(language: str) -> None:
    translate = catalogue(language).gettext
    assert len({licence_name(one, translate) for one in LICENCES.values()}) == len(Terms)
    # Cleared for commercial use is two: with a credit line, and without.
    assert len({licence_sentence(one, translate) for one in LICENCES.values()}) == len(Terms) + 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("terms", "is_credited"), SAID)
def test_pages_lead_to_the_licence_by_its_name_where_there_is_one(
    language: str, terms: Terms, is_credited: bool
) -> None:
    licence = LICENCES[terms, is_credited]
    name = licence_name(licence, catalogue(language).gettext)
    song, album = page(track(1, licence)), page(track(1, licence), track(2), is_collection=True)
    for shown, is_one in ((song, True), (album, False)):
        for is_embed in (False, True):
            read = ReadPage(WRITER.share(shown, TOKEN, language, is_embed=is_embed))
            url = terms.url if is_one else None
            leads = [one for one in read.elements if "license" in (one.attributes.get("rel") or "")]
            expected = [(url, name)] if url else []
            assert [(one.attributes["href"], one.text) for one in leads] == expected
            assert read.find("licence-terms").text == (name if url else "")
    read = ReadPage(WRITER.share(song, TOKEN, language))
    assert read.text_of("fact-class") == name
    told = read.data["application/ld+json"]
    assert told["license"] == terms.url if terms.url else told["license"]["@type"] == "CreativeWork"
    facts = told["usageInfo"] if terms.url else told["license"]
    assert any(words in facts["abstract"].lower() for words in SAYS[language])
    assert facts["version"] == licence.version
