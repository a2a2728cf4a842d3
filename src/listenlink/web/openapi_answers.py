"""The document's answers: which statuses every operation has besides its own, and their headers.

The security headers that every answer has alike (docs/api.md, rules for every endpoint) aren't repeated here.
"""

from __future__ import annotations

from typing import Any

from litestar.openapi.datastructures import ResponseSpec

from listenlink.wire import ErrorEnvelope

Json = dict[str, Any]

ENVELOPE = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorEnvelope"}}}
WHEN = {
    "304": "Not changed: `If-None-Match` names what you have.",
    "400": "The request, its host, its JSON or its form can't be read.",
    "401": "No key, or one that is wrong, expired or switched off.",
    "403": "The key isn't this organisation's, or lacks the scope; or it's another's, or over the quota.",
    "404": "There is no such thing for this caller.",
    "408": "The body didn't arrive in time.",
    "409": "This contradicts the present state.",
    "412": "`Tus-Resumable` is missing or another version.",
    "413": "The body or the file is too large.",
    "414": "The address is too long.",
    "415": "Another content type is needed, or a body that isn't compressed.",
    "421": "The request names another host.",
    "422": "A field or parameter is wrong; `details.field` names it.",
    "423": "Another request works on this upload.",
    "429": "Too many requests from this client; try again after `Retry-After`.",
    "431": "The request's head is too large. Answered by the HTTP server, without an envelope.",
    "500": "Something unexpected; the operator finds it by `trace_id`.",
    "503": "Busy; try again after `Retry-After`.",
    "507": "There is no room for this: the operator has to make some.",
}
EVERYWHERE = ("400", "414", "421", "431", "500", "503")
BODY_ERRORS = ("408", "413", "415", "422", "429")


def errors(**descriptions: str) -> dict[int, ResponseSpec]:
    """The `responses` of a public route: `errors(s404="…", s429="…")`. All are in the envelope."""
    return {
        int(status.removeprefix("s")): ResponseSpec(
            ErrorEnvelope, description=description, generate_examples=False
        )
        for status, description in descriptions.items()
    }


def _text(description: str, example: str, **schema: Any) -> Json:
    return {
        "description": description,
        "schema": {"type": "string", "examples": [example]} | schema,
    }


def _number(description: str, example: int, least: int = 0) -> Json:
    schema = {"type": "integer", "minimum": least, "examples": [example]}
    return {"description": description, "schema": schema}


