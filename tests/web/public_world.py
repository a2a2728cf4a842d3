"""A server with things of each kind behind its links, for `public_cases.py`."""

from __future__ import annotations

from pathlib import Path

import httpx

from cast import Server, share, upload, wait_for_sound
from journeys.leaving_mails import leave_of_nobody
from journeys.signed_tracks import wait_for_manifest
from listenlink.model.leave_address import PATH
from media.make_audio import add_cover, make

HTML = {"Accept": "text/html"}
RESOLVE_LIMIT, MISS_LIMIT = 30, 4
REFUSED = "/v1/music/shared/shr_" + "0" * 32


class World:
    """A server that says it's at `https://music.example`, and things of each kind behind its links."""

    def __init__(self, server: Server, owner: httpx.Client, folder: Path) -> None:
        self.server, self.owner = server, owner
        song = add_cover(make("mp3_xing", folder / "song.mp3"))
        self.track = str(upload(owner, song, title="Song")["id"])
        wait_for_sound(owner, self.track)
        self.link = share(owner, self.track, allow_download=True)
        self.public = share(owner, self.track, visibility="public")
        self.locked = share(owner, self.track, password="harbour-lights")
        gone = str(upload(owner, make("wav16", folder / "gone.wav"))["id"])
        self.removed = share(owner, gone)
        self.leave = PATH + leave_of_nobody(server)
        owner.delete(f"/tracks/{gone}")
        self.path = f"/v1/music/shared/{self.link['token']}"
        with server.listener() as client:
            opened = client.get(self.path)
            self.session = {"Listen-Session": opened.headers["listen-session"]}
            self.audio = _path(opened.json()["track"]["playback_url"])
            self.manifest = wait_for_manifest(client, self.audio)
            told = client.get(f"{self.path}/download/{self.track}", headers=self.session).json()
            self.download = _path(told["download_url"])
            self._take_album(client)
            page = client.get(self.path, headers=HTML).text
            self.preview = _path(page.partition('og:image" content="')[2].partition('"')[0])
            self.cover = page.partition('<img id="cover" src="')[2].partition('"')[0]
            self.etag = client.head(self.audio).headers["etag"]
            posted = client.post(self.path)
            self.listening = posted.headers["location"]

    def _take_album(self, client: httpx.Client) -> None:
        album = str(self.owner.post("/collections", json={"name": "Album"}).json()["id"])
        self.owner.post(f"/collections/{album}/tracks", json={"track_id": self.track})
        self.album = "/v1/music/shared/" + share(self.owner, album, allow_download=True)["token"]
        opened = client.get(self.album)
        self.album_session = {"Listen-Session": opened.headers["listen-session"]}
        told = client.get(f"{self.album}/download", headers=self.album_session).json()
        self.archive = _path(told["download_url"])

    def spent(self, budget: str) -> httpx.Client:
        """A client with nothing left of this budget."""
        client = self.server.listener()
        if budget == "refusal":
            for number in range(MISS_LIMIT):
                assert client.head(f"{REFUSED[:-2]}{number + 1:02}").status_code == 404
        elif budget == "write":
            for _ in range(RESOLVE_LIMIT):
                heard = {"track_id": self.track}
                told = client.post(f"{self.path}/listen", json=heard, headers=self.session)
                assert told.status_code == 204
        else:
            paths = {"resolve": self.path, "repeat": REFUSED, "picture": self.cover}
            for _ in range(RESOLVE_LIMIT * (5 if budget == "picture" else 1)):
                assert client.head(paths[budget]).status_code in (200, 404)
        return client


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]
