"""What is there on a server that Schemathesis asks: ids of one of each thing, and of some to destroy."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx

from cast import Server, share, upload, wait_for_sound
from journeys.albums import Taken, make_album
from live.load import FULL
from media.make_audio import add_cover, make

# How many of each operation that destroys something meet a thing of their own.
VICTIMS = 40 if FULL else 3
# Operations whose bodies are forms, in which audio is sent.
FORMS = ("upload_track", "add_version")


def what_is_there(server: Server, tmp_path: Path) -> dict[str, Any]:
    """What the hooks are given (`tests/programs/schemathesis_hooks.py`)."""
    with server.owner() as owner, server.listener() as listener:
        audio = add_cover(make("mp3_xing", tmp_path / "a.mp3"))
        track = upload(owner, audio)["id"]
        wait_for_sound(owner, track)
        link = share(owner, track, allow_download=True)
        path = f"/v1/music/shared/{link['token']}"
        opened = listener.get(path)
        session = opened.headers["Listen-Session"]
        with_session = {"Listen-Session": session}
        cover = listener.get(path + "/details", headers=with_session).json()["cover"]
        file = listener.get(f"{path}/download/{track}", headers=with_session).json()["download_url"]
        album = make_album(owner, [{"id": track}])
        taken = take(owner, listener, album)
        real = {
            "org": server.organization_id, "track_id": track, "share_id": link["id"],
            "token": link["token"], "session": session, "sha256": digest(audio),
            "collection_id": album, "get_archive_url.token": taken["token"],
            "get_archive_url.session": taken["session"],
            "key_id": owner.post("/keys", json={"scopes": ["read"]}).json()["id"],
            "user_id": server.new_member()["user_id"],
            "upload_id": begin(owner), "signed": last(opened.json()["track"]["playback_url"]),
            "download_track.signed": last(file), "check_download.signed": last(file),
            "download_archive.signed": last(taken["url"]), "check_archive.signed": last(taken["url"]),
            "name": last(cover), "url": link["url"], "version": "1",
        }  # fmt: skip
        own = victims(owner, tmp_path)
        versions = upload(owner, audio)["id"]
        own["remove_version"]["version"] = put_in(owner, versions, tmp_path)
        for operation in ("remove_version", "make_version_current", "add_version"):
            real[f"{operation}.track_id"] = versions
        return {
            "real": real, "own": own, "key": server.api_key, "url": server.url, "forms": FORMS,
            "audio": str(make("wav16", tmp_path / "b.wav", sample_count=5000)),
        }  # fmt: skip


def take(owner: httpx.Client, listener: httpx.Client, album: str) -> dict[str, str]:
    """A link to the album, its session, and the archive's URL."""
    taken = Taken(owner, listener, album)
    session = taken.session["Listen-Session"]
    return {"token": taken.link["token"], "session": session, "url": taken.url()}


def victims(owner: httpx.Client, tmp_path: Path) -> dict[str, dict[str, list[str]]]:
    """By operation and parameter, things that no other operation is given."""
    song = make("wav16", tmp_path / "c.wav", sample_count=5000)
    own: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    shared = upload(owner, song)["id"]
    for number in range(VICTIMS):
        for operation in ("revoke_link", "rotate_link", "change_link"):
            own[operation]["share_id"].append(share(owner, shared)["id"])
        collection = owner.post("/collections", json={"name": f"{number}"}).json()["id"]
        own["delete_collection"]["collection_id"].append(collection)
        key = owner.post("/keys", json={"scopes": ["read"]}).json()["id"]
        own["deactivate_key"]["key_id"].append(key)
        own["end_upload"]["upload_id"].append(begin(owner))
        if number < 6:
            own["delete_track"]["track_id"].append(upload(owner, song)["id"])
            own["take_track_out"]["track_id"].append(upload(owner, song)["id"])
    return own


def put_in(owner: httpx.Client, track: str, folder: Path) -> list[str]:
    """More versions of a track, which aren't current; their numbers."""
    numbers = range(2, 2 + VICTIMS)
    for number in numbers:
        audio = make("wav16", folder / f"{number}.wav", sample_count=5000 + number)
        owner.post(
            f"/tracks/{track}/versions",
            data={"current": "false"},
            files={"file": (audio.name, audio.read_bytes())},
        ).raise_for_status()
    return [str(number) for number in numbers]


def begin(owner: httpx.Client) -> str:
    metadata = {"Upload-Length": "100000000", "Upload-Metadata": "engine c3R1ZGlv"}
    headers = {"Tus-Resumable": "1.0.0"} | metadata
    return str(owner.post("/uploads", headers=headers).json()["id"])


def last(url: str) -> str:
    return url.rpartition("/")[2]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
