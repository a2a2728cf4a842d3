"""What pages say in each language: the same facts, nothing in English, and titles of any direction."""

from __future__ import annotations

import dataclasses
import itertools
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from listenlink.media.picture_url import PURPOSE, PictureUrls
from listenlink.model.licence import Licence, LicenceClass
from listenlink.model.page import Page, PageTrack
from listenlink.model.signing import Signer, SigningKey
from listenlink.web.pages.languages import LANGUAGES, SOURCE, catalogue
from listenlink.web.pages.licence_words import licence_name, licence_sentence
from listenlink.web.pages.page_writer import PageWriter
from web.page_reader import ReadPage
from web.test_languages import SAME_WORDS, TRANSLATED

TITLE, ARTIST, ABOUT = "Oficina & Jardín", "Ñandú <Ensemble>", "Ruhig – très calme"
ENGINE, VERSION = "Motor One", "2026-01"
NAMES = {TITLE, ARTIST, ABOUT, ENGINE, VERSION, "Uno", "Dos", "Listenlink"}
HEBREW, ARABIC, ANOTHER = "שיר ערב (1)", "فرقة الميناء", "אוסף קיץ!"
LICENCES = [
    Licence(licence_class, VERSION, required, text)
    for licence_class, required, text in itertools.product(
        LicenceClass, (True, False), (None, "Credit: Uno")
    )
]
WRITER = PageWriter(
    "https://music.example",
    PictureUrls(Signer([SigningKey("0" * 8, b"k" * 32)], PURPOSE)),
    ttl_seconds=300,
)
TOKEN = "t" * 43


def track(number: int, licence: Licence = LICENCES[0], **changes: Any) -> PageTrack:
    plain = PageTrack(
        number, f"mtrack_{number}", ("Uno", "Dos")[number - 1], ARTIST, 61.5, None, None, None,
        licence, ENGINE,
    )  # fmt: skip
    return dataclasses.replace(plain, **changes)


def page(*tracks: PageTrack, is_collection: bool = False, **changes: Any) -> Page:
    plain = Page(
        1, 1, True, True, is_collection, 1_800_000_000_000_000, "mark", TITLE, ARTIST, ABOUT, tracks, None
    )  # fmt: skip
    return dataclasses.replace(plain, **changes)


def all_pages(language: str) -> dict[str, str]:
    """Every page there is, in one language."""
    song = page(track(1))
    album = page(track(1), track(2, LICENCES[-1]), is_collection=True, artist=None)
    hidden = page(title=None, artist=None, description=None)
    urls = {1: "/a", 2: "/b"}
    pages = {why: WRITER.ended(why, language, 20) for why in ("refused", "removed", "busy")}
    pages |= {f"limited {n}": WRITER.ended("limited", language, n) for n in (1, 20)}
    for name, shown in {"song": song, "album": album, "hidden": hidden}.items():
        pages[name] = WRITER.share(shown, TOKEN, language)
        pages[f"{name} embedded"] = WRITER.share(shown, TOKEN, language, is_embed=True)
    pages["song listening"] = WRITER.listening(song, urls, urls, language)
    pages["album listening"] = WRITER.listening(album, urls, urls, language)
    return pages


class _Pages(dict[str, dict[str, str]]):
    """All pages in each language, made when a test first asks for them and not when it's found."""

    def __missing__(self, language: str) -> dict[str, str]:
        return self.setdefault(language, all_pages(language))


PAGES = _Pages()
PAGE_NAMES = (
    "refused", "removed", "busy", "limited 1", "limited 20", "song", "song embedded", "album",
    "album embedded", "hidden", "hidden embedded", "song listening", "album listening",
)  # fmt: skip


def said(html: str) -> set[str]:
    """All that is read or heard on a page, but names and times of day."""
    found = ReadPage(html)
    words = found.data.get("words", {}).values()
    texts = {*(text for text, _ in found.texts), *found.labels, *words}
    described = re.findall(r'<meta (?:name|property)="[^"]*description" content="([^"]*)"', html)
    return {
        text
        for text in {*texts, *described} - NAMES
        if re.search(r"[^\W\d_]{2}", text) and not text.startswith((TITLE, "Uno"))
    }


