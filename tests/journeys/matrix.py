"""The matrix's routes and callers: what each route is asked with, and whose the things are.

A route with a new kind of id or a new body fails in `test_authorisation_matrix.py` until it's said here
what that looks like.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from cast import Server, share, upload, wait_for_sound
from journeys.matrix_bodies import BODIES as BODIES
from journeys.matrix_bodies import HELD, WEBHOOK
from journeys.matrix_bodies import OF_OWNERS as OF_OWNERS
from journeys.matrix_bodies import UNKNOWN as UNKNOWN
from listenlink.web.routes import FOR_OWNERS
from media.make_audio import make_picture
from pieces import METADATA, PIECE, TUS, begin
from signed_in import at_desk

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ENDING = re.compile(r"DELETE .*/{org}/tracks/{track_id}(/versions/{version})?$")
# A thing of these kinds that was deleted is one that doesn't exist.
DELETED_BY = {"track_id": "/tracks/{}", "collection_id": "/collections/{}"}
UPLOADING = TUS | PIECE | {"Upload-Length": "9", "Upload-Metadata": METADATA, "Upload-Offset": "0"}


@dataclass(frozen=True)
class Route:
    """One method of one path, and the scope it declares."""

    method: str
    path: str
    scope: str | None = field(compare=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def ids(self) -> list[str]:
        """The kinds of id in the path that belong to somebody."""
        return [name for name in re.findall(r"{(\w+)}", self.path) if name not in HELD | {"org"}]

    def foreign_to(self, who: str) -> list[str]:
        """The kinds of id, also in the body, of which another's is as good as none to a colleague who is an
        owner, or to a stranger."""
        kinds = dict.fromkeys([*self.ids, *self.ids_of_body])
        return [kind for kind in kinds if who != "colleague" or kind not in OF_OWNERS]

    @property
    def ids_of_body(self) -> list[str]:
        return re.findall(r"{(\w+)}", str(BODIES.get((self.method, self.path))))


def routes_of(handlers: list[Any]) -> list[Route]:
    return [
        Route(str(method), re.sub(r":\w+}", "}", path), handler.opt.get("scope"))
        for handler in handlers
        for path in sorted(handler.paths)
        for method in sorted(handler.http_methods)
        if method in METHODS
    ]


ROUTES = routes_of(FOR_OWNERS)


class Caller:
    """Somebody with a key of an organisation, and things of their own, made when they're needed."""

    def __init__(self, server: Server, song: Path, told: dict[str, Any]) -> None:
        self.api_key, self.org = told["api_key"], told["organization_id"]
        self.cookie, self._server, self._told = "", server, told
        self._client = httpx.Client(base_url=server.url, timeout=60)
        self._owner = httpx.Client(
            base_url=f"{server.url}/v1/music/{self.org}", headers={"X-API-Key": self.api_key}
        )
        self._file, self._sent = song, {"file": ("song.wav", song.read_bytes())}
        self._standing: dict[str, str] = {}
        self._tried, self._covered = dict[str, str](), set[str]()
        self._makers: dict[str, Callable[[], Any]] = {
            "track_id": self._upload_and_wait,
            "changed": self._upload_and_wait,
            "collection_id": self._make_collection,
            "share_id": lambda: share(self._owner, self._song(), label="Ana")["id"],
            "key_id": lambda: self._post("/keys", scopes=["read"])["id"],
            "user_id": lambda: server.new_member("member", self.org)["user_id"],
            "upload_id": lambda: begin(self._owner, 100).rpartition("/")[2],
            "webhook_id": self._add_webhook,
            "delivery_id": lambda: self._try(self.new("webhook_id")),
            "path": lambda: "index.html",  # of the framework's own pages, which nobody gets
            "token": lambda: share(self._owner, self._song())["token"],
            "sha256": lambda: self._song() and hashlib.sha256(song.read_bytes()).hexdigest(),
            "session": lambda: "ls1.unknown",
            "leave": lambda: "lv1.unknown",
            "name": lambda: "unknown",
            # No other text has it in it by chance.
            "version": lambda: "000000001",
            "thing": self._song,
            "signed": self._signed,
        }

    def _upload_and_wait(self) -> str:
        """A track of which everything is made: nothing changes any more by itself."""
        track_id = str(upload(self._owner, self._file)["id"])
        wait_for_sound(self._owner, track_id)
        return track_id

    def _make_collection(self) -> str:
        """One that isn't empty, so that there is something to be taken along."""
        made = str(self._post("/collections", name="Mine")["id"])
        song = {"track_id": self._song()}
        self._owner.post(f"/collections/{made}/tracks", json=song).raise_for_status()
        return made

    def _song(self) -> str:
        """The track that stands for all: their links and collections lead to it."""
        return self._stand("track_id")

    def _stand(self, kind: str) -> str:
        if kind not in self._standing:
            self._standing[kind] = self.new(kind)
        return self._standing[kind]

    def _signed(self) -> str:
        told = self._owner.get(f"/tracks/{self._song()}").json()
        return str(told["playback_url"]).rpartition("/")[2]

    def _add_webhook(self) -> str:
        """In the place of an older one, because there may be so many."""
        for older in self._owner.get("/webhooks").json()["items"][10:]:
            if older["id"] != self._standing.get("webhook_id"):
                self._owner.delete(f"/webhooks/{older['id']}").raise_for_status()
        return str(self._post("/webhooks", **WEBHOOK)["id"])

    def _try(self, webhook_id: str) -> str:
        return str(self._post(f"/webhooks/{webhook_id}/test")["id"])

    def _post(self, path: str, **body: Any) -> Any:
        answer = self._owner.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def new(self, kind: str) -> str:
        """A fresh thing of this caller's."""
        if kind == "org":
            return str(self.org)
        assert kind in self._makers, (
            f"say in `matrix.Caller` how a {kind} is made, and in UNKNOWN or HELD"
        )
        return str(self._makers[kind]())

    def deleted(self, kind: str) -> str:
        """A thing of theirs that is gone."""
        made = self.new(kind)
        assert self._owner.delete(DELETED_BY[kind].format(made)).status_code == 200
        return made

    def things_for(self, route: Route) -> dict[str, str]:
        """A fresh thing for each id of the route. Of tracks, which take longer than all else, only for what
        ends one: others get the one that such routes have changed."""
        lasting = {} if _ENDING.search(str(route)) else {"track_id": "changed"}
        kinds = kinds_of(route)
        things = {k: self._stand(lasting[k]) if k in lasting else self.new(k) for k in kinds}
        return self._put_in(route, things)

    def standing_for(self, route: Route) -> dict[str, str]:
        """The same, but what stands for all routes: for who is refused, and leaves it as it is."""
        return self._put_in(route, {kind: self._stand(kind) for kind in kinds_of(route)})

    def _put_in(self, route: Route, things: dict[str, str]) -> dict[str, str]:
        """The same: with a cover where that's what is asked for, and where a track of a collection is named,
        with the track in it; and a delivery is of the webhook."""
        if route.path.endswith("/{collection_id}/cover"):
            self._cover(f"/collections/{things['collection_id']}/cover")
        if "{version}" in route.path:
            self._put_in_another(f"/tracks/{things['track_id']}")
        if {"collection_id", "track_id"} <= set(route.ids):
            path = f"/collections/{things['collection_id']}/tracks"
            put = self._owner.post(path, json={"track_id": things["track_id"]})
            assert put.status_code == 200, put.text
        if {"webhook_id", "delivery_id"} <= set(route.ids):
            hook = things["webhook_id"]
            if hook not in self._tried:
                self._tried[hook] = self._try(hook)
            things["delivery_id"] = self._tried[hook]
        return things

    def _cover(self, path: str) -> None:
        if path not in self._covered:
            self._covered.add(path)
            self._owner.put(path, content=make_picture()).raise_for_status()

    def _put_in_another(self, path: str) -> None:
        """A second version, so that the first can be made current, or removed."""
        if self._owner.get(path).json()["versions"] == 1:
            self._owner.post(path + "/versions", files=self._sent).raise_for_status()

    def sign_in(self) -> None:
        """From now on they ask by a sign-in, from the desk's own pages, instead of by a key."""
        with contextlib.closing(at_desk(self._server, self.email)) as client:
            self.cookie = client.headers["Cookie"]

    @property
    def email(self) -> str:
        user = int(self._told["user_id"].partition("_")[2], 16)
        ((email,),) = self._server.query("SELECT email FROM users WHERE id = ?", user)
        return str(email)

    def ask(self, route: Route, things: dict[str, str], key: str | None = "") -> httpx.Response:
        """Ask as this caller, or with another key, or with none (None)."""
        headers = {} if key is None else {"X-API-Key": key or self.api_key}
        if self.cookie and key == "":
            headers = {"Cookie": self.cookie, "Sec-Fetch-Site": "same-origin"}
        if "/uploads" in route.path:
            headers |= UPLOADING
        body = BODIES.get((route.method, route.path))
        sent: dict[str, Any] = {"json": filled(body, things)}
        if body == "a file":
            sent = {"data": {"engine": "studio"}, "files": self._sent}
        elif body == "a piece":
            sent = {"content": b"RIFF"}
        elif body == "a picture":
            sent = {"content": make_picture()}
        elif body is None:
            sent = {}
        path = route.path.format(**things)
        return self._client.request(route.method, path, headers=headers, **sent)


def kinds_of(route: Route) -> list[str]:
    """Each kind of thing that a request has to name, once."""
    return list(dict.fromkeys([*re.findall(r"{(\w+)}", route.path), *route.ids_of_body]))


def filled(body: Any, things: dict[str, str]) -> Any:
    """The body with its ids."""
    if isinstance(body, dict):
        return {name: filled(value, things) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(value, things) for value in body]
    return body.format(**things) if isinstance(body, str) else body
