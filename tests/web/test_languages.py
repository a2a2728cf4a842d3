"""Catalogues say all that the sources say, in every language; and which language a visitor reads."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from listenlink.web.pages.languages import LANGUAGES, SOURCE, catalogue, choose_language

ROOT = Path(__file__).parents[2]
MESSAGES = ROOT / "src" / "listenlink" / "web" / "pages" / "messages"
TRANSLATED = [language for language in LANGUAGES if language != SOURCE]
PLACEHOLDER = re.compile(r"%\(\w+\)\w|\{\w+\}")
# Words that a language has from the same root as English, or from English.
SAME_WORDS: dict[str, set[str | tuple[str, str]]] = {
    "de": {
        "Cover",
        "Engines",
        "Link",
        "Links",
        "Name",
        "Organisation",
        "Passkeys",
        "Position",
        "Version",
        "Webhook",
        "Webhooks",
    },
    "es": {"no", "Webhook", "Webhooks"},
}
SAME_WORDS["fr"] = {
    "Collection", "Collections", "Description", "Invitation", "Licence", "Organisation",
    "Position", "Secret", "Version", "Volume", "Webhook", "Webhooks",
    ("%(collections)s collection", "%(collections)s collections"),
}  # fmt: skip
CHOICES = {
    "": "en",
    "de": "de",
    "DE": "de",
    "de-CH-1996": "de",
    "fr-CA, fr;q=0.9, en;q=0.8": "fr",
    "es-419,es;q=0.9,en-US;q=0.8": "es",
    "en-GB,en;q=0.9,de;q=0.8": "en",
    "pt-BR,pt;q=0.9,es;q=0.5,en;q=0.4": "es",
    "en;q=0.1, de;q=0.2, fr;q=0.15": "de",
    "de, fr": "de",
    "fr;q=0.5, de;q=0.5": "fr",
    "de ; q=0.3 , fr;q=0.4": "fr",
    "de;Q=0.1,fr;q=0.9": "fr",
    "de;q=0, fr;q=0.001": "fr",
    "de;q=0": "en",
    "*": "en",
    "*;q=0.5, de;q=0.1": "de",
    "ja, zh-Hant-TW;q=0.9": "en",
    "deu": "en",
    "de_DE": "en",
    "d": "en",
    "-de": "en",
}
NONSENSE = [
    ",", ";", ";;;=,,,", "q=1", ";q=1", "de;q=", "de;q=high", "de;q=2", "de;q=-1", "de;q=nan", "de;q=inf",
    "../../etc/passwd", "<script>", "de\x00", "\xff\xfe\xfd", "messages/de", "%64%65", "\u00b2", "=" * 900,
]  # fmt: skip
LONG = [
    "x" * 10_000, "," * 10_000, ";q=1" * 2_500, "a;q=0.1," * 1_250, "-" * 10_000, "en-" * 3_333,
    "de;q=" + "9" * 9_995, "de;q=0." + "0" * 9_992 + "1", "*," * 5_000, " " * 10_000, "\xff" * 10_000,
]  # fmt: skip


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, abort_invalid=True)


def messages_of(language: str) -> list[Message]:
    return [message for message in read(MESSAGES / f"{language}.po") if message.id]


def texts(value: str | list[str] | tuple[str, ...] | None) -> list[str]:
    return [value or ""] if isinstance(value, str | None) else list(value)


def test_every_language_has_a_catalogue_and_every_catalogue_is_a_language() -> None:
    assert sorted(path.stem for path in MESSAGES.glob("*.po")) == sorted(TRANSLATED)


def test_catalogues_are_as_make_messages_writes_them(tmp_path: Path) -> None:
    """Nothing is said that a catalogue lacks, nothing is in one that isn't said, and order is kept."""
    for language in TRANSLATED:
        shutil.copy(MESSAGES / f"{language}.po", tmp_path)
    script = ROOT / "scripts" / "update_messages.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, timeout=60)
    for language in TRANSLATED:
        written = (tmp_path / f"{language}.po").read_text()
        assert (MESSAGES / f"{language}.po").read_text() == written, "run make messages"


@pytest.mark.parametrize("language", TRANSLATED)
def test_everything_is_translated(language: str) -> None:
    found = messages_of(language)
    assert len(found) > 50
    assert len({str(message.id) for message in messages_of("de")}) == len(found)
    for message in found:
        assert all(texts(message.string)), message.id
        assert not message.fuzzy, message.id
        assert message.string != message.id or message.id in SAME_WORDS[language], message.id


def test_no_language_speaks_another_ones_words() -> None:
    """But for a name, a number, or a word that both have from the same root."""
    said = {
        language: {str(message.id): texts(message.string)[0] for message in messages_of(language)}
        for language in TRANSLATED
    }
    for one, other in itertools.combinations(TRANSLATED, 2):
        same = {
            text
            for name, text in said[one].items()
            if text == said[other][name]
            and text not in SAME_WORDS[one] | SAME_WORDS[other] | {"Adresse"}
        }
        assert {text for text in same if re.search(r"[a-z]{3}", PLACEHOLDER.sub("", text))} == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_placeholder_is_lost_or_added(language: str) -> None:
    for message in messages_of(language):
        expected = sorted(PLACEHOLDER.findall(texts(message.id)[-1]))
        for text in texts(message.string):
            assert sorted(PLACEHOLDER.findall(text)) == expected, text
            # A single one of these would break the page when it's written.
            assert "%" not in PLACEHOLDER.sub("", text), text


@pytest.mark.parametrize("language", TRANSLATED)
def test_sentences_end_and_begin_as_in_english(language: str) -> None:
    for message in messages_of(language):
        for original, text in zip(texts(message.id), texts(message.string), strict=True):
            assert (original[-1] in ".…") == (text[-1] in ".…"), text
            assert text == text.strip()
            assert "  " not in text
            assert "'" not in text, "’ is the apostrophe"
            if original[0].islower():
                assert text[0].islower(), text


@pytest.mark.parametrize(
    ("language", "one", "few", "none"),
    [
        ("en", "1 track", "2 tracks", "0 tracks"),
        ("de", "1 Titel", "2 Titel", "0 Titel"),
        ("fr", "1 morceau", "2 morceaux", "0 morceau"),
        ("es", "1 pista", "2 pistas", "0 pistas"),
    ],
)
def test_plurals_are_each_languages_own(language: str, one: str, few: str, none: str) -> None:
    translations = catalogue(language)
    for count, expected in {1: one, 2: few, 0: none, 1000: few.replace("2", "1000")}.items():
        text = translations.ngettext("%(count)s track", "%(count)s tracks", count)
        assert text % {"count": count} == expected


@pytest.mark.parametrize("header", CHOICES, ids=ascii)
def test_the_best_of_our_languages_is_chosen(header: str) -> None:
    assert choose_language(header) == CHOICES[header]


@pytest.mark.parametrize("header", NONSENSE, ids=ascii)
def test_nonsense_is_read_in_english(header: str) -> None:
    assert choose_language(header) == SOURCE
    assert choose_language(f"{header},fr") == "fr"


def test_a_header_of_any_length_is_read_at_once() -> None:
    began = time.process_time()
    for round_ in range(20):
        for header in LONG:
            # Each is another, so that none is remembered.
            assert choose_language(f"x{round_},{header}") in LANGUAGES
    assert time.process_time() - began < 1.0


def test_what_stands_behind_a_long_beginning_is_not_read() -> None:
    assert choose_language("fr," + "x," * 5_000 + "de") == "fr"
    assert choose_language("x," * 5_000 + "de") == SOURCE
