"""The fixed response headers of each door, and how request headers are read."""

from __future__ import annotations

from collections.abc import Iterable

from listenlink.web.answer import Headers

_CSP_NOTHING = b"default-src 'none'; frame-ancestors 'none'"
_EXPOSED = (
    b"Listen-Session, X-Request-Id, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, "
    b"X-RateLimit-Reset, RateLimit-Policy, RateLimit"
)


def everywhere(is_https: bool) -> Headers:
    """What every answer carries. A `server` header of our own keeps the server's version unsaid."""
    headers = [
        (b"server", b"listenlink"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]
    if is_https:
        headers.append((b"strict-transport-security", b"max-age=31536000"))
    return headers


OWNERS_JSON: Headers = [
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", _CSP_NOTHING),
    (b"cache-control", b"no-store"),
    (b"x-robots-tag", b"noindex, nofollow, noarchive"),
]

# `cross-origin`: other sites' pages may read the answer, which depends on the token alone.
PUBLIC_JSON: Headers = [
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"content-security-policy", _CSP_NOTHING),
    (b"cache-control", b"no-store"),
    (b"x-robots-tag", b"noindex, nofollow, noarchive"),
    (b"vary", b"Accept, User-Agent, Sec-Purpose"),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", _EXPOSED),
]

MEDIA: Headers = [
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"content-security-policy", b"default-src 'none'; media-src 'self'; sandbox"),
    (b"x-robots-tag", b"noindex, nofollow, noarchive"),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Accept-Ranges, Content-Range, ETag, X-Request-Id"),
]


def preflight(allowed_headers: bytes) -> Headers:
    """What a CORS preflight is told (Fetch, section 3.2)."""
    return [
        (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
        (b"access-control-allow-headers", allowed_headers),
        (b"access-control-max-age", b"600"),
    ]


def text_of(headers: dict[bytes, bytes], name: bytes) -> str:
    """One request header's text, empty if it isn't there."""
    return headers.get(name, b"").decode("latin-1")


def joined(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    """All lines of one request header, joined as RFC 9110 section 5.3 has it."""
    return ", ".join(value.decode("latin-1") for key, value in headers if key == name)
