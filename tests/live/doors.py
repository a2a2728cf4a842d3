"""Every door of a server, as the router has it, and how each is asked so that it does what it's for.

A route that's new in `web/routes.py` is among them by itself. What is promised of it follows from its method
until it's named in `door_promises.py`; what it has to be sent, if anything, is said here.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cast import Server, share, upload, wait_for_sound
from journeys.leaving_mails import leave_of_nobody
from listenlink.web.pages.assets import ASSETS
from listenlink.web.routes import FOR_ANYBODY, FOR_OWNERS
from media.make_audio import add_cover, make, make_picture

HTML = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}
SHARED, ORG = "/v1/music/shared/{token}", "/v1/music/{org}"
_WHOLE = SHARED + "/download"
TUS = {"Tus-Resumable": "1.0.0"}
_PIECE = TUS | {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
_FACTS = "engine " + base64.b64encode(b"studio").decode()
_DELETED = (
    f"{ORG}/tracks/{{track_id}}", f"{ORG}/collections/{{collection_id}}", f"{ORG}/webhooks/{{webhook_id}}"
)  # fmt: skip


@dataclass(frozen=True)
class Door:
    """A method and a path of the router; `accept` asks for a page instead of what a program gets."""

    method: str
    path: str
    accept: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}{' as a page' if self.accept else ''}"


def list_doors() -> list[Door]:
    """All there are: what the router has, HEAD wherever there's a GET, OPTIONS everywhere, and no door.
    Those that delete are the last."""
    found: dict[Door, None] = {}
    for handler in [*FOR_ANYBODY, *FOR_OWNERS]:
        for typed in sorted(handler.paths):
            path = re.sub(r":\w+}", "}", typed)
            methods = {str(method) for method in handler.http_methods}
            methods |= {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
            found |= dict.fromkeys(Door(method, path) for method in sorted(methods))
    pages = [Door(method, SHARED, "text/html") for method in ("GET", "HEAD")]
    nowhere = [Door(method, "/nothing/is/here") for method in ("GET", "HEAD", "POST", "OPTIONS")]
    return sorted([*found, *pages, *nowhere], key=lambda door: door.method == "DELETE")


class House:
    """A server with something behind every door."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.owner = server, server.owner()
        song = add_cover(make("mp3_xing", folder / "song.mp3"))
        self.song = song.read_bytes()
        track = str(upload(self.owner, song, title="Song")["id"])
        spare = str(upload(self.owner, make("wav16", folder / "spare.wav"))["id"])
        wait_for_sound(self.owner, track)
        server.wait_until_derived()
        made = [self._make("/collections", {"name": name}) for name in ("All", "Spare")]
        self._make(f"/collections/{made[0]}/tracks", {"track_id": track})
        self.link = share(self.owner, track, allow_download=True)
        self._track = track
        self.have_watched()
        self.spare = share(self.owner, track)
        key = self._make("/keys", {"scopes": ["read"], "expires_in_days": 1})
        self.values = {
            "org": server.organization_id, "token": self.link["token"], "track_id": track,
            "spare_track_id": spare, "collection_id": made[0], "spare_collection_id": made[1],
            "webhook_id": self._make("/webhooks", _WEBHOOK),
            "spare_webhook_id": self._make("/webhooks", _WEBHOOK),
            "share_id": self.spare["id"], "key_id": key, "user_id": server.new_member()["user_id"],
            "sha256": hashlib.sha256(self.song).hexdigest(), "leave": leave_of_nobody(server),
        }  # fmt: skip
        tried = f"/webhooks/{self.values['webhook_id']}/test"
        self.values["delivery_id"] = self._make(tried, {})
        # Only one request at a time may work on an upload.
        self._uploads = {name: self._begin_upload() for name in ("GET", "HEAD", "PATCH", "DELETE")}
        self._open(track)
        self._open_album(made[0])
        self.client = httpx.Client(
            base_url=server.url, timeout=60, limits=httpx.Limits(max_connections=None)
        )

    def have_watched(self) -> None:
        """A link that nobody else opens, which is open until it's revoked."""
        self.watched = share(self.owner, self._track)

    def close(self) -> None:
        self.client.close()
        self.owner.close()

    def _make(self, path: str, body: dict[str, Any]) -> str:
        answer = self.owner.post(path, json=body).raise_for_status()
        return str(answer.json()["id"])

    def _begin_upload(self) -> str:
        length = {"Upload-Length": str(len(self.song)), "Upload-Metadata": _FACTS}
        answer = self.owner.post("/uploads", headers=TUS | length).raise_for_status()
        return str(answer.headers["location"].rpartition("/")[2])

    def _open(self, track: str) -> None:
        path = SHARED.format_map(self.values)
        with self.server.listener() as client:
            opened = client.get(path)
            self.session = {"Listen-Session": opened.headers["listen-session"]}
            told = client.get(f"{path}/download/{track}", headers=self.session).json()
            page = client.get(path, headers=HTML).text
            preview = page.partition('og:image" content="')[2].partition('"')[0]
            cover = page.partition('<img id="cover" src="')[2].partition('"')[0]
            listening = client.post(path).headers["location"]
            # What is made when it's first asked for, and then kept, takes a busy machine a second.
            for made in (preview, cover, "/docs", "/oembed?url=" + self.server.url + path):
                assert client.get(made).status_code == 200, made
        names = {
            "audio": opened.json()["track"]["playback_url"], "download": told["download_url"],
            "picture": cover, "assets": ASSETS["share.js"].path, "session": listening,
            "manifests": self.owner.get(f"/tracks/{track}").json()["manifest_url"],
        }  # fmt: skip
        self.values |= {kind: url.rpartition("/")[2] for kind, url in names.items()}

    def _open_album(self, album: str) -> None:
        link = share(self.owner, album, allow_download=True)
        self.album = {"token": link["token"]}
        path = SHARED.format_map(self.album)
        with self.server.listener() as client:
            opened = client.get(path)
            self.album_session = {"Listen-Session": opened.headers["listen-session"]}
            told = client.get(f"{path}/download", headers=self.album_session).json()
        self.values["archive"] = told["download_url"].rpartition("/")[2]

    def path_of(self, door: Door) -> str:
        """The path, with what there is of each parameter."""
        values = self.values | {"upload_id": self._uploads.get(door.method, "")}
        # Each but the first is put in, and then the first made current.
        values["version"] = "2" if door.method == "DELETE" else "1"
        if "{signed}" in door.path or "{name}" in door.path:
            (kind,) = set(door.path.split("/")) & {
                "audio",
                "download",
                "archive",
                "picture",
                "assets",
                "manifests",
            }
            values["signed"] = values["name"] = values[kind]
        if door.path == _WHOLE:
            values |= self.album
        if door.method == "DELETE" and door.path in _DELETED:
            values |= {
                name: values[f"spare_{name}"]
                for name in ("track_id", "collection_id", "webhook_id")
            }
        path = door.path.format_map(values)
        if door.method == "DELETE" and path.endswith("/cover"):
            path += "?restore=true"  # So that there is one for whoever asks afterwards.
        if path == "/oembed":
            path += f"?url={self.server.url}{SHARED.format_map(values)}"
        return path

    def sent(self, door: Door) -> dict[str, Any]:
        """The headers and the body, as httpx takes them."""
        headers: dict[str, str] = {"Accept": door.accept or "*/*"}
        if door.path.startswith(ORG) or door.path in ("/v1/caller", SHARED + "/save"):
            headers["X-API-Key"] = self.server.api_key
        if door.path.startswith(SHARED + "/"):
            headers |= self.album_session if door.path == _WHOLE else self.session
        if "/uploads" in door.path:
            headers |= TUS
        more = _SENT.get((door.method, door.path.removeprefix(ORG)), {})
        body = {name: value for name, value in more.items() if name != "headers"}
        if "json" in body:
            body["json"] = {
                name: _filled(value, self.values) for name, value in body["json"].items()
            }
        if body.pop("song", False):
            body["files"] = {"file": ("new.mp3", self.song)}
        return body | {"headers": headers | more.get("headers", {})}


