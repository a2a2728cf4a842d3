"""The fixed response headers of each kind of endpoint, and how request headers are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from listenlink.web.response import Headers

_CSP_NOTHING = b"default-src 'none'; frame-ancestors 'none'"
_READING = b"GET, HEAD, OPTIONS"
_EXPOSED = (
    b"Listen-Session, Share-Unlock, X-Request-Id, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, "
    b"X-RateLimit-Reset, RateLimit-Policy, RateLimit"
)
# What other sites' pages may send to a link.
SENT_FOR_LINKS = b"Listen-Session, Share-Password, Share-Unlock"
# All that `web/negotiation.py` reads, and what opens a link with a password.
_ASKED_WITH = (
    b"Accept, Accept-Language, User-Agent, Sec-Purpose, Purpose, X-Purpose, X-Moz, "
    b"Sec-Fetch-Dest, Sec-Fetch-Mode, Sec-Fetch-Site, From, Origin, Referer, Icy-MetaData, "
    b"Share-Password, Share-Unlock, Cookie"
)


def everywhere(is_https: bool) -> Headers:
    """The headers of every answer. A `server` header of our own hides the server's version."""
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
    (b"vary", _ASKED_WITH),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", _EXPOSED),
]

MEDIA: Headers = [
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"content-security-policy", b"default-src 'none'; media-src 'self'; sandbox"),
    (b"x-robots-tag", b"noindex, nofollow, noarchive"),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Accept-Ranges, Content-Range, ETag, Link, X-Request-Id"),
]


PICTURE: Headers = [
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"cache-control", b"private, max-age=300"),
]

_NOINDEX = (b"x-robots-tag", b"noindex, nofollow, noarchive")
_PERMISSIONS = b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"


def page(media_origin: str | None, frame_ancestors: str = "'none'") -> Headers:
    """The headers of a page. `media_origin` is where audio comes from if not from here; `frame_ancestors`
    says who may frame the page, in that directive's own syntax."""
    media = f"'self' {media_origin}" if media_origin else "'self'"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"media-src {media}; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        f"object-src 'none'; frame-ancestors {frame_ancestors}; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"permissions-policy", _PERMISSIONS),
        (b"cache-control", b"no-store"),
        (b"vary", b"Accept-Encoding, " + _ASKED_WITH),
    ]


def desk(media_origin: str | None = None) -> Headers:
    """The headers of a page that a person works on: what another origin is told is nothing. Under
    `no-referrer` a form would be sent with `Origin: null`, and couldn't be told from another site's.
    `media_origin` is as in `page`."""
    return [(b"referrer-policy", b"same-origin"), *page(media_origin)]


def robots(is_public: bool) -> Headers:
    """A page may be indexed only if its creator made the link public."""
    return [] if is_public else [_NOINDEX]


def text_pairs(headers: Headers) -> dict[str, str]:
    """The headers in the form that Litestar takes."""
    return {name.decode(): value.decode() for name, value in headers}


def preflight(allowed_headers: bytes, allowed_methods: bytes = _READING) -> Headers:
    """The headers that answer a CORS preflight (Fetch, section 3.2)."""
    return [
        (b"access-control-allow-methods", allowed_methods),
        (b"access-control-allow-headers", allowed_headers),
        (b"access-control-max-age", b"600"),
    ]


def headers_of(scope: Mapping[str, Any]) -> dict[bytes, bytes]:
    """The request's headers by name; several lines of one are joined, as in RFC 9110 section 5.3."""
    lines = scope["headers"]
    headers: dict[bytes, bytes] = dict(lines)
    if len(headers) != len(lines):
        headers = {name: b", ".join(v for n, v in lines if n == name) for name in headers}
    return headers


def text_of(headers: dict[bytes, bytes], name: bytes) -> str:
    """The text of one request header, empty if the header is missing."""
    value = headers.get(name)
    return "" if value is None else value.decode("latin-1")
