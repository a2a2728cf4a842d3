"""The headers of each kind of public answer, whole and in full: what isn't here isn't sent.

Written out once more, not taken from the code that sends them. A pattern stands where a value changes."""

from __future__ import annotations

import re

from web.locked_headers import of_locked
from web.signed_headers import of_signed

Told = dict[str, str | re.Pattern[str]]

_NUMBER, _NOTHING = re.compile(r"\d+"), "default-src 'none'; frame-ancestors 'none'"
_ASKED_WITH = (
    "Accept, Accept-Language, User-Agent, Sec-Purpose, Purpose, X-Purpose, X-Moz, Sec-Fetch-Dest, Sec-Fetch-"
    "Mode, Sec-Fetch-Site, From, Origin, Referer, Icy-MetaData, Share-Password, Share-Unlock, Cookie"
)
_NOINDEX: Told = {"x-robots-tag": "noindex, nofollow, noarchive"}
_LENGTH: Told = {"content-length": _NUMBER}
_RATES: Told = {
    "x-ratelimit-limit": "30",
    "x-ratelimit-remaining": _NUMBER,
    "x-ratelimit-reset": _NUMBER,
    "ratelimit-policy": '"resolve";q=30;w=60',
    "ratelimit": re.compile(r'"resolve";r=\d+;t=\d+'),
}
_SPENT: Told = {
    "retry-after": re.compile(r"[1-9]\d*"),
    "x-ratelimit-limit": re.compile("30|4"),
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset": _NUMBER,
    "ratelimit-policy": re.compile('"(resolve|repeat)";q=30;w=60|"refusal";q=4;w=60'),
    "ratelimit": re.compile(r'"(resolve|refusal|repeat)";r=0;t=\d+'),
}
ALL: Told = {
    "server": "listenlink",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-request-id": re.compile(r"req_[0-9a-z]+"),
    "date": re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"),
}
_TUS: Told = {"tus-resumable": "1.0.0", "tus-version": "1.0.0"}
_CHALLENGE: Told = {"www-authenticate": 'Bearer realm="listenlink"'}
_JSON: Told = _LENGTH | {"content-type": "application/json"}
_PUBLIC: Told = _NOINDEX | {
    "cross-origin-resource-policy": "cross-origin",
    "content-security-policy": _NOTHING,
    "cache-control": "no-store",
    "vary": _ASKED_WITH,
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Listen-Session, Share-Unlock, X-Request-Id, Retry-After, "
    "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, RateLimit-Policy, RateLimit",
}
_INNER: Told = _NOINDEX | {
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": _NOTHING,
    "cache-control": "no-store",
}


def _policy(ancestors: str) -> str:
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
        f"frame-ancestors {ancestors}; require-trusted-types-for 'script'; trusted-types 'none'"
    )


