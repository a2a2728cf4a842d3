"""The library: own and saved tracks, listed, changed, kept, taken out; saving by a link."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from engines import SENDS_AUDIO
from media.make_audio import make


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=44_100)


@pytest.fixture
def friend(server: Server) -> Iterator[httpx.Client]:
    """Somebody else of the same organisation, with an empty library."""
    with server.owner(server.new_member()["api_key"]) as client:
        yield client


def save(client: httpx.Client, link: dict[str, Any]) -> httpx.Response:
    return client.post(str(client.base_url.join(f"/v1/music/shared/{link['token']}/save")))


def listed(client: httpx.Client, **wanted: Any) -> list[str]:
    return [item["id"] for item in client.get("/tracks", params=wanted).json()["items"]]


def test_a_library_is_listed_newest_first_and_by_what_is_wanted(
    friend: httpx.Client, song: Path
) -> None:
    assert friend.get("/tracks").json() == {"items": [], "limit": 50, "offset": 0}
    kinds = [("studio", "creation"), ("suno", "focus"), ("studio", "focus")]
    made = [str(upload(friend, song, engine=e, mode=m)["id"]) for e, m in kinds]
    assert listed(friend) == made[::-1]
    assert listed(friend, limit=1, offset=1) == [made[1]]
    assert listed(friend, engine="studio") == [made[2], made[0]]
    assert listed(friend, mode="focus", engine="studio") == [made[2]]
    collection = friend.post("/collections", json={"name": "Evening"}).json()["id"]
    friend.post(f"/collections/{collection}/tracks", json={"track_id": made[0]})
    assert listed(friend, collection_id=collection) == [made[0]]
    assert listed(friend, collection_id="mcoll_000000000000") == []
    item = friend.get("/tracks").json()["items"][0]
    assert item["playback_url"] is item["stem_urls"] is None
    assert friend.get("/tracks", params={"mode": "loud"}).status_code == 422
    assert friend.get("/tracks", params={"collection_id": "nonsense"}).status_code == 422


def test_a_saved_track_is_heard_until_it_is_gone(
    owner: httpx.Client, friend: httpx.Client, song: Path
) -> None:
    track = upload(owner, song, title="Harbour")
    link = share(owner, track["id"], max_opens=1)
    first = save(friend, link)
    assert first.status_code == 201
    assert list(first.json()) == ["id", "track_id", "source", "share_link_id", "created_at"]
    assert first.json()["id"].startswith("mlib_")
    assert (first.json()["source"], first.json()["share_link_id"]) == ("shared", link["id"])
    assert save(friend, link).json() == first.json()
    assert owner.get(f"/share/{link['id']}").json()["opens"] == 0
    assert listed(friend) == [track["id"]]
    heard = friend.get(f"/tracks/{track['id']}").json()
    assert heard["title"] == "Harbour"
    assert httpx.get(heard["playback_url"]).status_code == 200
    assert owner.delete(f"/share/{link['id']}").is_success
    assert listed(friend) == [track["id"]]
    for refused in (
        friend.delete(f"/tracks/{track['id']}"),
        friend.patch(f"/tracks/{track['id']}", json={"title": "Mine"}),
    ):
        assert refused.status_code == 403
        assert refused.json()["error"]["code"] == "INSUFFICIENT_PERMISSIONS"
    assert friend.post(f"/tracks/{track['id']}/share").status_code == 404
    assert owner.delete(f"/tracks/{track['id']}").is_success
    assert listed(friend) == []
    assert friend.get(f"/tracks/{track['id']}").status_code == 404
    assert httpx.get(heard["playback_url"]).status_code == 403 or not SENDS_AUDIO


def test_taking_a_saved_track_out_ends_it(
    owner: httpx.Client, friend: httpx.Client, song: Path
) -> None:
    track = upload(owner, song)
    save(friend, share(owner, track["id"]))
    heard = friend.get(f"/tracks/{track['id']}").json()["playback_url"]
    gone = friend.delete(f"/tracks/{track['id']}/save")
    assert gone.json()["detail"] == "Track removed from library."
    assert httpx.get(heard).status_code == 403 or not SENDS_AUDIO
    assert friend.get(f"/tracks/{track['id']}").status_code == 404
    assert friend.post(f"/tracks/{track['id']}/save").status_code == 404


def test_an_own_track_is_kept_again(friend: httpx.Client, song: Path) -> None:
    track = upload(friend, song)
    kept = friend.post(f"/tracks/{track['id']}/save").json()
    assert list(kept) == ["id", "track_id", "source", "created_at", "saved"]
    assert (kept["source"], kept["saved"], kept["created_at"]) == ("own", True, track["created_at"])
    for _ in range(2):
        assert friend.delete(f"/tracks/{track['id']}/save").is_success
    assert listed(friend) == []
    assert friend.get(f"/tracks/{track['id']}").status_code == 200
    assert friend.post(f"/tracks/{track['id']}/save").json()["id"] != kept["id"]
    assert listed(friend) == [track["id"]]


def test_ones_own_track_saved_by_its_link_stays_own(friend: httpx.Client, song: Path) -> None:
    track = upload(friend, song)
    saved = save(friend, share(friend, track["id"])).json()
    assert (saved["source"], saved["share_link_id"]) == ("own", None)


def test_whatever_a_link_lacks_it_is_refused_alike(
    server: Server, owner: httpx.Client, song: Path
) -> None:
    track = upload(owner, song)
    gone = upload(owner, song)
    collection = owner.post("/collections", json={"name": "Evening"}).json()["id"]
    dead = {
        "collection": share(owner, collection),
        "revoked": share(owner, track["id"]),
        "expired": share(owner, track["id"], expires_in_days=1),
        "not started": share(owner, track["id"], starts_at="2099-01-01T00:00:00Z"),
        "spent": share(owner, track["id"], max_opens=1),
        "removed": share(owner, gone["id"]),
        "unknown": {"token": "shr_" + "0" * 32},
        "malformed": {"token": "nonsense"},
    }
    owner.delete(f"/share/{dead['revoked']['id']}")
    number = int(dead["expired"]["id"].removeprefix("mslink_"), 16)
    server.change("UPDATE shares SET expires_at = 1 WHERE id = ?", number)
    httpx.get(dead["spent"]["url"])
    owner.delete(f"/tracks/{gone['id']}")
    told = []
    with server.owner(server.new_member()["api_key"]) as friend:
        for link in dead.values():
            refused = save(friend, link)
            assert refused.status_code == 404
            error = refused.json()["error"]
            told.append({k: v for k, v in error.items() if k not in ("trace_id", "timestamp")})
        assert all(error == told[0] for error in told)
        assert listed(friend) == []


def test_guessing_is_limited(server: Server) -> None:
    with server.owner() as client:
        client.headers["X-Forwarded-For"] = "198.51.100.77"
        answers = [save(client, {"token": f"shr_{n:032x}"}) for n in range(25)]
    assert [answer.status_code for answer in answers] == [404] * 20 + [429] * 5
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_only_what_is_sent_of_a_track_changes(friend: httpx.Client, song: Path) -> None:
    track = upload(friend, song, title="Harbour")
    changed = friend.patch(f"/tracks/{track['id']}", json={"title": " Quay \u0007"}).json()
    assert (changed["title"], changed["instrumental"]) == ("Quay", track["instrumental"])
    changed = friend.patch(f"/tracks/{track['id']}", json={"instrumental": True}).json()
    assert (changed["title"], changed["instrumental"]) == ("Quay", True)
    for sent in ({"title": ""}, {"title": None}, {"title": " "}, {"engine": "suno"}):
        refused = friend.patch(f"/tracks/{track['id']}", json=sent)
        assert refused.status_code == 422
        assert refused.json()["error"]["details"]["field"] in sent


def test_engines_are_told_with_their_licence(owner: httpx.Client) -> None:
    told = owner.get("/engines").json()
    keys = [item["engine_key"] for item in told["items"]]
    assert keys == sorted(keys)
    assert keys
    for item in told["items"]:
        assert list(item) == [
            "engine_key", "display_name", "licence_class", "licence_version", "commercial_use",
            "requires_attribution", "ai",
        ]  # fmt: skip
        assert item["commercial_use"] == (item["licence_class"] == "commercial_cleared")
    assert owner.get("/engines", params={"limit": 1}).json()["items"] == told["items"][:1]


@pytest.mark.parametrize(
    ("path", "name"),
    [("/tracks", "mode"), ("/tracks", "collection_id"), ("/share", "state"), ("/share", "target_id"),
     ("/tracks", "limit"), ("/collections", "offset")],
)  # fmt: skip
def test_null_is_no_filter(owner: httpx.Client, path: str, name: str) -> None:
    answer = owner.get(path, params={name: "null"})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == name


def test_an_engine_may_be_called_null(owner: httpx.Client, tmp_path: Path) -> None:
    track = upload(owner, make("wav16", tmp_path / "null.wav"), engine="null")
    found = owner.get("/tracks", params={"engine": "null"}).json()["items"]
    assert [one["id"] for one in found] == [track["id"]]
