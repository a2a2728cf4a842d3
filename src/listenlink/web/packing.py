"""gzip: what is worth it is compressed once, and sent in the form that a request accepts."""

from __future__ import annotations

import gzip
import struct
import zlib

from listenlink.model.shelf import Written
from listenlink.web.headers import text_of
from listenlink.web.negotiation import weighted
from listenlink.web.response import Headers

# RFC 1952, section 2.3: deflate, no flags, no time, compressed as well as can be, from any system.
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_CRC_BYTES = 4
_PACKED: Headers = [(b"content-encoding", b"gzip")]


def pack(body: bytes) -> bytes:
    """Compress the body with gzip, to the same bytes each time."""
    return gzip.compress(body, 9, mtime=0)


def write_packed(body: bytes) -> Written:
    """The body in both forms, plain and packed."""
    return Written(body, pack(body))


def takes_gzip(headers: dict[bytes, bytes]) -> bool:
    """Whether these request headers accept gzip by name (RFC 9110, section 12.5.3)."""
    return any(name == "gzip" for name, _ in weighted(text_of(headers, b"accept-encoding")))


def as_taken(written: Written, headers: dict[bytes, bytes]) -> tuple[bytes, Headers]:
    """The form that these request headers accept, and the header that says which it is."""
    return (written.packed, _PACKED) if takes_gzip(headers) else (written.plain, [])


def write_open_ended(body: bytes) -> Written:
    """The beginning of a body in both forms, to be kept for many answers that `end_written` ends differently.

    gzip stays one member, because browsers ignore what follows the first: the end becomes a stored block of
    it (RFC 1951, section 3.2.4). The packed form is followed by the beginning's checksum, for the end's.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(body) + packer.flush(zlib.Z_SYNC_FLUSH)
    return Written(body, _GZIP_HEAD + packed + zlib.crc32(body).to_bytes(_CRC_BYTES, "little"))


def end_written(written: Written, end: bytes) -> Written:
    """A body that began by `write_open_ended`, ended by less than 64 KiB: a few µs, whatever its size."""
    plain = written.plain + end
    checksum = zlib.crc32(end, int.from_bytes(written.packed[-_CRC_BYTES:], "little"))
    packed = b"%b%b%b%b" % (
        written.packed[:-_CRC_BYTES],
        struct.pack("<BHH", 1, len(end), len(end) ^ 0xFFFF),
        end,
        struct.pack("<LL", checksum, len(plain) & 0xFFFFFFFF),
    )
    return Written(plain, packed)
