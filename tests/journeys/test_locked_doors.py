"""At every door that takes a link's token, nothing of what a locked link leads to is shown to who has neither
its password, nor an unlock or a session of it.
"""

from __future__ import annotations

import re
from typing import Any, cast

import httpx
import pytest

from cast import Server, share, upload, wait_for_sound
from journeys.locked_links import HTML, PASSWORD, ask, unlock
from journeys.refused_everywhere import Ended, EndedLinks
from journeys.token_doors import DOORS, Door, ask_for
from media.make_audio import add_cover, make

SECRETS = ("Hidden Harbour", "The Quiet Ferry", "Evening Tide", "Words of it", "own_recording")
# What a page or an answer has of any music: pictures, what the page's script reads, how it's described.
OF_MUSIC = ("/v1/music/picture/", "/v1/music/audio/", "og:", "ld+json", 'id="data"', "licence_class",
            "measured_duration", "oembed", 'playback_url"')  # fmt: skip
# Owners ask these with their key, for a link of their own.
OF_OWNERS = {"revoke", "find"}
TOKEN_DOORS = [door for door in DOORS if not door.is_signed and door.name not in OF_OWNERS]


class LockedLinks:
    """Links with a password to one track and one collection; they had none when their sessions were given."""

    def __init__(self, server: Server, owner: httpx.Client, track: str, album: str) -> None:
        self.server, self.track = server, track
        self.key = str(server.new_member()["api_key"])
        with server.listener() as listener:
            self.stranger = ask(listener, share(owner, track)).headers["listen-session"]
            self.links = {
                "track": self._lock(owner, listener, share(owner, track, allow_download=True)),
                "album": self._lock(owner, listener, share(owner, album, allow_download=True)),
                "public": self._lock(owner, listener, share(owner, track, visibility="public")),
                "strict": self._lock(owner, listener, share(owner, track, strict_open=True)),
            }

    def _lock(
        self, owner: httpx.Client, listener: httpx.Client, link: dict[str, Any]
    ) -> tuple[dict[str, Any], str]:
        session = ask(listener, link).headers["listen-session"]
        changed = owner.patch(f"/share/{link['id']}", json={"password": PASSWORD})
        assert changed.status_code == 200
        return link, session

    def one(self, kind: str) -> Ended:
        link, session = self.links[kind]
        return Ended(link["token"], session, {})


@pytest.fixture(scope="module")
def links(
    server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> LockedLinks:
    song = add_cover(make("mp3_xing", tmp_path_factory.mktemp("audio") / "song.mp3"))
    told = upload(owner, song, title=SECRETS[0], artist=SECRETS[1], engine=SECRETS[4])
    named = {"name": SECRETS[2], "description": SECRETS[3]}
    album = str(owner.post("/collections", json=named).json()["id"])
    owner.post(f"/collections/{album}/tracks", json={"track_id": told["id"]})
    wait_for_sound(owner, told["id"])
    return LockedLinks(server, owner, told["id"], album)


def ask_door(
    listener: httpx.Client, links: LockedLinks, door: Door, kind: str, **more: str
) -> httpx.Response:
    asked = ask_for(cast(EndedLinks, links), door, kind)
    path = asked.path.replace("/oembed?url=", "/oembed?maxwidth=400&url=")
    return listener.request(asked.method, path, headers=asked.headers | more, content=asked.body)


def refuses(answer: httpx.Response, door: Door) -> bool:
    """Whether this is how a door asks for a password, or refuses whatever isn't a session of the link."""
    if door.name == "pasted":
        return answer.status_code == 302
    if door.headers.get("Accept") == "text/html" and answer.status_code == 200:
        return 'name="password"' in answer.text
    if answer.status_code == 401:
        challenged = answer.headers["www-authenticate"] == "Listenlink-Share"
        is_page = answer.headers["content-type"].startswith("text/html")
        told = is_page or not answer.content or answer.json()["error"]["code"].startswith("SHARE_P")
        return challenged and told
    # These take a session alone, or what began with one.
    is_by_session = door.name.startswith(("listen", "standing"))
    return answer.status_code == 404 and is_by_session


@pytest.mark.parametrize("kind", ["track", "album", "public", "strict"])
@pytest.mark.parametrize("door", TOKEN_DOORS, ids=lambda door: str(door.name))
def test_nobody_is_told_anything_before(
    door: Door, kind: str, server: Server, links: LockedLinks
) -> None:
    forged = {
        "Share-Unlock": "su1." + "0" * 8 + "." + "0" * 12 + "." + "0" * 8 + ".",
        "Cookie": "a=b",
    }
    with server.listener() as listener:
        plain = ask_door(listener, links, door, kind)
        for answer in (
            plain,
            ask_door(listener, links, door, kind, **forged),
            ask_door(listener, links, door, kind, **{"Share-Password": "wrong-one"}),
        ):
            is_open = door.name == "save" and kind == "album" and answer.status_code == 404
            is_form = door.name == "form" and 'name="password"' in answer.text
            assert refuses(answer, door) or is_open or is_form, (answer.status_code, answer.text)
            told = answer.text + str(answer.headers)
            for secret in (*SECRETS, *OF_MUSIC, links.track):
                # An answer may repeat its own address, which is asked for with the track's number.
                assert secret not in told.replace(f"/download/{links.track}", ""), secret
            assert "share-unlock" not in answer.headers
            assert "listen-session" not in answer.headers
        if plain.status_code == 200:
            assert "noindex" in plain.headers["x-robots-tag"]


def test_the_form_is_the_same_for_every_link(server: Server, links: LockedLinks) -> None:
    with server.listener() as listener:
        for path in ("/v1/music/shared/{}", "/embed/{}"):
            pages = [
                listener.get(path.format(link["token"]), headers=HTML)
                for link, _ in links.links.values()
            ]
            assert len({page.text for page in pages}) == 1
            assert not re.search(r"shr_|mslink_|mtrack_", pages[0].text)


def test_with_the_password_every_door_opens(server: Server, links: LockedLinks) -> None:
    with server.listener() as listener:
        link, _ = links.links["track"]
        told = {"Share-Unlock": unlock(listener, link)}
        session = {"Listen-Session": ask(listener, link, Share_Unlock=told["Share-Unlock"]).headers[
            "listen-session"
        ]}  # fmt: skip
        path = f"/v1/music/shared/{link['token']}"
        assert SECRETS[0] in listener.get(f"{path}/details", headers=session).text
        described = listener.get("/oembed", params={"url": server.url + path}, headers=told)
        assert described.json()["title"] == SECRETS[0]
        preview = described.json()["thumbnail_url"]
        assert listener.get(preview).headers["content-type"] == "image/png"
        download = listener.get(f"{path}/download/{links.track}", headers=session).json()
        assert listener.get(download["download_url"]).status_code == 200
        assert listener.get(f"{path}/standing", headers=session).status_code == 204
        assert SECRETS[0] in listener.get(f"/embed/{link['token']}", headers=HTML | told).text
