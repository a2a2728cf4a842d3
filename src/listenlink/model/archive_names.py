"""What files are called in an archive, and the archive itself: names that unpack everywhere, into one folder.

Linux forbids little, Windows a lot, and both are asked: no character that separates, is reserved, or isn't
seen; no name that is a device; nothing at an end that is cut off. What is left of a title stays as it is.
"""

from __future__ import annotations

import unicodedata

MOST_BYTES = 200
_UNFIT = frozenset('<>:"/\\|?*')
# What joins letters and pictures, though nobody sees it, belongs to the text; nothing else that isn't seen.
_JOINERS = frozenset("\u200c\u200d")
_DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {
    port + number for port in ("COM", "LPT") for number in "0123456789¹²³"
}


def name_in_archive(number: int, count: int, title: str, ending: str) -> str:
    """The name of a track at this position, from 1, of so many: `07 Title.flac`. Their numbers keep all of
    one archive apart, also where upper and lower case are the same, and sort them."""
    digits = max(2, len(str(count)))
    return _fitting(f"{number:0{digits}} ", title, "track", ending)


def name_of_archive(title: str) -> str:
    """The name of a whole archive: `Title.zip`."""
    return _fitting("", title, "collection", ".zip")


def _fitting(before: str, title: str, otherwise: str, ending: str) -> str:
    clean = _clean(title) or otherwise
    is_device = clean.partition(".")[0].rstrip(" ").upper() in _DEVICES
    # Commands take what begins with a hyphen for an option.
    if not before and (is_device or clean.startswith("-")):
        clean = f"_{clean}"
    room = MOST_BYTES - len((before + ending).encode())
    cut = clean.encode()[:room].decode(errors="ignore").rstrip(" .")
    return before + cut + ending


def _clean(title: str) -> str:
    """A title as part of a name, perhaps empty: in the form that most systems write (NFC)."""
    plain = "".join(map(_character, title))
    return unicodedata.normalize("NFC", plain).strip(" .")


def _character(character: str) -> str:
    if character in _UNFIT:
        return "_"
    kind = unicodedata.category(character)
    if kind == "Cf":
        return character if character in _JOINERS else ""
    if kind[0] == "Z":
        return " "
    # Control characters, halves of one, and what no system knows yet.
    return "_" if kind[0] == "C" else character