_FRAMED: Told = _LENGTH | {
    "content-type": "text/html; charset=utf-8",
    "content-language": "en",
    "content-security-policy": _policy("*"),
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cache-control": "no-store",
    "vary": "Accept-Encoding, " + _ASKED_WITH,
}
_PAGE: Told = _FRAMED | {
    "content-security-policy": _policy("'none'"),
    "cross-origin-opener-policy": "same-origin",
}
_EMBEDDABLE: Told = {
    "link": re.compile(
        r"<https://music\.example/oembed\?format=json&url=https://music\.example/v1/music/shared/"
        r'shr_[0-9a-f]{32}>; rel="alternate"; type="application/json\+oembed"'
    )
}
_EMPTY_PAGE: Told = {name: value for name, value in _PAGE.items() if name != "content-type"}
_MEDIA: Told = _NOINDEX | {
    "cross-origin-resource-policy": "cross-origin",
    "content-security-policy": "default-src 'none'; media-src 'self'; sandbox",
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Accept-Ranges, Content-Range, ETag, Link, X-Request-Id",
}
_NO_MEDIA: Told = _MEDIA | _JSON | {"cache-control": "no-store"}
_AUDIO: Told = _MEDIA | {
    "content-type": "audio/mpeg",
    "content-length": _NUMBER,
    "content-disposition": "inline",
    "accept-ranges": "bytes",
    "etag": re.compile(r'"[0-9a-f]{64}"'),
    "cache-control": re.compile(r"private, max-age=(\d\d|[12]\d\d|300), no-transform"),
}
_TAKEN: Told = _AUDIO | {
    "content-disposition": "attachment; filename=\"Song.mp3\"; filename*=UTF-8''Song.mp3"
}
_ALBUM = "attachment; filename=\"Album.zip\"; filename*=UTF-8''Album.zip"
_WHOLE: Told = _AUDIO | {"content-type": "application/zip", "content-disposition": _ALBUM}
_PART: Told = {"content-range": re.compile(r"bytes 0-9/\d+")}
_KEPT: Told = {name: _AUDIO[name] for name in ("etag", "cache-control")} | _MEDIA
_PREFLIGHT: Told = {
    "access-control-allow-methods": "GET, HEAD, OPTIONS",
    "access-control-max-age": "600",
}
_DIGEST = "[0-9a-f]{64}"
_KNOWN_PICTURE: Told = _NOINDEX | {
    "content-security-policy": "default-src 'none'; sandbox",
    "cache-control": "private, max-age=300",
    "cross-origin-resource-policy": "cross-origin",
}
_PICTURE: Told = _KNOWN_PICTURE | _LENGTH
_PREVIEW_TAG: Told = {"etag": re.compile(f'W/"{_DIGEST}"')}
_COVER_TAG: Told = {"etag": re.compile(f'"{_DIGEST}"')}
_DOCUMENT: Told = _COVER_TAG | {"cache-control": "no-cache", "vary": "Accept-Encoding"}
_SCHEMA: Told = _INNER | _JSON | _DOCUMENT
_DOCS: Told = _NOINDEX | _LENGTH | _DOCUMENT | {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": re.compile(
        "default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-resource-policy": "same-origin",
}  # fmt: skip
_PACKED: Told = {"content-encoding": "gzip"}
_FOR_A_DAY: Told = _NOINDEX | _LENGTH | {
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": _NOTHING,
    "cache-control": "public, max-age=86400",
}  # fmt: skip


def _without_length(told: Told) -> Told:
    return {name: value for name, value in told.items() if name != "content-length"}


_ASSET: Told = (
    _NOINDEX
    | _LENGTH
    | {
        "content-type": "text/javascript; charset=utf-8",
        "cache-control": "public, max-age=31536000, immutable",
        "cross-origin-resource-policy": "cross-origin",
        "access-control-allow-origin": "*",
        "vary": "Accept-Encoding",
        "content-security-policy": _NOTHING,
    }
)

