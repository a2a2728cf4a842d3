"""Every door that takes a link's token, or an address signed for a link; and links that are refused for every
reason there is, which is the same at each of these doors.

A route that takes one and isn't here fails in `tests/web/test_refused_alike.py`. A new reason is one more
line in `KINDS`.
"""

from __future__ import annotations

import itertools
import json
import secrets
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx

from cast import Server, share
from listenlink.actions.find_instance import load_ring
from listenlink.media.picture_url import PREVIEW, PictureName, PictureUrls
from listenlink.media.picture_url import PURPOSE as PICTURE_PURPOSE
from listenlink.model.listen_session import PURPOSE as SESSION_PURPOSE
from listenlink.model.listen_session import ListenSession, write_session
from listenlink.model.signing import Signer
from listenlink.parts import make_urls
from listenlink.settings import load_settings

LINKS_OF_A_KIND = 5
TOKEN_ONLY = ("unknown", "malformed")
NEVER_WAS = "never was"
_LONG_AGO, _FAR_OFF = 1_000_000, 2**52
_NOWHERE = 2**47


class Ended(NamedTuple):
    """A link that is refused: its token; and what was given for it while it opened, or is signed as if it had
    been: a session, and the paths of its audio, its file and its pictures."""

    token: str
    session: str
    signed: dict[str, str]


End = Callable[[Server, httpx.Client, dict[str, Any]], None]


class Kind(NamedTuple):
    """A reason: the terms of the link, and what ends it once it has opened one time."""

    end: End
    terms: dict[str, Any] = {}  # noqa: RUF012 (never changed)
    is_collection: bool = False
    # Whoever opened it before may go on with that.
    goes_on: bool = False


def _revoke(_: Server, owner: httpx.Client, link: dict[str, Any]) -> None:
    assert owner.delete(f"/share/{link['id']}").status_code == 200


def _set(column: str, value: int) -> End:
    def end(server: Server, _: httpx.Client, link: dict[str, Any]) -> None:
        number = int(link["id"].removeprefix("mslink_"), 16)
        server.change(f"UPDATE shares SET {column} = ? WHERE id = ?", value, number)  # noqa: S608

    return end


def _nothing(*_: object) -> None:
    """Its one open was that which was made of each."""


KINDS: dict[str, Kind] = {
    "revoked": Kind(_revoke),
    "expired": Kind(_set("expires_at", _LONG_AGO)),
    "not started": Kind(_set("starts_at", _FAR_OFF)),
    "spent": Kind(_nothing, {"max_opens": 1}, goes_on=True),
    "revoked, public": Kind(_revoke, {"visibility": "public"}),
    "expired, collection": Kind(_set("expires_at", _LONG_AGO), is_collection=True),
}


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
        return "{token}" not in self.path

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
    Door(
        "listening", _BELOW + "/listening/{session:str}", _SHARED + "/listening/{session}",
        headers=_HTML, session="stranger",
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
    Door("played", "GET /v1/music/audio/{signed:str}", "{played}"),
    Door("taken", "GET /v1/music/download/{signed:str}", "{taken}"),
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


class EndedLinks:
    """On a server, some links of each kind, all to the same track, that were open, were heard by somebody,
    and aren't open any more. A member who isn't their creator asks with a key."""

    def __init__(self, server: Server, track: str) -> None:
        self._server, self._track = server, track
        stored = {name.lower(): value for name, value in server.stored.items()}
        settings = load_settings(data=server.data, port=server.port, **stored)
        ring = load_ring(settings)
        self._urls = make_urls(settings.base_url, ring)
        self._pictures = PictureUrls(Signer(ring, PICTURE_PURPOSE))
        self._sessions = Signer(ring, SESSION_PURPOSE)
        self._key = str(server.new_member()["api_key"])
        with server.owner() as owner:
            collection = str(owner.post("/collections", json={"name": "All"}).json()["id"])
            owner.post(f"/collections/{collection}/tracks", json={"track_id": track})
            self._stranger = self._open(share(owner, track))
            self._ended = {
                name: [
                    self._end(owner, kind, share(owner, target, allow_download=True, **kind.terms))
                    for _ in range(LINKS_OF_A_KIND)
                ]
                for name, kind in KINDS.items()
                for target in [collection if kind.is_collection else track]
            }
        self._numbers = itertools.count()

    def _open(self, link: dict[str, Any]) -> str:
        with self._server.listener() as listener:
            opened = listener.get(f"/v1/music/shared/{link['token']}", headers=_JSON)
        return opened.headers["listen-session"]

    def _end(self, owner: httpx.Client, kind: Kind, link: dict[str, Any]) -> Ended:
        session = self._open(link)
        number = int(link["id"].removeprefix("mslink_"), 16)
        kind.end(self._server, owner, link)
        return Ended(str(link["token"]), session, self._sign(number))

    def _sign(self, share_id: int) -> dict[str, str]:
        until = int(time.time()) + 3000
        session, number = ListenSession(share_id, 0, 1, until), int(self._track[7:], 16)
        names = {
            "preview": PictureName(share_id, 0, 0, PREVIEW),
            "cover": PictureName(share_id, 0, number, "l"),
        }
        (played,) = self._urls.write_shared(session, until, [number])
        (taken,) = self._urls.write_downloads(session, until, [number])
        paths = {name: self._pictures.write(named) for name, named in names.items()}
        return paths | {"played": _path(played), "taken": _path(taken)}

    def _one(self, kind: str) -> Ended:
        if kind in self._ended:
            ended = self._ended[kind]
            return ended[next(self._numbers) % len(ended)]
        token = "shr_" + secrets.token_hex(16)
        if kind == "malformed":
            return Ended(token[:-1] + "g", "", {})
        if kind == "unknown":
            return Ended(token, "", {})
        session = ListenSession(_NOWHERE, 0, 1, int(time.time()) + 3000)
        return Ended(token, write_session(session, self._sessions), self._sign(_NOWHERE))

    def ask(self, door: Door, kind: str) -> Asked:
        """A request at this door with one of the refused links of this kind."""
        ended = self._one(kind)
        session = {"": "", "stranger": self._stranger, "own": ended.session}[door.session]
        filled = {
            "token": ended.token, "track": self._track, "session": session,
            "org": self._server.organization_id, "base": self._server.url, **ended.signed,
        }  # fmt: skip
        path, body = door.path, door.body
        for name, value in filled.items():
            path = path.replace(f"{{{name}}}", value)
            body = body.replace(f"{{{name}}}", value)
        headers = dict(door.headers)
        if session and "{session}" not in door.path:
            headers["Listen-Session"] = session
        if door.key:
            headers["X-API-Key"] = self._key
        if body:
            assert json.loads(body)
            headers["Content-Type"] = "application/json"
        return Asked(door.method, path, headers, body.encode())


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]
