"""Tags for the tests, byte by byte, as programs wrote them over thirty years."""

from __future__ import annotations

import struct
from collections.abc import Mapping


def _syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3_frame(name: bytes, content: bytes, version: int = 3, flags: int = 0) -> bytes:
    """One frame of ID3v2.2, 2.3 or 2.4."""
    if version == 2:
        return name + len(content).to_bytes(3) + content
    size = _syncsafe(len(content)) if version == 4 else struct.pack(">I", len(content))
    return name + size + bytes([0, flags]) + content


def id3_tag(*frames: bytes, version: int = 3, flags: int = 0) -> bytes:
    """An ID3v2 tag of these frames, with some padding."""
    content = b"".join(frames) + bytes(20)
    if flags & 0x80:
        content = content.replace(b"\xff", b"\xff\x00")
    return b"ID3" + bytes([version, 0, flags]) + _syncsafe(len(content)) + content


def id3_text(name: bytes, encoding: int, raw: bytes, version: int = 3) -> bytes:
    """A text frame, of an encoding by its number and the bytes as they are."""
    return id3_frame(name, bytes([encoding]) + raw, version)


def id3_picture(kind: int, picture: bytes, mime: bytes = b"image/jpeg") -> bytes:
    """An APIC frame of ID3v2.3 (section 4.15)."""
    return id3_frame(b"APIC", b"\0" + mime + b"\0" + bytes([kind]) + b"d\0" + picture)


def id3v1(title: bytes, artist: bytes) -> bytes:
    """The 128 bytes for a file's end."""
    return b"TAG" + title[:30].ljust(30, b"\0") + artist[:30].ljust(30, b"\0") + bytes(64) + b"\xff"


def ape_tag(items: Mapping[bytes, bytes]) -> bytes:
    """An APEv2 tag with header and footer."""
    content = b"".join(
        struct.pack("<II", len(value), 0) + name + b"\0" + value for name, value in items.items()
    )

    def edge(flags: int) -> bytes:
        return b"APETAGEX" + struct.pack("<IIII8x", 2000, len(content) + 32, len(items), flags)

    return edge(0xA0000000) + content + edge(0x80000000)


def chunk(name: bytes, content: bytes, order: str = "<") -> bytes:
    """A chunk of RIFF (`<`) or IFF (`>`)."""
    return name + struct.pack(order + "I", len(content)) + content + bytes(len(content) % 2)


def add_chunk(audio: bytes, added: bytes, order: str = "<") -> bytes:
    """A RIFF or IFF file with another chunk at its end."""
    return audio[:4] + struct.pack(order + "I", len(audio) - 8 + len(added)) + audio[8:] + added


def vorbis_comment(*fields: bytes) -> bytes:
    """A comment of these `NAME=value` fields."""
    parts = [struct.pack("<I", len(field)) + field for field in fields]
    return struct.pack("<I", 0) + struct.pack("<I", len(fields)) + b"".join(parts)


def flac_picture(kind: int, picture: bytes, is_last: bool = False) -> bytes:
    """A PICTURE block (RFC 9639 section 8.8)."""
    mime = b"image/jpeg"
    content = struct.pack(">II", kind, len(mime)) + mime + bytes(20)
    content += struct.pack(">I", len(picture)) + picture
    return bytes([6 | 0x80 * is_last]) + len(content).to_bytes(3) + content
