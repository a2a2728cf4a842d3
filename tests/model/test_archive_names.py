"""Whatever a title is, its file unpacks into one folder, by Linux's rules and by Windows'."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from listenlink.model.archive_names import MOST_BYTES, name_in_archive, name_of_archive

ANYTHING = st.text(max_size=200) | st.text(
    './\\:*?"<>| \u202e\u200f\u2028aZ\x00\x7f\u0301🎵', max_size=200
)
DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {
    port + number for port in ("COM", "LPT") for number in "0123456789¹²³"
}


def check(name: str) -> None:
    """Fail unless this is the name of one file, on every system."""
    assert 0 < len(name.encode()) <= MOST_BYTES
    assert not set(name) & set('<>:"/\\|?*')
    for character in name:
        kind = unicodedata.category(character)
        assert kind[0] != "C" or character in "\u200c\u200d", hex(ord(character))
        assert kind not in ("Zl", "Zp")
    assert name == name.strip(" .")
    assert not name.startswith("-")
    assert unicodedata.normalize("NFC", name) == name
    # Windows takes what's before the first dot, without the spaces at its end, for a device's name.
    assert name.partition(".")[0].rstrip(" ").upper() not in DEVICES


@given(st.lists(ANYTHING, min_size=1, max_size=12))
@example(["../../etc/passwd", "..", "", " ", "CON", "nul.txt", "a" * 300, "ü" * 300, "🎵" * 80])
@example(["Ä", "A\u0308", "ä", "ﬁ", "FI", "ß", "SS", "ſ"])
@example(
    ["\u202egpj.exe", "a\u2066b", "x.", "x ", "x. .", "\ud7ff", "\ufdd0", "e" * 189 + "e\u0301"]
)
def test_any_titles_unpack_into_one_folder(titles: list[str]) -> None:
    names = [
        name_in_archive(place, len(titles), title, ".mp3") for place, title in enumerate(titles, 1)
    ]
    for name in names:
        check(name)
        assert name.endswith(".mp3")
    folded = {unicodedata.normalize("NFC", name).casefold() for name in names}
    assert len(folded) == len(names)
    assert sorted(names) == names


@given(ANYTHING)
@example("CON")
@example("com¹")
@example("aux.flac")
@example("NUL .x")
@example("...")
@example("-")
@example("--rf .")
def test_any_name_of_a_collection_is_that_of_a_file(title: str) -> None:
    name = name_of_archive(title)
    check(name)
    assert name.endswith(".zip")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Late Night", "07 Late Night.flac"),
        ("A/B", "07 A_B.flac"),
        ("What?", "07 What_.flac"),
        ("Über … 夜", "07 Über … 夜.flac"),
        ("می\u200cخواهم", "07 می\u200cخواهم.flac"),
        ("\u202eevil", "07 evil.flac"),
        ("line\nbreak", "07 line_break.flac"),
        ("wait...", "07 wait.flac"),
        ("", "07 track.flac"),
        ("..", "07 track.flac"),
        ("U\u0308", "07 Ü.flac"),
    ],
)
def test_what_is_harmless_stays_as_it_is(title: str, name: str) -> None:
    assert name_in_archive(7, 12, title, ".flac") == name


def test_a_long_title_is_cut_between_characters() -> None:
    name = name_in_archive(1, 100, "夜" * 100, ".flac")
    assert name == "001 " + "夜" * ((MOST_BYTES - len("001 .flac")) // 3) + ".flac"
    assert name_in_archive(1, 1, "x" * 189 + " ...y" * 9, ".mp3") == "01 " + "x" * 189 + ".mp3"
    assert len(name_of_archive("ü" * 200).encode()) == MOST_BYTES