def test_every_page_is_looked_at() -> None:
    assert tuple(PAGES[SOURCE]) == PAGE_NAMES


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("name", PAGE_NAMES)
def test_nothing_english_is_left(name: str, language: str) -> None:
    english, other = said(PAGES[SOURCE][name]), said(PAGES[language][name])
    assert len(english) > 2
    left = {text for text in english & other if text not in SAME_WORDS[language]}
    assert left <= {"Credit: Uno", f"{ARTIST}"}
    for text in other:
        assert not re.search(r"\b(the|this|is|are|may|with|your|you|and)\b", text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_name_their_language_and_direction(language: str) -> None:
    for html in PAGES[language].values():
        assert html.startswith(f'<!doctype html>\n<html lang="{language}" dir="ltr">')


@pytest.mark.parametrize(
    ("language", "first", "eleventh"),
    [
        ("en", "November 1, 2026 at 9:05 PM UTC", "November 11, 2026 at 9:05 PM UTC"),
        ("de", "1. November 2026 um 21:05 UTC", "11. November 2026 um 21:05 UTC"),
        ("fr", "1er novembre 2026 à 21:05 UTC", "11 novembre 2026 à 21:05 UTC"),
        ("es", "1 de noviembre de 2026, 21:05 UTC", "11 de noviembre de 2026, 21:05 UTC"),
    ],
)
def test_moments_are_written_as_each_language_does(
    language: str, first: str, eleventh: str
) -> None:
    """In UTC, which they say: before its script runs a page is read in any zone."""
    for day, expected in {1: first, 11: eleventh}.items():
        ends_at = int(datetime(2026, 11, day, 21, 5, 59, tzinfo=UTC).timestamp()) * 1_000_000
        shown = page(track(1), expires_at=ends_at + 999_999)
        urls = {1: "/a"}
        for html in (
            WRITER.share(shown, TOKEN, language),
            WRITER.listening(shown, urls, urls, language),
        ):
            (moment,) = re.findall(r'<time datetime="([^"]*)">([^<]*)</time>', html)
            assert moment[0] == f"2026-11-{day:02}T21:05:59Z"
            assert " ".join(moment[1].split()) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wait_of_one_second_is_singular(language: str) -> None:
    one, many = (PAGES[language][f"limited {count}"] for count in (1, 20))
    word = {"en": "second", "de": "Sekunde", "fr": "seconde", "es": "segundo"}[language]
    assert re.search(rf"\b1 {word}\b", one)
    assert re.search(rf"\b20 {word}(s|n)\b", many)


@pytest.mark.parametrize("licence", LICENCES, ids=str)
def test_licence_facts_are_the_same_in_every_language(licence: Licence) -> None:
    for shown in (page(track(1, licence)), page(track(1, licence), track(2), is_collection=True)):
        told = []
        for language in LANGUAGES:
            read = ReadPage(WRITER.share(shown, TOKEN, language))
            facts, data = read.data["application/ld+json"], read.data["data"]
            assert read.text_of("fact-version") == shown.licence.version
            for part in data["tracks"]:
                assert part["licence"].pop("sentence")
                assert part["licence"].pop("name")
            for part in [facts, *facts.get("track", [])]:
                assert part["license"].pop("abstract")
            told.append((facts, data))
        assert all(facts == told[0] for facts in told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_a_cleared_licence_is_said_to_allow_commercial_use(language: str) -> None:
    translations = catalogue(language)
    yes, no = translations.gettext("yes"), translations.gettext("no")
    allowed = translations.gettext("Commercial use is allowed.")
    naming = translations.gettext("The source must be named.")
    required = translations.gettext("required"), translations.gettext("not required")
    assert yes != no
    sentences, names = set(), set()
    for licence in LICENCES:
        sentence = licence_sentence(licence, translations.gettext)
        read = ReadPage(WRITER.share(page(track(1, licence)), TOKEN, language))
        assert read.text_of("licence-sentence") == sentence
        assert (allowed in sentence) == licence.commercial_use
        assert (naming in sentence) == licence.requires_attribution
        assert read.text_of("fact-commercial") == (yes if licence.commercial_use else no)
        assert read.text_of("fact-attribution") == required[not licence.requires_attribution]
        sentences.add(sentence)
        names.add(licence_name(licence, translations.gettext))
    # Each class has words of its own.
    assert len(names) == len(LicenceClass)
    assert len(sentences) == 2 * len(LicenceClass)


@pytest.mark.parametrize("is_collection", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_wrote_has_its_own_direction(language: str, is_collection: bool) -> None:
    """Its first letter decides how it runs, whatever runs around it, so that no bracket jumps."""
    licence = Licence(LicenceClass.PERSONAL_ONLY, VERSION, True, f"{ARABIC}, 2026")
    first = track(1, licence, title=HEBREW, artist=ARABIC, engine_name=f"{ARABIC} 2")
    second = track(2, licence, title=f"{HEBREW} 2", artist=ARABIC)
    tracks = (first, second) if is_collection else (first,)
    shown = page(
        *tracks, is_collection=is_collection, title=ANOTHER, artist=None, description=HEBREW
    )
    urls = {1: "/a", 2: "/b"}
    found = []
    for html in (
        WRITER.share(shown, TOKEN, language),
        WRITER.share(shown, TOKEN, language, is_embed=True),
        WRITER.listening(shown, urls, urls, language),
    ):
        for text, element in ReadPage(html).texts:
            is_theirs = re.search("[\u0590-\u06ff]", text) and element.name != "title"
            assert bool(is_theirs) <= (element.attributes.get("dir") == "auto"), text
            found += [text] if is_theirs else []
            if not is_theirs:
                # And our own words keep the page's, but where a title may come to stand.
                assert element.attributes.get("dir") is None or element.name == "h1", text
    assert {HEBREW, ANOTHER} <= set(found)


def test_what_a_script_fills_in_has_its_own_direction() -> None:
    for name in ("song", "album", "hidden", "refused"):
        read = ReadPage(PAGES[SOURCE][name])
        filled = ("title", "artist", "description", "now", "attribution-text", "fact-engine")
        for identifier in filled:
            assert read.find(identifier).attributes["dir"] == "auto", identifier
