"""The list of tracks as it's written: not heavy, whatever is in it."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pytest

from listenlink.actions.list_library import PAGE, Asked, ListedLibrary
from listenlink.model.library import ListedTrack, Order
from listenlink.model.licence import UNCLEAR, EngineRegistry
from listenlink.web.pages.desk_writer import write_page
from listenlink.web.pages.languages import LANGUAGES
from listenlink.web.pages.upload_words import uploading

MOST_BYTES = 200 * 1024


def _page(language: str, track: ListedTrack, **said: str) -> str:
    listed = ListedLibrary([track] * PAGE, 3, 20, 1000, 1000, is_cut=True)
    ways = dict.fromkeys(("before", "behind"), "/desk?" + "q=" + "%F0" * 320 + "&page=2")
    caller = SimpleNamespace(scopes={"share"})
    person = SimpleNamespace(email="a@localhost.example", role="owner", caller=caller)
    asked = Asked(said.get("q", ""), Order.OPENS, 3)
    taking = partial(uploading, EngineRegistry([], []), 10**9, 0, language)
    return write_page(
        "tracks", language, listed=listed, asked=asked, person=person, organization="org_0123456789ab",
        can_be_read=False, now_us=0, uploading=taking, choices=[], default_licence=UNCLEAR, **ways,
    )  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", ['"', "&", "\U0001f3b6", "e\u0301"])
def test_a_page_of_the_longest_names_is_not_heavy(language: str, letter: str) -> None:
    name = letter * 512
    for has_cover in (True, False):
        track = ListedTrack(2**48 - 1, name, name, 99_999.0, True, has_cover, 10**6, 10**9)
        text = _page(language, track, q='"' * 80)
        assert 20_000 < len(text.encode()) <= MOST_BYTES


def test_a_name_is_text_wherever_it_stands() -> None:
    name = "<img src=x onerror=alert(1)>\"'><b>"
    text = _page("en", ListedTrack(1, name, name, 1.0, True, False), q=name)
    assert "<img src=x" not in text
    assert "<b>" not in text
    assert text.count("&lt;img src=x") >= 2 * PAGE
    assert text.count("data-share data-title") == PAGE
