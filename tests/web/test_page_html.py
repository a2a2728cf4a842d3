"""Pages are sound HTML: pictures have sources, controls have names that text browsers show."""

from __future__ import annotations

from typing import Any

import pytest

from listenlink.web.pages.languages import SOURCE
from web.page_reader import Element, ReadPage
from web.test_page_text import PAGE_NAMES, PAGES, TITLE

# By schema.org: what each of these types may say, of what we say.
_WORK = {
    "name",
    "url",
    "description",
    "identifier",
    "license",
    "version",
    "abstract",
    "about",
    "creditText",
    "usageInfo",
}
_SAID_OF = {
    "MusicRecording": _WORK | {"byArtist", "duration"},
    "MusicPlaylist": _WORK | {"numTracks", "track"},
    "CreativeWork": _WORK,
    "WebPage": _WORK,
    "MusicGroup": {"name"},
    "PropertyValue": {"name", "value"},
}


@pytest.fixture(params=sorted(PAGE_NAMES))
def read(request: pytest.FixtureRequest) -> ReadPage:
    """Each page in turn."""
    return ReadPage(PAGES[SOURCE][request.param])


def named_by(read: ReadPage, element: Element) -> str:
    """What an element is called without script: by others, by its label, or by its own text."""
    attributes = element.attributes
    if others := attributes.get("aria-labelledby"):
        return " ".join(read.find(other).text for other in others.split())
    if element.name == "input":
        (label,) = [
            e
            for e in read.elements
            if e.name == "label" and e.attributes["for"] == attributes["id"]
        ]
        return label.text
    return attributes.get("aria-label") or element.text


def test_every_picture_has_a_source(read: ReadPage) -> None:
    for element in read.elements:
        if element.name in ("img", "audio", "script") and element.attributes.get("type") is None:
            assert element.attributes.get("src"), element


def test_every_control_has_a_name_that_text_browsers_show(read: ReadPage) -> None:
    controls = [
        e
        for e in read.elements
        if e.name in ("button", "a", "summary", "input", "audio")
        and e.attributes.get("type") != "hidden"
    ]
    for element in controls:
        assert named_by(read, element).strip(), element
        if element.name in ("button", "a", "summary"):
            assert element.text.strip(), element
    assert controls or 'id="play"' not in read.html


def test_what_is_seen_is_part_of_what_is_read_out(read: ReadPage) -> None:
    """WCAG 2.5.3: who speaks to the browser says what they see."""
    for element in read.elements:
        if element.name in ("button", "a", "summary"):
            assert " ".join(element.seen.split()) in " ".join(named_by(read, element).split())


def test_every_id_is_of_one_element_and_what_is_meant_is_there(read: ReadPage) -> None:
    ids = [e.attributes["id"] for e in read.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in read.elements:
        for name in ("for", "aria-labelledby", "aria-describedby"):
            assert set((element.attributes.get(name) or "").split()) <= set(ids), element


def facts(value: Any) -> list[dict[str, Any]]:
    """Every thing in JSON-LD that has a type."""
    if isinstance(value, list):
        return [fact for one in value for fact in facts(one)]
    if not isinstance(value, dict):
        return []
    return [value, *(fact for one in value.values() for fact in facts(one))]


@pytest.mark.parametrize("name", ["song", "album", "hidden"])
def test_linked_data_says_only_what_its_types_have(name: str) -> None:
    told = ReadPage(PAGES[SOURCE][name]).data["application/ld+json"]
    assert told.pop("@context") == "https://schema.org"
    assert facts(told)
    for fact in facts(told):
        assert set(fact) - {"@type"} <= _SAID_OF[fact["@type"]], fact


def test_the_picture_of_a_card_is_described_to_who_does_not_see_it() -> None:
    for name in ("song", "album"):
        described = [
            e.attributes["content"]
            for e in ReadPage(PAGES[SOURCE][name]).elements
            if e.attributes.get("name", e.attributes.get("property"))
            in ("og:image:alt", "twitter:image:alt")
        ]
        assert described == [TITLE, TITLE]


def test_browsers_without_sound_get_an_address_to_hand_on() -> None:
    """What stands in an `audio` element is for those who don't know it."""
    for name, count in (("song listening", 1), ("album listening", 2)):
        read = ReadPage(PAGES[SOURCE][name])
        played = [e.attributes["src"] for e in read.elements if e.name == "audio"]
        linked = [e.attributes["href"] for e in read.elements if e.name == "a"]
        assert len(played) == count
        assert set(played) <= set(linked)
        assert all(e.text.strip() for e in read.elements if e.name == "audio")
