"""Links that are refused for every reason there is, to be asked for at every door (`token_doors.py`), and
what was given for them while they opened.

A new reason is one more line in `KINDS`.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx

from cast import Server, share
from journeys.refused import new_suspended, number_of
from listenlink.actions.find_instance import load_ring
from listenlink.media.archive_url import make_archive_urls
from listenlink.media.picture_url import PREVIEW, PictureName, PictureUrls
from listenlink.media.picture_url import PURPOSE as PICTURE_PURPOSE
from listenlink.model.listen_session import PURPOSE as SESSION_PURPOSE
from listenlink.model.listen_session import ListenSession, write_session
from listenlink.model.signing import Signer
from listenlink.parts import make_urls
from listenlink.settings import load_settings

LINKS_OF_A_KIND = 5
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


def _suspend(server: Server, _: httpx.Client, link: dict[str, Any]) -> None:
    """It becomes one of an organisation that is: suspending its own would end all the others."""
    if server.organization_id not in _suspended:
        _suspended[server.organization_id] = new_suspended(server)
    change = "UPDATE shares SET organization_id = ? WHERE id = ?"
    server.change(change, _suspended[server.organization_id], number_of(link["id"]))


_suspended: dict[str, int] = {}


def _nothing(*_: object) -> None:
    """Its one open was that which was made of each."""


KINDS: dict[str, Kind] = {
    "revoked": Kind(_revoke),
    "expired": Kind(_set("expires_at", _LONG_AGO)),
    "not started": Kind(_set("starts_at", _FAR_OFF)),
    "suspended": Kind(_suspend),
    "spent": Kind(_nothing, {"max_opens": 1}, goes_on=True),
    "revoked, public": Kind(_revoke, {"visibility": "public"}),
    "revoked, collection": Kind(_revoke, is_collection=True),
    "expired, collection": Kind(_set("expires_at", _LONG_AGO), is_collection=True),
}


class EndedLinks:
    """On a server, some links of each kind, all to the same track, that were open, were heard by somebody,
    and aren't open any more. A member who isn't their creator asks with a key."""

    def __init__(self, server: Server, track: str) -> None:
        self.server, self.track = server, track
        stored = {name.lower(): value for name, value in server.stored.items()}
        settings = load_settings(data=server.data, port=server.port, **stored)
        ring = load_ring(settings)
        self._urls = make_urls(settings.base_url, ring)
        self._archives = make_archive_urls(settings.base_url, ring)
        self._pictures = PictureUrls(Signer(ring, PICTURE_PURPOSE))
        self._sessions = Signer(ring, SESSION_PURPOSE)
        self.key = str(server.new_member()["api_key"])
        with server.owner() as owner:
            collection = str(owner.post("/collections", json={"name": "All"}).json()["id"])
            owner.post(f"/collections/{collection}/tracks", json={"track_id": track})
            self.stranger = self._open(share(owner, track))
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
        with self.server.listener() as listener:
            opened = listener.get(
                f"/v1/music/shared/{link['token']}", headers={"Accept": "application/json"}
            )
        return opened.headers["listen-session"]

    def _end(self, owner: httpx.Client, kind: Kind, link: dict[str, Any]) -> Ended:
        session = self._open(link)
        number = int(link["id"].removeprefix("mslink_"), 16)
        kind.end(self.server, owner, link)
        return Ended(str(link["token"]), session, self._sign(number))

    def _sign(self, share_id: int) -> dict[str, str]:
        until = int(time.time()) + 3000
        session, number = ListenSession(share_id, 0, 1, until), int(self.track[7:], 16)
        names = {
            "preview": PictureName(share_id, 0, 0, PREVIEW),
            "cover": PictureName(share_id, 0, number, "l"),
        }
        (played,) = self._urls.write_shared(session, until, [number])
        (taken,) = self._urls.write_downloads(session, until, [number])
        paths = {name: self._pictures.write(named) for name, named in names.items()}
        whole = self._archives.write_shared(session, until)
        manifest = _path(played).replace("/audio/", "/manifests/")
        files = {"played": _path(played), "taken": _path(taken), "whole": _path(whole)}
        return paths | files | {"manifest": manifest}

    def one(self, kind: str) -> Ended:
        """A link of this kind, in turn; those that never were are new each time."""
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


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]
