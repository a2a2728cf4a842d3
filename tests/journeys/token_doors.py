"""Every door that takes a link's token, or an address signed for a link, and how it's asked.

A route that takes one and isn't here fails in `tests/web/test_refused_alike.py`.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from journeys.refused_everywhere import KINDS, NEVER_WAS, EndedLinks


class Door(NamedTuple):
    """How a door is asked: `path` has `{token}`, `{track}`, `{org}` or a name of `Ended.signed` to be filled
    in. `session` is whose goes with it: none, a `stranger`'s of another link, or that link's `own`."""

    name: str
    route: str
    path: str
    method: str = "GET"
    headers: dict[str, str] = {}  # noqa: RUF012 (never changed)
    body: str = ""
    session: str = ""
    key: bool = False

    @property
    def is_signed(self) -> bool:
        """Whether it's asked by a signed address, without a token."""
        return "{token}" not in self.path + self.body

    def kinds(self) -> list[str]:
        """Which refused links may be told apart neither by the answer nor by its time."""
        if self.is_signed:
            return [NEVER_WAS, *(name for name, kind in KINDS.items() if not kind.goes_on)]
        if self.session == "own":
            return [name for name, kind in KINDS.items() if not kind.goes_on]
        # By its form alone, whether there is such a link or not, what was pasted leads to an address.
        malformed = [] if self.name == "pasted" else ["malformed"]
        return ["unknown", *malformed, *KINDS]


_SHARED, _BELOW = "/v1/music/shared/{token}", "GET /v1/music/shared/{token:str}"
_HTML, _JSON = {"Accept": "text/html"}, {"Accept": "application/json"}
_HEARD = '{"track_id": "{track}"}'
_LISTEN = "POST /v1/music/shared/{token:str}/listen", _SHARED + "/listen", "POST"
DOORS = [
    Door("open", _BELOW, _SHARED, headers=_JSON),
    Door("open, own session", _BELOW, _SHARED, headers=_JSON, session="own"),
    Door("head", "HEAD /v1/music/shared/{token:str}", _SHARED, "HEAD", _JSON),
    Door("page", _BELOW, _SHARED, headers=_HTML),
    Door("pasted", _BELOW, "/v1/music/shared/({token}).", headers=_HTML),
    Door("form", "POST /v1/music/shared/{token:str}", _SHARED, "POST"),
    Door("player", _BELOW, _SHARED, headers={"Icy-MetaData": "1"}),
    Door("embed", "GET /embed/{token:str}", "/embed/{token}", headers=_HTML),
    Door("embed, form", "POST /embed/{token:str}", "/embed/{token}", "POST", _HTML),
    Door("oembed", "GET /oembed", "/oembed?url={base}" + _SHARED),
    Door("events", _BELOW + "/events", _SHARED + "/events", session="stranger"),
    Door("standing", _BELOW + "/standing", _SHARED + "/standing"),
    Door("standing, session", _BELOW + "/standing", _SHARED + "/standing", session="stranger"),
    Door("standing, own", _BELOW + "/standing", _SHARED + "/standing", session="own"),
    Door("details", _BELOW + "/details", _SHARED + "/details", session="stranger"),
    Door(
        "download",
        _BELOW + "/download/{track_id:str}",
        _SHARED + "/download/{track}",
        session="stranger",
    ),
    Door("archive", _BELOW + "/download", _SHARED + "/download", session="stranger"),
    Door(
        "listening", _BELOW + "/listening/{session:str}", _SHARED + "/listening/{session}",
        headers=_HTML, session="stranger",
    ),
    Door(
        "listening, file", _BELOW + "/listening/{session:str}",
        _SHARED + "/listening/{session}?download={track}", headers=_HTML, session="stranger",
    ),
    Door("listen", *_LISTEN, body=_HEARD),
    Door("listen, session", *_LISTEN, body=_HEARD, session="stranger"),
    Door("listen, own session", *_LISTEN, body=_HEARD, session="own"),
    Door(
        "save", "POST /v1/music/shared/{token:str}/save", _SHARED + "/save", "POST", key=True
    ),
    Door(
        "revoke", "DELETE /v1/music/{org:str}/share/{share_id:str}", "/v1/music/{org}/share/{token}",
        "DELETE", key=True,
    ),
    Door(
        "find", "POST /v1/music/{org:str}/share/find", "/v1/music/{org}/share/find", "POST",
        body='{"token": "{token}"}', key=True,
    ),
    Door("played", "GET /v1/music/audio/{signed:str}", "{played}"),
    Door("taken", "GET /v1/music/download/{signed:str}", "{taken}"),
    Door("whole", "GET /v1/music/archive/{signed:str}", "{whole}"),
    Door("manifest", "GET /v1/music/manifests/{signed:str}", "{manifest}"),
    Door("preview", "GET /v1/music/picture/{name:str}", "{preview}"),
    Door("cover", "GET /v1/music/picture/{name:str}", "{cover}"),
]  # fmt: skip


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def raw(self, address: str) -> bytes:
        """Its bytes, by a client of this address behind the trusted proxy."""
        headers = self.headers | {"Host": "127.0.0.1", "X-Forwarded-For": address}
        if self.body or self.method == "POST":
            headers["Content-Length"] = str(len(self.body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


def ask_for(links: EndedLinks, door: Door, kind: str) -> Asked:
    """A request at this door with one of the refused links of this kind."""
    ended = links.one(kind)
    session = {"": "", "stranger": links.stranger, "own": ended.session}[door.session]
    filled = {
        "token": ended.token, "track": links.track, "session": session,
        "org": links.server.organization_id, "base": links.server.url, **ended.signed,
    }  # fmt: skip
    path, body = door.path, door.body
    for name, value in filled.items():
        path = path.replace(f"{{{name}}}", value)
        body = body.replace(f"{{{name}}}", value)
    headers = dict(door.headers)
    if session and "{session}" not in door.path:
        headers["Listen-Session"] = session
    if door.key:
        headers["X-API-Key"] = links.key
    if body:
        assert json.loads(body)
        headers["Content-Type"] = "application/json"
    return Asked(door.method, path, headers, body.encode())
