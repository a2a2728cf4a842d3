"""Every public route in every state that can be brought about, and how to ask for it. A new route of
`web/routes.py` fails in `test_header_matrix.py` until it has its cases here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from listenlink.web.pages.assets import ASSETS
from web.locked_cases import locked_cases
from web.public_world import HTML, REFUSED
from web.public_world import MISS_LIMIT as MISS_LIMIT
from web.public_world import RESOLVE_LIMIT as RESOLVE_LIMIT
from web.public_world import World as World

SHARED = "/v1/music/shared/{token}"
PLAYED = "/v1/music/audio/{signed}"
TAKEN = "/v1/music/download/{signed}"
WHOLE = "/v1/music/archive/{signed}"
SIGNED = "/v1/music/manifests/{signed}"
JSON = {"Accept": "application/json"}


@dataclass(frozen=True)
class Case:
    """A route, the status it's asked for, and which headers belong to that (`header_table.py`)."""

    route: str
    status: int
    kind: str
    ask: Callable[[World, httpx.Client], httpx.Response]
    spent: str = ""

    def __str__(self) -> str:
        return f"{self.route} {self.status} {self.kind}"


def _case(route: str, status: int, kind: str, path: str, spent: str = "", **sent: Any) -> Case:
    """`path` is a format over the world; `sent` goes with the request, a session by the name `session`."""
    method = route.partition(" ")[0]

    def ask(world: World, client: httpx.Client) -> httpx.Response:
        given = dict(sent)
        if given.get("json") == "heard":
            given["json"] = {"track_id": world.track}
        if session := given.pop("session", False):
            own = world.album_session if session == "album" else world.session
            given["headers"] = given.get("headers", {}) | own
        with client.stream(method, path.format(w=world), **given) as answer:
            if answer.headers.get("content-type") != "text/event-stream":
                answer.read()
        return answer

    return Case(route, status, kind, ask, spent)


_DETAILS, _EVENTS = f"GET {SHARED}/details", f"GET {SHARED}/events"
_STANDING = f"GET {SHARED}/standing"
_ALL = f"GET {SHARED}/download"
_TAKE, _LISTENING = f"GET {SHARED}/download/{{track_id}}", f"GET {SHARED}/listening/{{session}}"
_LISTEN, _EMBED, _OEMBED = f"POST {SHARED}/listen", "GET /embed/{token}", "GET /oembed"
_URL = "/oembed?url=https://music.example"
_PREFLIGHT = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
_PACKED, _KNOWN = {"Accept-Encoding": "gzip"}, {"If-None-Match": "*"}
_SAYS_JSON, _TOO_MUCH = {"Content-Type": "application/json"}, b" " * 2**20 + b"{}"
_HEARD = {"track_id": "mtrack_000000000000"}


def _open_cases() -> list[Case]:
    json_cases = [
        _case(f"GET {SHARED}", 200, "opened", "{w.path}"),
        _case(f"GET {SHARED}", 200, "opened", "{w.path}", session=True),
        _case(f"GET {SHARED}", 200, "removed", "/v1/music/shared/{w.removed[token]}"),
        _case(f"HEAD {SHARED}", 200, "looked", "{w.path}"),
        _case(f"GET {SHARED}", 404, "refused", REFUSED),
        _case(f"HEAD {SHARED}", 404, "refused", REFUSED),
        _case(f"GET {SHARED}", 429, "limited", "{w.path}", "resolve"),
        _case(f"GET {SHARED}", 429, "limited", REFUSED, "refusal"),
        _case(f"GET {SHARED}", 429, "limited", REFUSED, "repeat"),
        _case(f"OPTIONS {SHARED}", 204, "preflight", "{w.path}", headers=_PREFLIGHT),
        _case(f"PUT {SHARED}", 405, "not_allowed", "{w.path}"),
    ]
    pages = [
        _case(f"{method} {SHARED}", status, kind, path, spent, headers=HTML)
        for method in ("GET", "HEAD")
        for status, kind, path, spent in (
            (200, "shown_page", "{w.path}", ""),
            (200, "page", "/v1/music/shared/{w.removed[token]}", ""),
            (200, "public_page", "/v1/music/shared/{w.public[token]}", ""),
            (404, "refused_page", REFUSED, ""),
            (429, "limited_page", "{w.path}", "resolve"),
            (429, "limited_page", REFUSED, "repeat"),
        )
    ]
    posted = [
        _case(f"POST {SHARED}", 303, "see_other", "{w.path}"),
        _case(f"POST {SHARED}", 303, "see_other", "/v1/music/shared/{w.public[token]}"),
        _case(f"POST {SHARED}", 404, "refused_page", REFUSED),
        _case(f"POST {SHARED}", 429, "limited_page", "{w.path}", "resolve"),
    ]
    return json_cases + pages + posted


