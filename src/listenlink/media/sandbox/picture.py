"""What kind of picture some bytes are, and how large it would be: read from its header, without decoding.

JPEG (ITU-T T.81 B.2.2), PNG (ISO 15948, 11.2.1) and WebP (RFC 9649). Never SVG, which is a program.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_PNG = b"\x89PNG\r\n\x1a\n"
# Frame headers, without the other markers among them: DHT, JPG and DAC.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Flags of a WebP's header.
_MOVES, _HAS_EXIF, _HAS_ALPHA = 0x02, 0x08, 0x10
_MOST_CHUNKS = 1024
_JPEG_WITHOUT_LENGTH = frozenset([0x01, *range(0xD0, 0xD8)])


class Picture(NamedTuple):
    """A picture that libav's decoder `codec` can decode; sizes are in pixels."""

    codec: str
    width: int
    height: int


def read_picture_header(data: bytes) -> Picture | None:
    """What the header says; None if it's no such picture or the header is broken."""
    if data.startswith(_PNG) and data[12:16] == b"IHDR":
        return _picture("png", int.from_bytes(data[16:20]), int.from_bytes(data[20:24]))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _read_webp(data)
    return _read_jpeg(data) if data.startswith(b"\xff\xd8") else None


def _picture(codec: str, width: int, height: int) -> Picture | None:
    return Picture(codec, width, height) if width > 0 and height > 0 else None


def _read_webp(data: bytes) -> Picture | None:
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = int.from_bytes(data[24:27], "little"), int.from_bytes(data[27:30], "little")
        return _picture("webp", width + 1, height + 1)
    if kind == b"VP8L" and data[20:21] == b"\x2f":
        bits = int.from_bytes(data[21:25], "little")
        return _picture("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = int.from_bytes(data[26:28], "little"), int.from_bytes(data[28:30], "little")
        return _picture("webp", width & 0x3FFF, height & 0x3FFF)
    return None


def _read_jpeg(data: bytes) -> Picture | None:
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # Fill bytes may precede a marker.
            place += 1
        elif marker in _JPEG_WITHOUT_LENGTH:
            place += 2
        elif marker in _JPEG_FRAMES:
            height = int.from_bytes(data[place + 5 : place + 7])
            return _picture("mjpeg", int.from_bytes(data[place + 7 : place + 9]), height)
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4])
    return None


def first_frame(data: bytes) -> bytes:
    """The first frame of a WebP that moves, as a WebP of its own (RFC 9649, section 2.7.1): libav reads no
    other. Anything else as it is."""
    if data[:4] != b"RIFF" or data[8:16] != b"WEBPVP8X" or not data[20:21] or not data[20] & _MOVES:
        return data
    exif, frame = b"", b""
    for name, content in _chunks(data):
        if name == b"ANMF" and not frame:
            frame = content
        elif name == b"EXIF":
            exif = _chunk(name, content)
    # Before a frame's own chunks: its place, size (less one, three bytes each), duration, how it's drawn.
    flags = bytes([_HAS_ALPHA * frame[16:].startswith(b"ALPH") | _HAS_EXIF * bool(exif)])
    head = _chunk(b"VP8X", flags + bytes(3) + frame[6:12])
    body = b"WEBP" + head + frame[16:] + exif
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    for _ in range(_MOST_CHUNKS):
        if place + 8 > len(data):
            return
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        yield data[place : place + 4], data[place + 8 : place + 8 + size]
        place += 8 + size + size % 2


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)
