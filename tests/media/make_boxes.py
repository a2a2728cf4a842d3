"""Pages of Ogg and boxes of MP4, changed byte by byte for the tests."""

from __future__ import annotations

import struct


def sign_ogg(page: bytes, offset: int, field: bytes) -> bytes:
    """A page with a field replaced and its CRC-32 made anew (RFC 3533 section 6)."""
    page = page[:offset] + field + page[offset + len(field) :]
    checksum = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        checksum = (checksum << 8 & 0xFFFFFFFF) ^ _CRC_TABLE[checksum >> 24 ^ byte]
    return page[:22] + struct.pack("<I", checksum) + page[26:]


def _crc_entry(index: int) -> int:
    index <<= 24
    for _ in range(8):
        index = (index << 1 ^ (0x04C11DB7 if index >> 31 else 0)) & 0xFFFFFFFF
    return index


_CRC_TABLE = [_crc_entry(index) for index in range(256)]


def box(name: bytes, content: bytes) -> bytes:
    """A box of an MP4."""
    return struct.pack(">I", len(content) + 8) + name + content


def insert_box(content: bytes, parents: list[bytes], item: bytes) -> bytes:
    """Append to the innermost box; `moov` stands last, so no offset changes."""
    changed, start = bytearray(content), 0
    for name in parents:
        start = content.index(name, start) - 4
        size_bytes = struct.unpack_from(">I", content, start)[0]
        struct.pack_into(">I", changed, start, size_bytes + len(item))
        end = start + size_bytes
        start += 8
    return bytes(changed[:end] + item + changed[end:])
