"""Titles and artists are read as they were meant, whoever wrote them, in whatever encoding."""

from __future__ import annotations

import asyncio
import os
import zlib
from pathlib import Path

import pytest

from listenlink.media.measure import Measured, Probe
from media.make_audio import make
from media.make_boxes import box, insert_box, sign_ogg
from media.make_tags import (
    add_chunk,
    ape_tag,
    chunk,
    id3_frame,
    id3_tag,
    id3_text,
    id3v1,
    vorbis_comment,
)

UTF16 = "Zoë".encode("utf-16")
# What is put before and after an MP3, and the title and artist that are read.
MP3_CASES: dict[str, tuple[bytes, bytes, str | None, str | None]] = {
    "v1 in Latin-1": (b"", id3v1("Café Été".encode("latin-1"), "Zoë".encode("latin-1")), "Café Été", "Zoë"),
    "v1 in Windows' Latin": (b"", id3v1("Don’t Stop".encode("cp1252"), b"A"), "Don’t Stop", "A"),
    "v1 in Cyrillic": (b"", id3v1("Привет".encode("cp1251"), "Певец".encode("cp1251")), "Привет", "Певец"),
    "v1 in Cyrillic of Unix": (b"", id3v1("Группа крови".encode("koi8-r"), b""), "Группа крови", None),
    "v1 in Japanese": (b"", id3v1("千と千尋の神隠し".encode("cp932"), b"A"), "千と千尋の神隠し", "A"),
    "v1 in Korean": (b"", id3v1("소녀시대".encode("cp949"), b"A"), "소녀시대", "A"),
    "v1 in Greek": (b"", id3v1("Ηλιοβασίλεμα".encode("cp1253"), b"A"), "Ηλιοβασίλεμα", "A"),
    "v1 cut in a character": (b"", id3v1("1 Ночь улица, фонарь".encode(), b"A"), "1 Ночь улица, фон", "A"),
    "Latin-1 that is UTF-8": (id3_tag(id3_text(b"TIT2", 0, "Café日本".encode())), b"", "Café日本", None),
    "Latin-1 that is Cyrillic": (
        id3_tag(id3_text(b"TIT2", 0, "Привет".encode("cp1251"))), b"", "Привет", None),
    "few accents": (id3_tag(id3_text(b"TIT2", 0, "Ó".encode("latin-1"))), b"", "Ó", None),
    "all accents": (id3_tag(id3_text(b"TIT2", 0, "ÅÄÖ åäö".encode("latin-1"))), b"", "ÅÄÖ åäö", None),
    "UTF-16 without a mark": (
        id3_tag(id3_text(b"TIT2", 1, "Hello".encode("utf-16-le")),
                id3_text(b"TPE1", 1, "Боб".encode("utf-16-be"))), b"", "Hello", "Боб"),
    "UTF-16 of half a character": (id3_tag(id3_text(b"TIT2", 1, UTF16 + b"x")), b"", "Zoë", None),
    "UTF-8 that isn't": (id3_tag(id3_text(b"TIT2", 3, b"Caf\xe9 x", 4), version=4), b"", "Café x", None),
    "three artists": (id3_tag(id3_text(b"TPE1", 3, b"A\0B\0C\0", 4), version=4), b"", "x", "A / B / C"),
    "three in UTF-16": (
        id3_tag(id3_text(b"TPE1", 1, b"\0\0".join("ÅBC"[i].encode("utf-16") for i in range(3)), 4),
                version=4), b"", "x", "Å / B / C"),
    "three frames": (
        id3_tag(*(id3_text(b"TPE1", 0, name) for name in (b"A", b"B", b"A"))), b"", "x", "A / B"),
    "a slash in a name": (id3_tag(id3_text(b"TPE1", 0, b"AC/DC")), b"", "x", "AC/DC"),
    "v2.2": (
        id3_tag(id3_text(b"TT2", 0, b"Old", 2), id3_text(b"TP1", 1, UTF16, 2), version=2),
        b"", "Old", "Zoë"),
    "unsynchronised": (id3_tag(id3_text(b"TIT2", 1, UTF16), flags=0x80), b"", "Zoë", None),
    "compressed": (
        id3_tag(id3_frame(b"TIT2", b"\0\0\0\4" + zlib.compress(b"\0Zip"), 4, 0x09), version=4),
        b"", "Zip", None),
    "sizes of iTunes": (
        id3_tag(b"APIC" + (200).to_bytes(4) + bytes(2) + bytes(200), id3_text(b"TIT2", 0, b"Big"), version=4),
        b"", "Big", None),
    "APE alone": (b"", ape_tag({b"Title": "Título".encode(), b"ARTIST": b"A\0B"}), "Título", "A / B"),
    "APE before v1": (b"", ape_tag({b"Title": b"Whole title"}) + id3v1(b"Whole", b"A"), "Whole title", "A"),
    "v2 before v1": (id3_tag(id3_text(b"TIT2", 0, b"Two")), id3v1(b"One", b"Artist"), "Two", "Artist"),
    "broken": (b"ID3\4\0\xc0\0\0\0\x20" + b"\xff" * 32, id3v1(b"One", b""), "One", None),
}  # fmt: skip