# All response headers that mean something to a client.
HEADERS: Json = {
    "Accept": _text("The content type that this route takes.", "application/json"),
    "Accept-Encoding": _text("How a body may be encoded.", "identity"),
    "Accept-Patch": _text("The content type that a `PATCH` takes.", "application/json"),
    "Accept-Ranges": _text("Ranges are served.", "bytes"),
    "Access-Control-Allow-Headers": _text("What other sites' pages may send.", "Listen-Session"),
    "Access-Control-Allow-Methods": _text("What other sites' pages may do.", "GET, HEAD, OPTIONS"),
    "Access-Control-Max-Age": _number("How long to believe this, in seconds.", 600),
    "Allow": _text("The methods of this path.", "GET, HEAD, OPTIONS"),
    "Cache-Control": _text("How long this may be kept, and by whom.", "private, max-age=300"),
    "Content-Disposition": _text("Whether to save the file, and under which name.", "inline"),
    "Content-Encoding": _text("How a page is compressed.", "gzip"),
    "Content-Language": _text("The language of the page.", "en"),
    "Content-Range": _text("Which part this is, and of how many bytes.", "bytes 0-2/96044"),
    "ETag": _text("Names these bytes, for `If-None-Match` and `If-Range`.", '"9f86d081884c7d65"'),
    "Link": _text(
        "Of a page: where it's described for embedding (oEmbed). Of audio: where its manifest is "
        "(`c2pa-manifest`).",
        '<https://music.example/oembed?format=json&url=…>; rel="alternate"; type="application/json+oembed"',
    ),
    "Listen-Session": _text(
        "This open. Sent back, it gets fresh playback URLs without counting again.",
        "ls1.509d89f3.b7a41ae239ff.00000000.1816fe172a83e1f7.006a1b2c3d.0123456789abcdef0123456789abcdef",
    ),
    "Listenlink-Track": _text("The track that was made.", "mtrack_9692d3f775dd"),
    "Location": _text("Where to go on.", "/v1/music/org_9692d3f775dd/uploads/mupload_9692d3f775dd"),
    "RateLimit": _text("What is left of the budget.", '"resolve";r=119;t=61'),
    "RateLimit-Policy": _text("The budget and its size.", '"resolve";q=120;w=60'),
    "Retry-After": _number("When to try again, in seconds.", 1, least=1),
    "Set-Cookie": _text(
        "What a password was worth, for this link's address alone.",
        "listenlink-unlock=su1.509d89f3…; Max-Age=3600; Path=/v1/music/shared/shr_…; HttpOnly; SameSite=Lax",
    ),
    "Share-Unlock": _text(
        "What the right password was worth: sent back, it opens the link without it.",
        "su1.509d89f3.b7a41ae239ff.00000000.006a1b2c3d.0123456789abcdef0123456789abcdef",
    ),
    "Tus-Extension": _text("What of tus is supported.", "creation,expiration,termination"),
    "Tus-Max-Size": _number("The largest file, in bytes.", 2147483648),
    "Tus-Resumable": _text("The version of tus that is spoken.", "1.0.0"),
    "Tus-Version": _text("The versions of tus that are supported.", "1.0.0"),
    "Upload-Expires": _text("When the upload is given up.", "Sun, 28 Jun 2026 10:30:00 GMT"),
    "Upload-Length": _number("How many bytes the file has.", 73400320),
    "Upload-Metadata": _text("As it was sent when the upload was begun.", "engine c3R1ZGlv"),
    "Upload-Offset": _number("How many bytes have arrived: where to go on.", 0),
    "Vary": _text("The request headers that make another answer.", "Accept-Encoding"),
    "WWW-Authenticate": _text(
        "How to send a key, and what is wrong with it (RFC 6750); `Listenlink-Share` where a link's password "
        "is asked for.",
        'Bearer realm="listenlink"',
    ),
    "X-RateLimit-Limit": _number("The size of the budget.", 120),
    "X-RateLimit-Remaining": _number("How much of it is left.", 119),
    "X-RateLimit-Reset": _number("When it's whole again, in Unix seconds.", 1795488876),
    "X-Request-Id": _text(
        "Names this request in the log and in the audit.", "req_1816fe172a83e1f7",
        pattern="^req_[0-9a-f]{16}$",
    ),
}  # fmt: skip
RATES = (
    "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit-Policy", "RateLimit",
)  # fmt: skip
_TUS = ("Tus-Resumable", "Tus-Version")
# Of pages, where the same address has JSON too.
_PAGED = ("Vary", "Content-Language", "Content-Encoding")
_KEPT = ("ETag", "Cache-Control")
_FILE = (*_KEPT, "Accept-Ranges", "Content-Disposition")
_PLAYED = {
    "200": _FILE, "206": (*_FILE, "Content-Range"), "304": _KEPT, "416": ("Content-Range",),
}  # fmt: skip
# Audio of which something was signed says where that is.
_HEARD = _PLAYED | {status: (*_PLAYED[status], "Link") for status in ("200", "206")}
_PREFLIGHT = (
    "Allow", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Max-Age",
)  # fmt: skip
_LED = ("Location", "Cache-Control", "Vary", *RATES)
# Of each operation, by status, what isn't the same for all.
_OWN: dict[str, dict[str, tuple[str, ...]]] = {
    "open_link": {
        "200": (*RATES, *_PAGED, "Link", "Listen-Session", "Share-Unlock"),
        "302": (*_LED, "Share-Unlock"), "401": _PAGED, "404": _PAGED,
        "429": (*RATES, *_PAGED), "503": _PAGED,
    },
    "check_link": {
        "200": (*RATES, *_PAGED, "Link", "Share-Unlock"), "302": _LED, "401": _PAGED, "404": _PAGED,
        "429": (*RATES, *_PAGED), "503": _PAGED,
    },
    "open_link_options": {"204": _PREFLIGHT},
    "open_without_script": {
        "200": (*RATES, *_PAGED), "303": ("Location", "Set-Cookie", *RATES, *_PAGED), "401": _PAGED,
        "404": _PAGED,
        "429": (*RATES, *_PAGED), "503": _PAGED,
    },
    "play_track": _HEARD,
    "check_audio": _HEARD,
    "play_track_options": {"204": _PREFLIGHT},
    "download_track": _HEARD,
    "check_download": _HEARD,
    "get_manifest": _PLAYED,
    "check_manifest": _PLAYED,
    "download_archive": _PLAYED,
    "check_archive": _PLAYED,
    **{
        name: {"200": ("Content-Disposition",)}
        for name in ("get_link_stats_csv", "get_track_stats_csv", "get_collection_stats_csv")
    },
    "get_oembed": {"200": ("Share-Unlock",)},
    "save_shared_track": {"201": ("Share-Unlock",)},
    "get_picture": {"200": _KEPT, "304": _KEPT},
    "get_track_cover": {"200": _KEPT, "304": _KEPT},
    "get_collection_cover": {"200": _KEPT, "304": _KEPT},
    "begin_upload": {"201": ("Location", "Upload-Offset", "Upload-Expires")},
    "get_upload": {"200": ("Upload-Offset", "Upload-Length", "Upload-Metadata", "Upload-Expires",
                           "Listenlink-Track")},
    "check_upload": {"200": ("Upload-Offset", "Upload-Length", "Upload-Metadata", "Upload-Expires",
                             "Listenlink-Track")},
    "append_to_upload": {"204": ("Upload-Offset", "Upload-Expires", "Listenlink-Track")},
    "describe_uploads": {"204": ("Allow", "Tus-Extension", "Tus-Max-Size")},
}  # fmt: skip
# Not in every answer of the status: rates are off with a limit of 0, a removed track begins no session, …
_SOMETIMES = {
    *RATES, "Accept", "Accept-Encoding", "Accept-Patch", "Content-Encoding", "Content-Language",
    "Link", "Listen-Session", "Listenlink-Track", "Set-Cookie", "Share-Unlock", "Vary",
}  # fmt: skip
# Nor these, though they are in every answer of other statuses.
_SOMETIMES_WITH = {("WWW-Authenticate", "403"), ("Cache-Control", "302")}
_OF_STATUS = {
    "401": ("WWW-Authenticate",),
    "415": ("Accept", "Accept-Encoding"),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
}


