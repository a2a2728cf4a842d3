"""Title, artist and album, from whichever of a file's tags says them best.

Where libav loses what was written, they're read here, byte by byte; everything else is what libav gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO, NamedTuple

from listenlink.media.sandbox.ape_tag import read_ape_items
from listenlink.media.sandbox.declared_length import read_chunks
from listenlink.media.sandbox.formats import (
    AAC,
    AIFF,
    FLAC,
    M4A,
    MP3,
    WAV,
    AudioFormat,
)
from listenlink.media.sandbox.id3_tag import read_id3v1, read_id3v2
from listenlink.media.sandbox.mp4_length import read_item_texts
from listenlink.media.sandbox.sniff import skip_id3, without_tags_in_front
from listenlink.media.sandbox.tag_text import (
    SEPARATOR,
    Found,
    Guess,
    clean,
    from_libav,
    read_text,
    unsure_bytes,
)
from listenlink.media.sandbox.vorbis_comment import read_flac_fields, read_ogg_fields

_NAMES = ("title", "artist", "album")
_Source = Mapping[str, list[Found]]


class Tags(NamedTuple):
    """Texts of at most 512 characters on one line. `is_unsure`: a code page would have to be guessed."""

    title: str | None
    artist: str | None
    album: str | None
    is_unsure: bool


def read_tags(
    file: BinaryIO,
    audio_format: AudioFormat,
    told_by_libav: Mapping[str, str],
    guess: Guess | None = None,
) -> Tags:
    """Read a file's tags; without `guess`, bytes of an unknown code page are taken for Latin."""
    sources = _find_sources(file, audio_format, told_by_libav)
    best = [next((each[name] for each in sources if _says(each, name)), []) for name in _NAMES]
    unsure = unsure_bytes([text for found in best for text in found])
    code_page = guess(unsure) if unsure and guess is not None else None
    title, artist, album = (_join(found, code_page) for found in best)
    return Tags(title, artist, album, bool(unsure))


def _says(source: _Source, name: str) -> bool:
    return any(read_text(found, None) for found in source.get(name, ()))


def _join(found: list[Found], code_page: str | None) -> str | None:
    """Several artists, each once, as they're written on a record: "A / B"."""
    texts = [text for one in found if (text := read_text(one, code_page))]
    return clean(SEPARATOR.join(dict.fromkeys(texts)))


def _find_sources(
    file: BinaryIO, audio_format: AudioFormat, told_by_libav: Mapping[str, str]
) -> list[_Source]:
    """What the tags say, the best first: the format's own, then those that were put around it."""
    id3 = _find_id3(file, audio_format)
    libav = _from_libav(told_by_libav)
    if audio_format in (MP3, AAC):
        ape = _read_ape(file)
        return [*id3, ape, libav, read_id3v1(file)]
    inner = without_tags_in_front(file, audio_format)
    if audio_format is FLAC:
        return [read_flac_fields(file, skip_id3(file)), libav, *id3]
    if audio_format.demuxer == "ogg":
        return [read_ogg_fields(inner), libav, *id3]
    if audio_format is M4A:
        return [read_item_texts(inner), libav, *id3]
    return [*id3, libav] if audio_format in (WAV, AIFF) else [libav, *id3]


def _find_id3(file: BinaryIO, audio_format: AudioFormat) -> list[_Source]:
    """The ID3v2 tags in front, and those in chunks of their own."""
    found: list[_Source] = [read_id3v2(file, 0)]
    if audio_format in (WAV, AIFF):
        inner = without_tags_in_front(file, audio_format)
        inner.seek(0)
        order = "<" if inner.read(4) in (b"RIFF", b"RF64", b"BW64") else ">"
        starts = [
            start for name, start, _ in read_chunks(inner, 12, order) if name.upper() == b"ID3 "
        ]
        found = [*(read_id3v2(inner, start) for start in starts), *found]
    return found


def _read_ape(file: BinaryIO) -> _Source:
    return {name: [value] for name, value in read_ape_items(file).items() if name in _NAMES}


def _from_libav(told: Mapping[str, str]) -> _Source:
    artist = told.get("artist") or told.get("author") or ""
    texts = {"title": told.get("title", ""), "artist": artist, "album": told.get("album", "")}
    return {name: [from_libav(text)] for name, text in texts.items() if text}
