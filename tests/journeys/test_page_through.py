"""Lists from page to page: by a cursor, each thing once, whatever is put in or taken out meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from media.make_audio import make


class Full:
    """Somebody with five of each thing that they can put into a list."""

    def __init__(self, server: Server, song: Path) -> None:
        self.client = server.owner(server.new_member(role="owner")["api_key"])
        self.track = upload(self.client, song)["id"]
        for number in range(4):
            upload(self.client, song, title=f"{number}")
        self.links = [share(self.client, self.track) for _ in range(5)]
        self.link = self.links[0]["id"]
        for _ in range(5):
            httpx.get(f"{server.url}/v1/music/shared/{self.links[0]['token']}")
        self.collection, *_ = [self.make(f"{number}") for number in range(5)]
        for track in self.items("/tracks"):
            self.put_in(track["id"])
            terms = {"declared_licence": "commercial", "attribution_text": f"Line {track['id']}"}
            self.client.patch(f"/tracks/{self.track}", json=terms).raise_for_status()
        for _ in range(4):
            self.client.post("/keys", json={"scopes": ["read"]}).raise_for_status()

    def lists(self) -> dict[str, str]:
        """Each list's path, and what names one of its things."""
        return {
            "/tracks": "id", "/share": "id", "/collections": "id", "/keys": "id", "/engines": "engine_key",
            f"/share/{self.link}/opens": "trace_id", f"/collections/{self.collection}/tracks": "track_id",
            f"/tracks/{self.track}/declarations": "attribution_text",
        }  # fmt: skip

    def make(self, name: str) -> str:
        return str(self.client.post("/collections", json={"name": name}).json()["id"])

    def put_in(self, track: str) -> None:
        path = f"/collections/{self.collection}/tracks"
        self.client.post(path, json={"track_id": track}).raise_for_status()

    def page(self, path: str, **asked: Any) -> dict[str, Any]:
        answer = self.client.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def items(self, path: str, **asked: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.page(path, **asked)["items"]
        return items

    def refused_field(self, path: str, **asked: Any) -> Any:
        answer = self.client.get(path, params=asked)
        assert answer.status_code == 422
        return answer.json()["error"]["details"]["field"]

    def walk(self, path: str, **asked: Any) -> Iterator[dict[str, Any]]:
        """The list's pages, each asked for when the one before has been dealt with."""
        told = self.page(path, **asked)
        yield told
        while "next_cursor" in told:
            told = self.page(path, **asked, cursor=told["next_cursor"])
            yield told


@pytest.fixture(scope="module")
def full(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Full:
    song = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=5000)
    return Full(server, song)


def test_every_list_is_walked_as_by_offset(full: Full) -> None:
    for path, name in full.lists().items():
        whole = full.page(path, limit=100)
        assert "next_cursor" not in whole, path
        assert len(whole["items"]) >= 4, path
        walked = list(full.walk(path, limit=2))
        assert [item for told in walked for item in told["items"]] == whole["items"]
        assert len({item[name] for item in whole["items"]}) == len(whole["items"])
        assert all((told["limit"], told["offset"]) == (2, 0) for told in walked)
        # Where the last page is full, nothing is said to follow either.
        exact = full.page(path, limit=len(whole["items"]))
        assert exact["items"] == whole["items"]
        assert "next_cursor" not in exact
        # A walk can begin with an offset.
        begun = full.page(path, limit=1, offset=2)
        assert full.items(path, limit=1, cursor=begun["next_cursor"]) == whole["items"][3:4]


def test_a_cursor_is_of_its_list_alone_and_always_the_same(full: Full) -> None:
    cursors = {path: full.page(path, limit=1)["next_cursor"] for path in full.lists()}
    assert cursors == {path: full.page(path, limit=1)["next_cursor"] for path in full.lists()}
    cursors[f"/share/{full.links[1]['id']}/opens"] = "none"
    for path in cursors:
        for other in {*cursors.values()} - {cursors[path]}:
            assert full.refused_field(path, cursor=other) == "cursor", path
        assert full.refused_field(path, cursor=cursors.get(path, "A" * 64)[::-1]) == "cursor"
    for nonsense in ("", "=", "é", "A" * 257, "A" * 5, "AAAA", "../x"):
        assert full.refused_field("/tracks", cursor=nonsense) == "cursor"
    assert full.refused_field("/tracks", cursor=cursors["/tracks"], offset=1) == "offset"
    # What a list is asked for besides may change on the way, and its limit.
    assert len(full.items("/tracks", cursor=cursors["/tracks"], limit=3, engine="studio")) == 3
    assert full.items("/tracks", cursor=cursors["/tracks"], engine="suno") == []


def test_nothing_is_missed_or_comes_twice_while_others_come_and_go(full: Full) -> None:
    before = [item["id"] for item in full.items("/collections")]
    met: list[str] = []
    for told in full.walk("/collections", limit=2):
        met += [item["id"] for item in told["items"]]
        full.make("Put in meanwhile")
        if len(met) == 2:
            full.client.delete(f"/collections/{met[0]}").raise_for_status()
            # The very one that the page ended at.
            full.client.delete(f"/collections/{met[1]}").raise_for_status()
    assert met == before


def test_positions_count_on_though_tracks_were_taken_out(full: Full) -> None:
    path = f"/collections/{full.collection}/tracks"
    first, second, *others = (item["track_id"] for item in full.items(path))
    met: list[tuple[str, int]] = []
    for told in full.walk(path, limit=2):
        met += [(item["track_id"], item["position"]) for item in told["items"]]
        if len(met) == 2:
            for gone in (first, second):
                full.client.delete(f"{path}/{gone}").raise_for_status()
    assert met == [(track, place) for place, track in enumerate([first, second, *others])]
    # Asked anew, they count from 0.
    assert [item["position"] for item in full.items(path)] == [*range(len(others))]
    assert [item["position"] for told in full.walk(path, limit=2) for item in told["items"]] == [
        *range(len(others))
    ]
    for track in (first, second):
        full.put_in(track)
