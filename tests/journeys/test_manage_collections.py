"""Collections: list, change, fill, take out, put in order, delete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from media.make_audio import make


@pytest.fixture(scope="module")
def songs(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path: Path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=5000)
    return [str(upload(owner, path, title=f"Song {n}")["id"]) for n in range(5)]


def new(owner: httpx.Client, songs: list[str] | None = None, **more: Any) -> str:
    made = owner.post("/collections", json={"name": "Evening", **more}).json()
    for song in songs or []:
        assert owner.post(f"/collections/{made['id']}/tracks", json={"track_id": song}).is_success
    return str(made["id"])


def order_of(owner: httpx.Client, collection: str, **page: int) -> list[str]:
    told = owner.get(f"/collections/{collection}/tracks", params=page).json()
    assert list(told) == ["collection_id", "items", "limit", "offset"]
    start = page.get("offset", 0)
    assert [item["position"] for item in told["items"]] == [
        start + place for place in range(len(told["items"]))
    ]
    return [item["track_id"] for item in told["items"]]


def test_the_list_is_ones_own_newest_first(server: Server) -> None:
    with server.owner(server.new_member()["api_key"]) as somebody:
        made = [new(somebody, name=f"No. {n}") for n in range(5)]
        told = somebody.get("/collections").json()
        assert [item["id"] for item in told["items"]] == made[::-1]
        assert (told["limit"], told["offset"]) == (50, 0)
        assert {item["track_count"] for item in told["items"]} == {None}
        part = somebody.get("/collections", params={"limit": 2, "offset": 1}).json()
        assert [item["id"] for item in part["items"]] == made[::-1][1:3]
        assert somebody.delete(f"/collections/{made[0]}").json()["detail"] == "Collection deleted."
        assert made[0] not in [item["id"] for item in somebody.get("/collections").json()["items"]]


@pytest.mark.parametrize(
    "page", [{"limit": 0}, {"limit": 101}, {"offset": -1}, {"limit": "ten"}, {"offset": "1.5"}]
)
def test_a_page_out_of_range_is_named(owner: httpx.Client, page: dict[str, Any]) -> None:
    refused = owner.get("/collections", params=page)
    assert refused.status_code == 422
    assert refused.json()["error"]["details"]["field"] in page


def test_only_what_is_sent_changes_and_null_clears(owner: httpx.Client, songs: list[str]) -> None:
    mine = new(owner, songs[:1], description="Quiet.", cover_image_url="https://pictures.example/1")
    changed = owner.patch(f"/collections/{mine}", json={"name": "Night"}).json()
    assert (changed["name"], changed["description"]) == ("Night", "Quiet.")
    covered = owner.patch(f"/collections/{mine}", json={"cover_track_id": songs[0]}).json()
    assert covered["cover_track_id"] == songs[0]
    cleared = owner.patch(
        f"/collections/{mine}",
        json={"description": None, "cover_image_url": None, "cover_track_id": None},
    ).json()
    assert cleared["description"] is cleared["cover_image_url"] is cleared["cover_track_id"] is None
    assert (cleared["name"], cleared["track_count"]) == ("Night", 1)
    assert owner.patch(f"/collections/{mine}", json={}).json()["name"] == "Night"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 513}, "name"),
        ({"cover_image_url": "x" * 1025}, "cover_image_url"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_change_that_cannot_be_is_named(
    owner: httpx.Client, sent: dict[str, Any], field: str
) -> None:
    mine = new(owner)
    refused = owner.patch(f"/collections/{mine}", json=sent)
    assert refused.status_code == 422
    assert refused.json()["error"]["details"]["field"] == field
    assert owner.get(f"/collections/{mine}").json()["name"] == "Evening"


@pytest.mark.parametrize("cover", ["mtrack_000000000000", "nonsense"])
def test_a_cover_that_is_not_ones_own_does_not_exist(owner: httpx.Client, cover: str) -> None:
    mine = new(owner)
    assert owner.patch(f"/collections/{mine}", json={"cover_track_id": cover}).status_code == 404


def test_a_parameter_is_given_once(owner: httpx.Client) -> None:
    refused = owner.get("/collections?limit=5&limit=6")
    assert refused.status_code == 422
    assert refused.json()["error"]["details"]["field"] == "limit"


def test_tracks_are_listed_in_their_order_and_in_pages(
    owner: httpx.Client, songs: list[str]
) -> None:
    mine = new(owner, songs)
    assert order_of(owner, mine) == songs
    assert order_of(owner, mine, limit=2, offset=3) == songs[3:]
    assert owner.get(f"/collections/{mine}/tracks").json()["limit"] == 200
    assert owner.get(f"/collections/{mine}/tracks", params={"limit": 501}).status_code == 422


def test_taking_a_track_out_twice_is_taking_it_out(owner: httpx.Client, songs: list[str]) -> None:
    mine = new(owner, songs)
    for _ in range(2):
        gone = owner.delete(f"/collections/{mine}/tracks/{songs[1]}")
        assert gone.json() == {
            "success": True,
            "id": songs[1],
            "detail": "Track removed from collection.",
        }
    assert order_of(owner, mine) == [songs[0], *songs[2:]]
    owner.post(f"/collections/{mine}/tracks", json={"track_id": songs[1]})
    assert order_of(owner, mine) == [songs[0], *songs[2:], songs[1]]


def test_the_named_come_first_the_others_stay_in_their_order(
    server: Server, owner: httpx.Client, songs: list[str], listener: httpx.Client
) -> None:
    mine = new(owner, songs)
    wanted = [songs[3], "mtrack_000000000000", songs[0], songs[3], "nonsense"]
    done = owner.patch(f"/collections/{mine}/order", json={"ordered_track_ids": wanted})
    assert done.json() == {"success": True, "id": mine, "detail": "Collection reordered."}
    expected = [songs[3], songs[0], songs[1], songs[2], songs[4]]
    assert order_of(owner, mine) == expected
    heard = listener.get(f"/v1/music/shared/{share(owner, mine)['token']}").json()
    assert [track["id"] for track in heard["tracks"]] == expected
    assert owner.patch(f"/collections/{mine}/order", json={"ordered_track_ids": []}).is_success
    assert order_of(owner, mine) == expected


def test_a_deleted_track_leaves_every_collection_and_cover(
    owner: httpx.Client, songs: list[str], tmp_path: Path
) -> None:
    extra = str(upload(owner, make("wav16", tmp_path / "b.wav", sample_count=5000))["id"])
    mine = new(owner, [songs[0], extra, songs[1]])
    owner.patch(f"/collections/{mine}", json={"cover_track_id": extra})
    owner.delete(f"/tracks/{extra}")
    assert order_of(owner, mine) == songs[:2]
    assert owner.get(f"/collections/{mine}").json()["cover_track_id"] is None