_WEBHOOK = {"url": "http://127.0.0.1:9/hook", "events": ["link.spread"]}
_TRACK = {"track_id": "{track_id}"}
_PICTURE = make_picture()
_SENT: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", SHARED + "/listen"): {"json": _TRACK},
    ("POST", "/tracks"): {"data": {"engine": "studio"}, "song": True},
    ("POST", "/uploads"): {"headers": {"Upload-Length": "5", "Upload-Metadata": _FACTS}},
    ("PATCH", "/uploads/{upload_id}"): {"headers": _PIECE, "content": b""},
    ("PATCH", "/tracks/{track_id}"): {"json": {"artist": "Ana"}},
    ("POST", "/tracks/{track_id}/versions"): {"song": True},
    ("PATCH", "/tracks/{track_id}/versions/{version}"): {"json": {"current": True}},
    ("PUT", "/licence-default"): {"json": {"declared_licence": "listen_only"}},
    ("POST", "/collections"): {"json": {"name": "New"}},
    ("PATCH", "/collections/{collection_id}"): {"json": {"description": "Quiet."}},
    ("POST", "/collections/{collection_id}/tracks"): {"json": {"track_id": "{spare_track_id}"}},
    ("PATCH", "/collections/{collection_id}/tracks/{track_id}"): {"json": {"position": 0}},
    ("PATCH", "/collections/{collection_id}/order"): {"json": {"ordered_track_ids": ["{track_id}"]}},
    ("PUT", "/tracks/{track_id}/cover"): {"content": _PICTURE},
    ("PUT", "/collections/{collection_id}/cover"): {"content": _PICTURE},
    ("PATCH", "/share/{share_id}"): {"json": {"label": "Ana"}},
    ("PATCH", "/notifications"): {"json": {"language": "de"}},
    ("POST", "/share/find"): {"json": {"token": "{token}"}},
    ("POST", "/tracks/{track_id}/share/batch"): {"json": {"recipients": [{"label": "Ana"}]}},
    ("POST", "/collections/{collection_id}/share/batch"): {"json": {"recipients": [{"label": "Ana"}]}},
    ("POST", "/keys"): {"json": {"scopes": ["read"], "expires_in_days": 1}},
    ("PATCH", "/keys/{key_id}"): {"json": {"expires_in_days": 2}},
    ("POST", "/webhooks"): {"json": _WEBHOOK},
    ("PATCH", "/webhooks/{webhook_id}"): {"json": {"paused": False}},
}  # fmt: skip


def _filled(value: Any, values: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_filled(each, values) for each in value]
    return value.format_map(values) if isinstance(value, str) else value


def in_order(doors: list[Door]) -> Iterator[list[Door]]:
    """What may be asked at once, one lot after the other, where everything is done: last what deletes."""
    reading = [door for door in doors if door.method in ("GET", "HEAD", "OPTIONS")]
    yield reading
    yield from ([door] for door in doors if door not in reading)
