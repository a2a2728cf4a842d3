"""What kind of picture some bytes are, and how large it would be: read from its header, without decoding.

JPEG (ITU-T T.81 B.2.2), PNG (ISO 15948, 11.2.1) and WebP (RFC 9649). Never SVG, which is a program.
"""

from __future__ import annotations

from typing import NamedTuple

_PNG = b"\x89PNG\r\n\x1a\n"
# Frame headers, without the other markers among them: DHT, JPG and DAC.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
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