async def _measure(paths: list[Path]) -> list[Measured]:
    probe, found = Probe(), []
    for path in paths:
        descriptor = os.open(path, os.O_RDWR)
        try:
            told = await probe.measure(descriptor)
        finally:
            os.close(descriptor)
        assert isinstance(told, Measured), (path, told)
        found.append(told)
    return found


@pytest.fixture(scope="module")
def mp3(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("plain") / "x"
    content = make("mp3_cbr", path, sample_count=8000, channels=1).read_bytes()
    return content[content.index(b"\xff\xfb") :]


@pytest.mark.parametrize("name", MP3_CASES)
def test_an_mp3s_tags(name: str, mp3: bytes, tmp_path: Path) -> None:
    before, after, title, artist = MP3_CASES[name]
    path = tmp_path / "x.mp3"
    path.write_bytes(before + mp3 + after)
    (found,) = asyncio.run(_measure([path]))
    expected = None if title == "x" else title
    assert (found.title, found.artist) == (expected, artist)


def test_tags_in_other_formats(tmp_path: Path) -> None:
    cyrillic = "Группа крови".encode("cp1251")
    wav = make("wav16", tmp_path / "wav").read_bytes()
    aiff = make("aiff", tmp_path / "aiff").read_bytes()
    flac = make("flac", tmp_path / "flac").read_bytes()
    several = id3_tag(id3_text(b"TIT2", 0, b"T"), id3_text(b"TPE1", 3, b"A\0B", 4), version=4)
    comment = vorbis_comment(b"TITLE=T", b"ARTIST=A", b"artist=B; C", b"ARTIST=" + cyrillic)
    block = b"\4" + len(comment).to_bytes(3) + comment
    cases = {
        "info": (
            add_chunk(wav, chunk(b"LIST", b"INFO" + chunk(b"INAM", cyrillic))),
            "Группа крови",
            None,
        ),
        "id3 in wav": (add_chunk(wav, chunk(b"id3 ", several)), "T", "A / B"),
        "id3 before wav": (several + wav, "T", "A / B"),
        "name": (add_chunk(aiff, chunk(b"NAME", cyrillic, ">"), ">"), "Группа крови", None),
        "author": (add_chunk(aiff, chunk(b"AUTH", "Zoë".encode("latin-1"), ">"), ">"), None, "Zoë"),
        "id3 in aiff": (add_chunk(aiff, chunk(b"ID3 ", several, ">"), ">"), "T", "A / B"),
        "flac": (flac[:42] + block + flac[42:], "T", "A / B; C / Группа крови"),
    }
    paths = []
    for name, (content, _, _) in cases.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    found = asyncio.run(_measure(paths))
    told = {name: (one.title, one.artist) for name, one in zip(cases, found, strict=True)}
    assert told == {name: (title, artist) for name, (_, title, artist) in cases.items()}


@pytest.mark.parametrize("kind", ["ogg_vorbis", "ogg_opus", "ogg_flac"])
def test_several_artists_in_an_ogg(kind: str, tmp_path: Path) -> None:
    """FFmpeg writes one field, so another is made of a part of it."""
    tags = {"title": "T", "artist": "A", "album": "Zxxxxxxxxx"}
    content = make(kind, tmp_path / "x", tags=tags).read_bytes()
    place = content.lower().index(b"album=zxxxxxxxxx")
    content = content[:place] + b"ARTIST=B; Cxxxxx" + content[place + 16 :]
    (tmp_path / "x").write_bytes(_signed(content))
    (found,) = asyncio.run(_measure([tmp_path / "x"]))
    assert (found.title, found.artist) == ("T", "A / B; Cxxxxx")


def _signed(content: bytes) -> bytes:
    """All pages with their checksums made anew."""
    pages = content.split(b"OggS")[1:]
    return b"".join(sign_ogg(b"OggS" + page, 4, b"\0") for page in pages)


def test_several_artists_in_an_mp4(tmp_path: Path) -> None:
    path = make("m4a_aac", tmp_path / "x", tags={"title": "T", "artist": "A"})
    content = path.read_bytes()
    data = box(b"data", b"\0\0\0\1\0\0\0\0B")
    path.write_bytes(insert_box(content, [b"moov", b"udta", b"meta", b"ilst", b"\xa9ART"], data))
    (found,) = asyncio.run(_measure([path]))
    assert (found.title, found.artist) == ("T", "A / B")
