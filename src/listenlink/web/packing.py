"""gzip: what is worth it is compressed once, and sent in the form that a request accepts."""

from __future__ import annotations

import gzip

from listenlink.model.shelf import Written
from listenlink.web.headers import text_of
from listenlink.web.negotiation import weighted
from listenlink.web.response import Headers

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
