"""gzip: what is worth it is compressed once, and sent in the form that a request accepts."""

from __future__ import annotations

import gzip

from listenlink.model.shelf import Written
from listenlink.web.headers import text_of
from listenlink.web.negotiation import named
from listenlink.web.response import Headers

# RFC 9110, section 8.4.1.3.
_ALIASES = {"x-gzip": "gzip"}
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
