"""Who leaves, and what they have: an organisation that is suspended, a user who is removed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from cast import Server, share, upload, wait_for_sound
from engines import SENDS_AUDIO
from journeys.faces import requests_for
from journeys.refused import number_of, token_path
from pieces import begin

# All that could be lost. Lines of the audit are added meanwhile, and that's as it should be.
KEPT = (
    "organizations", "users", "memberships", "api_keys", "audio_objects", "tracks", "collections",
    "collection_tracks", "shares", "library", "resumable_uploads", "idempotent_answers", "listens",
)  # fmt: skip


def get(url: str, **asked: Any) -> httpx.Response:
    """One GET, on a machine that may be busy."""
    return httpx.get(url, timeout=60, **asked)


class Organization:
    """An organisation of a test's own, its owner, and a song of theirs that is heard by a link."""

    def __init__(self, server: Server, song: Path) -> None:
        self.server, made = server, server.new_organization()
        self.id, self.user_id = str(made["organization_id"]), str(made["user_id"])
        self.owner = httpx.Client(
            base_url=f"{server.url}/v1/music/{self.id}",
            headers={"X-API-Key": made["api_key"]},
            timeout=60,
        )
        self.song = upload(self.owner, song, title="Evening")
        wait_for_sound(self.owner, self.song["id"])

    def suspend(self) -> None:
        self.server.people("org", "suspend", self.id)

    def resume(self) -> None:
        self.server.people("org", "resume", self.id)


class Member:
    """Somebody new in the server's first organisation, or in another."""

    def __init__(self, server: Server, email: str, role: str = "member", org: str = "") -> None:
        self.server, self.email = server, email
        self.org = org or server.organization_id
        made = server.people("user", "add", email, "--org", self.org, "--role", role)
        self.user_id, self.api_key = str(made["user_id"]), str(made["api_key"])
        self.client = httpx.Client(
            base_url=f"{server.url}/v1/music/{self.org}",
            headers={"X-API-Key": self.api_key},
            timeout=60,
        )

    def remove(self, *options: str) -> dict[str, Any]:
        return self.server.people("user", "remove", self.email, *options)

    def code(self) -> str:
        """What their key is told."""
        answer = get(f"{self.server.url}/v1/caller", headers={"X-API-Key": self.api_key})
        return str(answer.json().get("error", {}).get("code", "good"))

    def row_count(self) -> int:
        """How many rows say anything of them, but for what ended and stays."""
        number = number_of(self.user_id)
        tables = ("memberships", "api_keys", "library", "resumable_uploads", "idempotent_answers")
        return sum(
            self.server.query(f"SELECT count(*) FROM {table} WHERE user_id = ?", number)[0][0]  # noqa: S608
            for table in tables
        )


def occupied(member: Member, song: Path, **facts: str) -> dict[str, Any]:
    """Let them have some of everything; their link, its collection and track."""
    track = upload(member.client, song, **facts)
    made = member.client.post(
        "/collections", json={"name": "Evening"}, headers={"Idempotency-Key": "once"}
    ).json()
    added = member.client.post(f"/collections/{made['id']}/tracks", json={"track_id": track["id"]})
    assert added.is_success
    begin(member.client, 100)
    return {
        "track": track,
        "collection": made,
        "link": share(member.client, track["id"], label="Ana", max_opens=50),
        "album": share(member.client, made["id"]),
    }


def doors_of(listener: httpx.Client, link: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every way in that an opened link gives: by its token, its session, its pictures and its sound."""
    path = token_path(link)
    opened = listener.get(path).raise_for_status()
    session = {"Listen-Session": opened.headers["listen-session"]}
    faces = requests_for(link, session)
    track_id = opened.json()["track"]["id"]
    ask_for_file = f"{path}/download/{track_id}"
    file = listener.get(ask_for_file, headers=session).json()["download_url"]
    page = listener.get(**faces["page"]).text
    picture = page.partition('property="og:image" content="')[2].partition('"')[0]
    doors = {name: {"method": "GET", **asked} for name, asked in faces.items()}
    doors |= {
        "open": {"method": "GET", "url": path},
        "head": {"method": "HEAD", "url": path},
        "renew": {"method": "GET", "url": path, "headers": session},
        "standing": {"method": "GET", "url": path + "/standing", "headers": session},
        "events": {"method": "HEAD", "url": path + "/events", "headers": session},
        "listen": {
            "method": "POST", "url": path + "/listen", "headers": session,
            "json": {"track_id": track_id},
        },
        "preview": {"method": "GET", "url": picture},
        "player": {"method": "GET", "url": path, "headers": {"Icy-MetaData": "1"}},
        "address of the file": {"method": "GET", "url": ask_for_file, "headers": session},
    }  # fmt: skip
    # A bucket's addresses, once given, are good to their end (docs/api.md).
    if SENDS_AUDIO:
        doors["download"] = {"method": "GET", "url": file}
        doors["play"] = {"method": "GET", "url": opened.json()["track"]["playback_url"]}
    return doors


def kept(server: Server) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: server.query(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608
        for table in KEPT
    }


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


class InTwo:
    """A body of which the rest comes when it's told to."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._half, self._rest = threading.Event(), threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield self._body[: len(self._body) // 2]
        self._half.set()
        self._rest.wait(60)
        yield self._body[len(self._body) // 2 :]

    def wait_for_half(self) -> None:
        assert self._half.wait(20)

    def go_on(self) -> None:
        self._rest.set()
