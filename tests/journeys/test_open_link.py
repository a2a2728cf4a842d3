"""Opening a shared link, over HTTP, as the contract has it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from engines import SENDS_AUDIO
from journeys.refused import REASONS, normalized, refused_link, token_path
from media.make_audio import make

TRACK_KEYS = [
    "id", "title", "engine", "mode", "measured_duration_seconds", "instrumental", "playback_url", "licence",
]  # fmt: skip
VIEW_KEYS = ["kind", "available", "message", "share", "track", "collection", "tracks"]


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = make("flac", tmp_path_factory.mktemp("audio") / "song.flac", sample_count=88_200)
    return upload(owner, path, title="Late Night Study", instrumental="true")


def test_a_track_link_gives_the_contracts_view(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], expires_in_days=30)
    answer = listener.get(token_path(link))
    view = answer.json()
    assert answer.status_code == 200
    assert list(view) == VIEW_KEYS
    assert (view["kind"], view["available"], view["message"]) == ("track", True, None)
    assert view["share"] == {
        "target_type": "track",
        "visibility": "link_only",
        "expires_at": link["expires_at"],
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", link["expires_at"])
    assert (view["collection"], view["tracks"]) == (None, None)
    track = view["track"]
    assert list(track) == TRACK_KEYS
    assert (track["id"], track["title"], track["engine"]) == (
        song["id"],
        "Late Night Study",
        "studio",
    )
    assert (track["mode"], track["instrumental"]) == ("creation", True)
    assert track["measured_duration_seconds"] == 2.0
    assert isinstance(track["measured_duration_seconds"], float)
    assert track["licence"] == {
        "licence_class": "personal_only",
        "licence_version": "2026-01",
        "commercial_use": False,
        "requires_attribution": False,
    }
    assert not SENDS_AUDIO or track["playback_url"].startswith(server.url + "/v1/music/audio/")
    assert server.outcome_of(answer) == ("opened", None)


def test_the_playback_url_gives_the_audio(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    view = listener.get(token_path(share(owner, song["id"]))).json()
    whole = listener.get(view["track"]["playback_url"])
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/flac")
    assert whole.content[:4] == b"fLaC"
    part = listener.get(view["track"]["playback_url"], headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == whole.content[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"


def test_a_collection_link_lists_its_tracks_in_order(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any], tmp_path: Path
) -> None:
    other = upload(owner, make("mp3_cbr", tmp_path / "b.mp3"), title="Second")
    made = owner.post("/collections", json={"name": "Evening", "description": "Quiet."}).json()
    for track in (other, song, other):
        owner.post(f"/collections/{made['id']}/tracks", json={"track_id": track["id"]})
    view = listener.get(token_path(share(owner, made["id"]))).json()
    assert list(view) == VIEW_KEYS
    assert view["kind"] == "collection"
    assert view["track"] is None
    assert view["collection"] == {"id": made["id"], "name": "Evening", "description": "Quiet."}
    assert [track["id"] for track in view["tracks"]] == [other["id"], song["id"]]
    assert all(list(track) == TRACK_KEYS for track in view["tracks"])
    assert listener.get(view["tracks"][1]["playback_url"]).content[:4] == b"fLaC"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_refusal_is_the_same_and_only_the_audit_knows_why(
    server: Server, owner: httpx.Client, song: dict[str, Any], method: str
) -> None:
    answers = {}
    for reason in REASONS:
        path = refused_link(server, owner, song, reason)
        with server.listener() as client:
            answers[reason] = client.request(method, path)
        assert server.outcome_of(answers[reason]) == ("refused", reason)
    first = normalized(answers["unknown"])
    assert all(normalized(answer) == first for answer in answers.values())


def test_a_refusal_is_the_contracts_envelope(listener: httpx.Client) -> None:
    answer = listener.get("/v1/music/shared/shr_" + "1" * 32)
    error = answer.json()["error"]
    assert answer.json()["success"] is False
    assert answer.status_code == 404
    assert re.fullmatch(r"req_\w+", error.pop("trace_id"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", error.pop("timestamp"))
    assert error == {
        "code": "RESOURCE_NOT_FOUND",
        "message": "This share link is no longer available.",
        "system_message": "Share token invalid, revoked, or expired",
        "type": "client_error",
        "status": 404,
        "details": {},
    }
    assert answer.headers["x-request-id"] == answer.json()["error"]["trace_id"]
    assert "x-ratelimit-limit" not in answer.headers


@pytest.mark.parametrize(
    "spelling",
    [
        "%73hr_{hex}", "shr_{HEX}", "shr_{hex}%00", "shr_{hex}/", "shr_{hex}%20", "SHR_{hex}", "shr_{hex}0",
        "shr_{hex}.json", "shr_%61{rest}",
    ],
)  # fmt: skip
def test_a_token_has_one_spelling(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any], spelling: str
) -> None:
    digits = share(owner, song["id"])["token"].removeprefix("shr_")
    text = spelling.format(hex=digits, HEX=digits.upper() + "G", rest=digits[1:])
    assert listener.get("/v1/music/shared/" + text).status_code == 404


@pytest.mark.parametrize("removed", ["track", "collection"])
def test_removed_content_says_so_and_shows_nothing_of_itself(
    server: Server, owner: httpx.Client, listener: httpx.Client, tmp_path: Path, removed: str
) -> None:
    track = upload(owner, make("wav16", tmp_path / "gone.wav"), title="Gone Song")
    target = track["id"]
    if removed == "collection":
        made = owner.post("/collections", json={"name": "Gone Set"}).json()
        owner.post(f"/collections/{made['id']}/tracks", json={"track_id": track["id"]})
        target = made["id"]
    link = share(owner, target, max_opens=2)
    view = listener.get(token_path(link)).json()
    playing = (view["track"] or view["tracks"][0])["playback_url"]
    assert listener.get(playing).status_code == 200
    assert owner.delete(f"/{removed}s/{target}").json() == {
        "success": True,
        "id": target,
        "detail": f"{removed.capitalize()} deleted.",
    }
    for _ in range(3):  # counts nothing: more often than max_opens
        answer = listener.get(token_path(link))
        assert answer.status_code == 200
    body = answer.json()
    assert list(body) == VIEW_KEYS
    assert (body["available"], body["kind"]) == (False, removed)
    assert isinstance(body["message"], str)
    assert (body["track"], body["collection"], body["tracks"]) == (None, None, None)
    assert body["share"]["target_type"] == removed
    for secret in ("Gone", track["id"], target, "playback", "licence"):
        assert secret not in answer.text
    assert "listen-session" not in answer.headers
    assert listener.get(playing).status_code == 403 or not SENDS_AUDIO
    assert server.outcome_of(answer) == ("removed", None)
    owner.delete(f"/share/{link['id']}")
    assert listener.get(token_path(link)).status_code == 404


def test_a_removed_member_is_just_not_listed(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any], tmp_path: Path
) -> None:
    other = upload(owner, make("wav16", tmp_path / "other.wav", sample_count=4410))
    made = owner.post("/collections", json={"name": "Two"}).json()
    for track in (other, song):
        owner.post(f"/collections/{made['id']}/tracks", json={"track_id": track["id"]})
    link = share(owner, made["id"])
    url = listener.get(token_path(link)).json()["tracks"][0]["playback_url"]
    owner.delete(f"/tracks/{other['id']}")
    view = listener.get(token_path(link)).json()
    assert [track["id"] for track in view["tracks"]] == [song["id"]]
    assert other["id"] not in str(view)
    assert listener.get(url).status_code == 403 or not SENDS_AUDIO


def test_other_sites_pages_may_ask(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    path = token_path(share(owner, song["id"]))
    preflight = listener.options(path, headers={"Origin": "https://elsewhere.example"})
    assert preflight.status_code == 204
    assert "Listen-Session" in preflight.headers["access-control-allow-headers"]
    answer = listener.get(path, headers={"Origin": "https://elsewhere.example"})
    for given in (preflight, answer):
        assert given.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in given.headers
    assert "Listen-Session" in answer.headers["access-control-expose-headers"]


def test_a_key_that_is_sent_is_ignored(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    path = token_path(share(owner, song["id"]))
    for key in ("ak_" + "0" * 40, "nonsense"):
        assert listener.get(path, headers={"X-API-Key": key}).status_code == 200


def test_other_methods_are_refused_in_the_envelope(listener: httpx.Client) -> None:
    answer = listener.put("/v1/music/shared/shr_" + "0" * 32)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")
    assert answer.json()["error"]["code"] == "METHOD_NOT_ALLOWED"
