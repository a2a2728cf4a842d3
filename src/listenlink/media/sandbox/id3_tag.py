"""The texts of ID3 tags, with the bytes as they are: libav takes Latin-1 at its word, gives only the first of
several artists, and nothing of UTF-16 without a byte order mark.

ID3v2.2 to 2.4 (id3.org: section 3 is the frames, 4 the texts), and the 128 bytes of ID3v1.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from listenlink.media.sandbox.tag_text import Found, as_utf8, as_utf16

_HEADER_BYTES = 10
_MAX_TAG_BYTES = 16 * 1024 * 1024
_MAX_TEXT_BYTES = 64 * 1024
_MAX_FRAMES = 4096
_UNSYNCHRONISED, _EXTENDED = 0x80, 0x40
_NAMES = {
    b"TIT2": "title", b"TPE1": "artist", b"TALB": "album",
    b"TT2": "title", b"TP1": "artist", b"TAL": "album",
}  # fmt: skip
_V1_FIELDS = (("title", 3, 33), ("artist", 33, 63), ("album", 63, 93))


class _Frame(NamedTuple):
    name: bytes
    content: bytes


def read_id3v2(file: BinaryIO, start: int) -> dict[str, list[Found]]:
    """The texts of the tag that begins at `start`, by `title`, `artist` and `album`. Moves the position."""
    file.seek(start)
    header = file.read(_HEADER_BYTES)
    found: dict[str, list[Found]] = {}
    if len(header) < _HEADER_BYTES or header[:3] != b"ID3" or header[3] not in (2, 3, 4):
        return found
    content = file.read(min(_syncsafe(header[6:10]), _MAX_TAG_BYTES))
    if header[5] & _UNSYNCHRONISED and header[3] < 4:
        content = content.replace(b"\xff\x00", b"\xff")
    if header[5] & _EXTENDED and header[3] > 2:
        size = content[:4]
        content = content[_syncsafe(size) if header[3] == 4 else 4 + int.from_bytes(size) :]
    for frame in _read_frames(content, header[3]):
        name = _NAMES.get(frame.name)
        if name is not None and frame.content:
            found.setdefault(name, []).append(_read_text(frame.content))
    return found


def read_id3v1(file: BinaryIO) -> dict[str, list[Found]]:
    """The same of the 128 bytes at the end."""
    if file.seek(0, 2) < 128:
        return {}
    file.seek(-128, 2)
    tag = file.read(128)
    if tag[:3] != b"TAG":
        return {}
    return {
        name: [text]
        for name, start, end in _V1_FIELDS
        if (text := tag[start:end].partition(b"\0")[0].rstrip())
    }


def _read_frames(content: bytes, version: int) -> Iterator[_Frame]:
    place, id_bytes = 0, 3 if version == 2 else 4
    header_bytes = 6 if version == 2 else 10
    for _ in range(_MAX_FRAMES):
        name = content[place : place + id_bytes]
        if len(content) < place + header_bytes or not _is_name(name):
            return
        size = content[place + id_bytes : place + 2 * id_bytes]
        size_bytes = int.from_bytes(size)
        if version == 4:
            size_bytes = _frame_bytes(content, place, size)
        start = place + header_bytes
        if name in _NAMES:
            flags = content[start - 1] if version > 2 else 0
            text = content[start : start + min(size_bytes, _MAX_TEXT_BYTES)]
            yield _Frame(name, _plain(text, version, flags))
        place = start + size_bytes


def _frame_bytes(content: bytes, place: int, size: bytes) -> int:
    """ID3v2.4's sizes are syncsafe, but some programs wrote them as before: where the next frame is tells."""
    plain, syncsafe = int.from_bytes(size), _syncsafe(size)
    if max(size) > 127:
        return plain
    next_place = place + _HEADER_BYTES + syncsafe
    follows = content[next_place : next_place + 4]
    if plain == syncsafe or not follows.strip(b"\0") or _is_name(follows):
        return syncsafe
    follows = content[place + _HEADER_BYTES + plain :][:4]
    return plain if _is_name(follows) or not follows.strip(b"\0") else syncsafe


def _plain(text: bytes, version: int, flags: int) -> bytes:
    """A frame's content without what its flags say was done to it (sections 3.3.1 of 2.3, 4.1.2 of 2.4)."""
    grouped, packed, encrypted = (0x40, 0x08, 0x04) if version == 4 else (0x20, 0x80, 0x40)
    if flags & encrypted:
        return b""
    text = text[1:] if flags & grouped else text
    if version == 4 and flags & 0x02:
        text = text.replace(b"\xff\x00", b"\xff")
    if (version == 4 and flags & 0x01) or (version == 3 and flags & packed):
        text = text[4:]
    if not flags & packed or version == 2:
        return text
    try:
        return zlib.decompressobj().decompress(text, _MAX_TEXT_BYTES)
    except zlib.error:
        return b""


def _read_text(content: bytes) -> Found:
    """Behind a byte that names the encoding; several texts have NUL between them."""
    encoding, raw = content[0], content[1:]
    if encoding == 0:
        return raw.rstrip(b"\0")
    if encoding == 3:
        text = as_utf8(raw)
        return raw.rstrip(b"\0") if text is None else text
    if encoding == 2 and raw[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return raw[: len(raw) & ~1].decode("utf-16-be", "ignore")
    if encoding == 1:
        # Each of several may have a mark of its own, as in "FF FE 41 00 00 00 FF FE 42 00".
        return "\0".join(as_utf16(part) for part in _split_utf16(raw))
    return raw if encoding > 3 else as_utf16(raw)


def _split_utf16(raw: bytes) -> list[bytes]:
    parts, start = [], 0
    for place in range(0, len(raw) - 1, 2):
        if raw[place : place + 2] == b"\0\0":
            parts.append(raw[start:place])
            start = place + 2
    return [*parts, raw[start:]]


def _is_name(name: bytes) -> bool:
    return len(name) > 2 and name.isalnum() and name.upper() == name


def _syncsafe(size: bytes) -> int:
    number = 0
    for byte in size:
        number = number << 7 | byte & 0x7F
    return number