TOLD: dict[str, Told] = {
    "opened": _PUBLIC | _JSON | _RATES | {"listen-session": re.compile(r"ls1\.[0-9a-f.]+")},
    "removed": _PUBLIC | _JSON | _RATES,
    "looked": {n: v for n, v in (_PUBLIC | _JSON | _RATES).items() if n != "content-length"},
    "refused": _PUBLIC | _JSON,
    "limited": _PUBLIC | _JSON | _SPENT,
    "busy": _PUBLIC | _JSON | {"retry-after": "1"},
    "preflight": _PUBLIC | _PREFLIGHT | {
        "allow": "GET, HEAD, POST, OPTIONS",
        "access-control-allow-headers": "Listen-Session, Share-Password, Share-Unlock",
    },
    "not_allowed": _PUBLIC | _JSON | {"allow": "GET, HEAD, POST, OPTIONS"},
    "page": _PAGE | _NOINDEX | _RATES,
    "shown_page": _PAGE | _NOINDEX | _RATES | _EMBEDDABLE,
    "public_page": _PAGE | _RATES | _EMBEDDABLE,
    "refused_page": _PAGE | _NOINDEX, "leave_page": _PAGE | _NOINDEX,
    "limited_page": _PAGE | _NOINDEX | _SPENT,
    "busy_page": _PAGE | _NOINDEX | {"retry-after": "1"},
    "see_other": _EMPTY_PAGE | _NOINDEX | _RATES | {
        "location": re.compile(r"/v1/music/shared/shr_[0-9a-f]{32}/listening/ls1\.[0-9a-f.]+")
    },
    "led_to_file": _EMPTY_PAGE | _NOINDEX | _RATES | {"location": re.compile(r"https://.*/download/[0-9a-f.]+")},
    "embed": _FRAMED | _NOINDEX | _RATES,
    "refused_embed": _FRAMED | _NOINDEX,
    "limited_embed": _FRAMED | _NOINDEX | _SPENT,
    "busy_embed": _FRAMED | _NOINDEX | {"retry-after": "1"},
    "audio": _AUDIO, "audio_part": _AUDIO | _PART,
    "taken": _TAKEN, "taken_part": _TAKEN | _PART,
    "kept": _KEPT, "archive": _WHOLE, "archive_part": _WHOLE | _PART,
    "no_media": _NO_MEDIA,
    "no_such_part": _NO_MEDIA | {"content-range": re.compile(r"bytes \*/\d+")},
    "media_preflight": _MEDIA | _PREFLIGHT | {
        "allow": "GET, HEAD, OPTIONS",
        "access-control-allow-headers": "Range, If-Range",
    },
    "media_not_allowed": _NO_MEDIA | {"allow": "GET, HEAD, OPTIONS"},
    "inner": _INNER | _JSON,
    "inner_limited": _INNER | _JSON | {"retry-after": re.compile(r"[1-9]\d*")},
    "inner_busy": _INNER | _JSON | {"retry-after": "1"},
    "inner_not_allowed": _INNER | _JSON | {"allow": re.compile("[A-Z]+(, [A-Z]+)*")},
    "too_large": _PUBLIC | _JSON | {"connection": "close"},
    "heard": _PUBLIC,
    "listen_limited": _PUBLIC | _JSON | {"retry-after": re.compile(r"[1-9]\d*")},
    "listen_not_allowed": _PUBLIC | _JSON | {"allow": re.compile("[A-Z]+(, [A-Z]+)*")},
    "uploads": _INNER | _JSON | _TUS,
    "stranger": _INNER | _JSON | _CHALLENGE,
    "uploads_stranger": _INNER | _JSON | _TUS | _CHALLENGE,
    "uploads_not_allowed": _INNER | _JSON | _TUS | {"allow": re.compile("[A-Z]+(, [A-Z]+)*")},
    "details": _PUBLIC | _JSON,
    "session_preflight": _PUBLIC | _PREFLIGHT | {
        "allow": "GET, HEAD, OPTIONS",
        "access-control-allow-headers": "Listen-Session, Share-Password, Share-Unlock",
    },
    "events": _PUBLIC | {
        "content-type": "text/event-stream",
        "transfer-encoding": "chunked",
        "x-accel-buffering": "no",
    },
    "preview": _PICTURE | _PREVIEW_TAG | {"content-type": "image/png"},
    "known_preview": _KNOWN_PICTURE | _PREVIEW_TAG,
    "cover": _PICTURE | _COVER_TAG | {"content-type": "image/jpeg"},
    "known_cover": _KNOWN_PICTURE | _COVER_TAG,
    "asset": _ASSET,
    "packed_asset": _ASSET | _PACKED,
    "schema": _SCHEMA,
    "packed_schema": _SCHEMA | _PACKED,
    "known_schema": _without_length(_SCHEMA),
    "docs": _DOCS, "packed_docs": _DOCS | _PACKED,
    "known_docs": _without_length(_DOCS),
    "robots": _FOR_A_DAY | {"content-type": "text/plain; charset=utf-8"},
    "icon": _FOR_A_DAY | {"content-type": "image/svg+xml"},
}  # fmt: skip
TOLD |= of_locked(TOLD) | of_signed(TOLD)


def differences(sent: list[tuple[str, str]], kind: str | Told) -> list[str]:
    """In what the headers that were sent aren't those of the kind; also a name that comes twice."""
    told = ALL | (TOLD[kind] if isinstance(kind, str) else kind)
    names = [name for name, _ in sent]
    found = [f"{name} twice" for name in set(names) if names.count(name) > 1]
    found += [f"{name} missing" for name in told if name not in names]
    for name, value in sent:
        wanted = told.get(name)
        if wanted is None:
            found.append(f"{name}: {value}, unasked")
        elif isinstance(wanted, str) and value != wanted:
            found.append(f"{name}: {value}, not {wanted}")
        elif isinstance(wanted, re.Pattern) and not wanted.fullmatch(value):
            found.append(f"{name}: {value}, not like {wanted.pattern}")
    return found
