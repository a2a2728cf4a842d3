"""Reads a stored file once for its CRC-32, and for its SHA-256, which proves that it was read right."""

from __future__ import annotations

import hashlib
import os
import zlib

_READ_BYTES = 1024 * 1024


def sum_and_close(descriptor: int) -> tuple[bytes, int]:
    """Return SHA-256 (32 bytes) and CRC-32 of all the file's bytes, and close it. Raises OSError."""
    sha256, crc32, offset = hashlib.sha256(), 0, 0
    try:
        while chunk := os.pread(descriptor, _READ_BYTES, offset):
            sha256.update(chunk)
            crc32 = zlib.crc32(chunk, crc32)
            offset += len(chunk)
    finally:
        os.close(descriptor)
    return sha256.digest(), crc32