def describe_headers(operation: Json, path: str, method: str) -> None:
    """Add the headers to all answers of an operation."""
    name = operation["operationId"]
    for status, response in operation["responses"].items():
        if status == "431":
            continue
        named = ["X-Request-Id", *_OF_STATUS.get(status, ()), *_OWN.get(name, {}).get(status, ())]
        if "/uploads" in path:
            named += _TUS
        if status == "415" and method == "patch":
            named.append("Accept-Patch")
        if status == "403" and operation.get("security") != []:
            named.append("WWW-Authenticate")
        response["headers"] = {one: _header(one, status) for one in sorted(set(named))}


def _header(name: str, status: str) -> Json:
    is_certain = name not in _SOMETIMES and (name, status) not in _SOMETIMES_WITH
    return {"$ref": "#/components/headers/" + (name if is_certain else name + _MAYBE)}


_MAYBE = "-if-any"


def all_headers() -> Json:
    """`components.headers`: each as it's always there, or only sometimes."""
    certain = {
        name: header | {"required": True}
        for name, header in HEADERS.items()
        if name not in _SOMETIMES
    }
    maybe = [*_SOMETIMES, *(name for name, _ in _SOMETIMES_WITH)]
    return dict(sorted((certain | {name + _MAYBE: HEADERS[name] for name in maybe}).items()))