def _media_cases() -> list[Case]:
    cases = []
    for route, path, kind in (
        (PLAYED, "{w.audio}", "signed_audio"), (TAKEN, "{w.download}", "taken"),
        (WHOLE, "{w.archive}", "archive"), (SIGNED, "{w.manifest}", "manifest"),
    ):  # fmt: skip
        cases += [
            _case(f"GET {route}", 200, kind, path),
            _case(f"HEAD {route}", 200, kind, path),
            _case(f"GET {route}", 206, f"{kind}_part", path, headers={"Range": "bytes=0-9"}),
            _case(f"GET {route}", 416, "no_such_part", path, headers={"Range": "bytes=99999999-"}),
            _case(f"GET {route}", 412, "no_media", path, headers={"If-Match": '"other"'}),
            _case(f"GET {route}", 403, "no_media", path + "0"),
            _case(f"HEAD {route}", 403, "no_media", path + "0"),
        ]
    cases.append(_case(f"OPTIONS {PLAYED}", 204, "media_preflight", "{w.audio}"))
    cases.append(_case(f"PUT {PLAYED}", 405, "media_not_allowed", "{w.audio}"))
    return cases


def _lower_cases() -> list[Case]:
    """Below a link, by its session."""
    refused = [
        _case(route, status, kind, path, spent)
        for route, path, refused, limited in (
            (_DETAILS, "{0}/details", "refused", "listen_limited"),
            (_EVENTS, "{0}/events", "refused", "listen_limited"),
            (_STANDING, "{0}/standing", "refused", "listen_limited"),
            (_TAKE, "{0}/download/{w.track}", "inner", "inner_limited"),
        )
        for status, kind, path, spent in (
            (404, refused, path.replace("{0}", REFUSED), ""),
            (404, refused, path.replace("{0}", "{w.path}"), ""),
            (429, limited, path.replace("{0}", "{w.path}"), "resolve"),
        )
    ]  # fmt: skip
    return [
        *refused,
        *(
            _case(f"OPTIONS {SHARED}/{name}", 204, "session_preflight", f"{{w.path}}/{name}")
            for name in ("details", "events", "standing")
        ),
        _case(_DETAILS, 200, "details", "{w.path}/details", session=True),
        _case(_STANDING, 204, "heard", "{w.path}/standing", session=True),
        _case(_EVENTS, 200, "events", "{w.path}/events", session=True),
        _case(_TAKE, 200, "inner", "{w.path}/download/{w.track}", session=True),
        _case(_LISTENING, 200, "page", "{w.listening}"),
        _case(_LISTENING, 303, "led_to_file", "{w.listening}?download={w.track}"),
        _case(_LISTENING, 404, "refused_page", "{w.listening}?download=mtrack_000000000000"),
        _case(_LISTENING, 404, "refused_page", "{w.path}/listening/none"),
        _case(_LISTENING, 429, "limited_page", "{w.listening}", "resolve"),
        _case(_LISTEN, 204, "heard", "{w.path}/listen", session=True, json="heard"),
        _case(_LISTEN, 400, "refused", "{w.path}/listen", content=b"{", headers=_SAYS_JSON),
        _case(_LISTEN, 404, "refused", "{w.path}/listen", json=_HEARD),
        _case(_LISTEN, 413, "too_large", "{w.path}/listen", content=_TOO_MUCH, headers=_SAYS_JSON),
        _case(_LISTEN, 422, "refused", "{w.path}/listen", json={"track_id": 1}),
        _case(_LISTEN, 429, "listen_limited", REFUSED + "/listen", "refusal", json=_HEARD),
        _case(_LISTEN, 429, "listen_limited", REFUSED + "/listen", "repeat", json=_HEARD),
        _case(_LISTEN, 429, "listen_limited", "{w.path}/listen", "write", session=True, json="heard"),
    ]  # fmt: skip


