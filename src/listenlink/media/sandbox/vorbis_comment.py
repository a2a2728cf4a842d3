"""The fields of a Vorbis comment, each as often as it occurs: libav joins them by a semicolon, which may also
stand in a name. (Xiph, "Ogg Vorbis I format specification: comment field"; RFC 9639 section 8.6; RFC 7845
section 5.2.)
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from listenlink.media.sandbox.tag_text import Found, as_utf8

_MAX_COMMENT_BYTES = 16 * 1024 * 1024
_MAX_FIELDS = 4096
_MAX_BLOCKS = 128
_MAX_PAGES = 1024
_COMMENT_BLOCK, _LAST_BLOCK = 4, 0x80
_NAMES = ("title", "artist", "album")


def read_flac_fields(file: BinaryIO, start: int) -> dict[str, list[Found]]:
    """Of the FLAC that begins at `start`. Moves the file's position."""
    place = start + 4
    for _ in range(_MAX_BLOCKS):
        file.seek(place)
        header = file.read(4)
        if len(header) < 4:
            break
        size_bytes = int.from_bytes(header[1:])
        if header[0] & 0x7F == _COMMENT_BLOCK:
            return _read_fields(file.read(size_bytes))
        if header[0] & _LAST_BLOCK:
            break
        place += 4 + size_bytes
    return {}


def read_ogg_fields(file: BinaryIO) -> dict[str, list[Found]]:
    """Of an Ogg's first song, whose second packet is the comment, behind a few bytes that name the codec."""
    packet = _second_packet(file)
    for name in (b"\x03vorbis", b"OpusTags"):
        if packet.startswith(name):
            return _read_fields(packet[len(name) :])
    if packet[:1] and packet[0] & 0x7F == _COMMENT_BLOCK:
        return _read_fields(packet[4:])
    return {}


def _second_packet(file: BinaryIO) -> bytes:
    """By the segment tables of the pages (RFC 3533 section 6): a packet ends with one below 255 bytes."""
    place, ended, packet = 0, 0, bytearray()
    for _ in range(_MAX_PAGES):
        file.seek(place)
        header = file.read(27)
        if header[:4] != b"OggS" or len(header) < 27:
            break
        table = file.read(header[26])
        for size_bytes in table:
            content = file.read(size_bytes)
            if ended == 1:
                packet += content
            ended += size_bytes < 255
            if ended > 1 or len(packet) > _MAX_COMMENT_BYTES:
                return bytes(packet)
        place += 27 + len(table) + sum(table)
    return bytes(packet)


def _read_fields(comment: bytes) -> dict[str, list[Found]]:
    found: dict[str, list[Found]] = {}
    try:
        place = 4 + struct.unpack_from("<I", comment)[0]
        (count,) = struct.unpack_from("<I", comment, place)
        place += 4
        for _ in range(min(count, _MAX_FIELDS)):
            (size_bytes,) = struct.unpack_from("<I", comment, place)
            field = comment[place + 4 : place + 4 + size_bytes]
            place += 4 + size_bytes
            name, _, value = field.partition(b"=")
            key = name.decode("latin-1").lower()
            if key in _NAMES and value:
                text = as_utf8(value)
                found.setdefault(key, []).append(value if text is None else text)
    except struct.error:  # What was read before it broke off is good.
        pass
    return found
