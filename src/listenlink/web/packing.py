"""gzip: what is worth it is compressed once, and sent in the form that a request accepts."""

from __future__ import annotations

import gzip
import struct
import zlib

from listenlink.model.shelf import Written
from listenlink.web.headers import text_of
from listenlink.web.negotiation import named
from listenlink.web.response import Headers

# RFC 9110, section 8.4.1.3.
_ALIASES = {"x-gzip": "gzip"}
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
    """Whether gzip is what these request headers prefer (RFC 9110, section 12.5.3).

    Who refuses or ranks lower what they name is heeded. `*` alone gets the plain form, which it allows too;
    only who refuses that by `identity;q=0` gets gzip by it. Who refuses both gets the plain form all the
    same: it's better than nothing.
    """
    weights: dict[str, float] = {}
    for name, weight in named(text_of(headers, b"accept-encoding")):
        name = _ALIASES.get(name, name)
        weights[name] = min(weight, weights.get(name, 1.0))
    others = weights.get("*", 0.0)
    plain = weights.get("identity", others)
    gzipped = weights.get("gzip", others if plain == 0 else 0.0)
    return gzipped > 0 and gzipped >= plain


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