def _archive_cases() -> list[Case]:
    return [
        _case(_ALL, 200, "inner", "{w.album}/download", session="album"),
        _case(_ALL, 404, "inner", REFUSED + "/download"),
        _case(_ALL, 404, "inner", "{w.album}/download"),
        _case(_ALL, 404, "inner", "{w.path}/download", session=True),
        _case(_ALL, 429, "inner_limited", "{w.album}/download", "resolve"),
    ]


def _other_cases() -> list[Case]:
    asset = ASSETS["share.js"].path
    return [
        _case(_EMBED, 200, "embed", "/embed/{w.link[token]}"),
        _case(_EMBED, 200, "embed", "/embed/{w.public[token]}"),
        _case(_EMBED, 200, "embed", "/embed/{w.removed[token]}"),
        _case(_EMBED, 404, "refused_embed", "/embed/shr_0"),
        _case(_EMBED, 429, "limited_embed", "/embed/{w.link[token]}", "resolve"),
        _case(_OEMBED, 200, "inner", _URL + "{w.path}"),
        _case(_OEMBED, 404, "inner", _URL + REFUSED),
        _case(_OEMBED, 422, "inner", _URL + "{w.path}&maxwidth=0"),
        _case(_OEMBED, 422, "inner", "/oembed"),
        _case(_OEMBED, 429, "inner_limited", _URL + "{w.path}", "resolve"),
        _case("GET /v1/music/picture/{name}", 200, "preview", "{w.preview}"),
        _case("GET /v1/music/picture/{name}", 200, "cover", "{w.cover}"),
        _case("GET /v1/music/picture/{name}", 304, "known_preview", "{w.preview}", headers=_KNOWN),
        _case("GET /v1/music/picture/{name}", 304, "known_cover", "{w.cover}", headers=_KNOWN),
        _case("GET /v1/music/picture/{name}", 404, "inner", "{w.cover}0"),
        _case("GET /v1/music/picture/{name}", 429, "inner_limited", "{w.cover}", "picture"),
        _case("GET /assets/{name}", 200, "asset", asset),
        _case("GET /assets/{name}", 200, "packed_asset", asset, headers=_PACKED),
        _case("GET /assets/{name}", 404, "inner", "/assets/share.0.js"),
        *(_case(f"GET {path}", 200, "inner", path) for path in ("/healthz", "/readyz")),
        _case("GET /robots.txt", 200, "robots", "/robots.txt"),
        _case("GET /favicon.ico", 200, "icon", "/favicon.ico"),
    ] + [
        _case(f"GET {path}", status, f"{how}{kind}", path, headers=headers)
        for path, kind in (("/schema/openapi.json", "schema"), ("/docs", "docs"))
        for status, how, headers in (
            (200, "", {}),
            (200, "packed_", _PACKED),
            (304, "known_", _KNOWN),
            (304, "known_", _KNOWN | _PACKED),
        )
    ]  # fmt: skip


def _leave_cases() -> list[Case]:
    route = "/leave/{leave}"
    return [
        _case(f"GET {route}", 200, "leave_page", "{w.leave}"),
        _case(f"GET {route}", 404, "inner", "{w.leave}0"),
        _case(f"GET {route}", 429, "inner_limited", "{w.leave}0", "refusal"),
        _case(f"POST {route}", 200, "leave_page", "{w.leave}", data={"List-Unsubscribe": "One-Click"}),
        _case(f"POST {route}", 200, "leave_page", "{w.leave}", headers=HTML),
        _case(f"POST {route}", 404, "inner", "{w.leave}0"),
        _case(f"POST {route}", 429, "inner_limited", "{w.leave}", "write"),
    ]  # fmt: skip


CASES = (
    _open_cases()
    + _media_cases()
    + _lower_cases()
    + _archive_cases()
    + _other_cases()
    + _leave_cases()
    + locked_cases(_case)
)
