"""A creator declares what may be done with a recording: what links tell before and after, the organisation's
default, who did it and when, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from media.make_audio import make

LISTEN_ONLY = ("personal_only", False, True, "2026-01")
BY = ("commercial_cleared", True, True, "CC-BY-4.0")


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=44_100)


@pytest.fixture
def track(owner: httpx.Client, song: Path) -> dict[str, Any]:
    return upload(owner, song, engine="own_recording", title="Ferry")


@pytest.fixture
def friend(server: Server) -> Iterator[httpx.Client]:
    with server.owner(server.new_member()["api_key"]) as client:
        yield client


def declare(owner: httpx.Client, track: dict[str, Any], terms: str, **more: Any) -> httpx.Response:
    said = {"declared_licence": terms, "confirmed": terms.startswith("CC")} | more
    return owner.patch(f"/tracks/{track['id']}", json=said)


def told(listener: httpx.Client, link: dict[str, Any]) -> tuple[str, bool, bool, str]:
    licence = listener.get(f"/v1/music/shared/{link['token']}").json()["track"]["licence"]
    assert sorted(licence) == [
        "commercial_use", "licence_class", "licence_version", "requires_attribution",
    ]  # fmt: skip
    facts = ("licence_class", "commercial_use", "requires_attribution", "licence_version")
    return tuple(licence[name] for name in facts)


def test_more_is_told_by_links_made_afterwards_and_less_by_all_at_once(
    owner: httpx.Client, listener: httpx.Client, track: dict[str, Any]
) -> None:
    before = share(owner, track["id"])
    assert told(listener, before) == LISTEN_ONLY
    answer = declare(owner, track, "CC-BY-4.0", attribution_text="Music by the ferry")
    assert answer.json() | {"playback_url": ""} == track | {
        "playback_url": "", "declared_licence": "CC-BY-4.0", "licence_class": "commercial_cleared",
        "attribution_text": "Music by the ferry",
    }  # fmt: skip
    after = share(owner, track["id"])
    assert (told(listener, before), told(listener, after)) == (LISTEN_ONLY, BY)
    assert declare(owner, track, "CC-BY-NC-SA-4.0").status_code == 200
    assert told(listener, after) == ("personal_only", False, True, "CC-BY-NC-SA-4.0")
    assert declare(owner, track, "CC-BY-NC-ND-4.0").status_code == 200
    # Neither of the two allows all that the other does.
    assert (told(listener, after), told(listener, before)) == (LISTEN_ONLY, LISTEN_ONLY)
    third = share(owner, track["id"])
    assert told(listener, third) == ("personal_only", False, True, "CC-BY-NC-ND-4.0")
    rotated = owner.post(f"/share/{before['id']}/rotate").json()
    assert told(listener, rotated) == LISTEN_ONLY


def test_a_link_to_a_collection_tells_of_each_track_what_held_since_it_was_made(
    owner: httpx.Client, listener: httpx.Client, track: dict[str, Any], song: Path
) -> None:
    collection = owner.post("/collections", json={"name": "Evening"}).json()["id"]
    owner.post(f"/collections/{collection}/tracks", json={"track_id": track["id"]})
    before = share(owner, collection)
    declare(owner, track, "CC0-1.0")
    late = upload(owner, song, engine="own_recording", declared_licence="CC0-1.0", confirmed="true")
    owner.post(f"/collections/{collection}/tracks", json={"track_id": late["id"]})
    versions = [
        [one["licence"]["licence_version"] for one in view["tracks"]]
        for view in (
            listener.get(f"/v1/music/shared/{link['token']}").json()
            for link in (before, share(owner, collection))
        )
    ]
    assert versions == [["2026-01", "CC0-1.0"], ["CC0-1.0", "CC0-1.0"]]


def test_whoever_saved_it_is_told_what_their_link_tells(
    owner: httpx.Client, friend: httpx.Client, track: dict[str, Any]
) -> None:
    link = share(owner, track["id"])
    path = str(friend.base_url.join(f"/v1/music/shared/{link['token']}/save"))
    assert friend.post(path).status_code == 201
    declare(owner, track, "CC-BY-4.0", attribution_text="Mine")
    for saved in (
        friend.get(f"/tracks/{track['id']}").json(),
        friend.get("/tracks").json()["items"][0],
    ):
        assert saved["licence_class"] == "personal_only"
        assert (saved["declared_licence"], saved["attribution_text"]) == (None, None)
    assert declare(friend, track, "listen_only").status_code == 403
    assert friend.get(f"/tracks/{track['id']}/declarations").status_code == 403


def test_an_engine_is_the_ceiling(owner: httpx.Client, listener: httpx.Client, song: Path) -> None:
    track = upload(owner, song, engine="studio")
    link = share(owner, track["id"])
    assert declare(owner, track, "CC0-1.0").json()["licence_class"] == "personal_only"
    assert told(listener, link) == ("personal_only", False, False, "2026-01")
    cleared = upload(owner, song, engine="studio_cleared")
    link = share(owner, cleared["id"])
    declare(owner, cleared, "commercial", attribution_text="Say so")
    assert told(listener, link) == ("commercial_cleared", True, True, "2026-01")
    declare(owner, cleared, "CC-BY-NC-4.0")
    assert told(listener, link) == LISTEN_ONLY


def test_an_organisations_default_holds_for_what_is_recorded_from_then_on(
    server: Server, song: Path
) -> None:
    with server.owner(server.new_organization()["api_key"]) as other:
        other.base_url = httpx.URL(f"{server.url}/v1/music/{_organization(server, other)}")
        assert other.get("/licence-default").json() == {"default": None}
        early = upload(other, song, engine="own_recording")
        said = {
            "declared_licence": "CC-BY-NC-4.0",
            "confirmed": True,
            "attribution_text": "A label",
        }
        found = other.put("/licence-default", json=said)
        assert found.status_code == 200
        assert found.json() == other.get("/licence-default").json()
        assert found.json()["default"]["declared_licence"] == "CC-BY-NC-4.0"
        late = upload(other, song, engine="own_recording")
        assert (late["declared_licence"], late["attribution_text"]) == ("CC-BY-NC-4.0", "A label")
        own = upload(other, song, engine="own_recording", declared_licence="listen_only")
        assert own["declared_licence"] == "listen_only"
        studio = upload(other, song, engine="studio")
        assert studio["declared_licence"] is None
        assert other.get(f"/tracks/{early['id']}").json()["declared_licence"] is None
        (line,) = other.get(f"/tracks/{late['id']}/declarations").json()["items"]
        assert line["declared_by"].startswith("owner")


def _organization(server: Server, client: httpx.Client) -> str:
    return str(client.get(f"{server.url}/v1/caller").json()["organization_id"])


def test_who_declared_what_and_when_is_listed(owner: httpx.Client, track: dict[str, Any]) -> None:
    for terms in ("listen_only", "CC-BY-4.0", "CC-BY-4.0", "commercial"):
        assert declare(owner, track, terms).status_code == 200
    path = f"/tracks/{track['id']}/declarations"
    listed = owner.get(path).json()["items"]
    # What holds already isn't declared again.
    assert [one["declared_licence"] for one in listed] == ["commercial", "CC-BY-4.0", "listen_only"]
    assert {one["attribution_text"] for one in listed} == {None}
    assert owner.get(path, params={"limit": 1, "offset": 2}).json()["items"] == listed[2:]
    first = owner.get(path, params={"limit": 2}).json()
    rest = owner.get(path, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert first["items"] + rest["items"] == listed


def test_what_holds_is_not_declared_again_though_older_links_need_a_credit_line(
    owner: httpx.Client, track: dict[str, Any]
) -> None:
    declare(owner, track, "commercial", attribution_text="Mine")
    for _ in range(3):
        declare(owner, track, "commercial")
    listed = owner.get(f"/tracks/{track['id']}/declarations").json()["items"]
    assert [one["attribution_text"] for one in listed] == [None, "Mine"]


def test_only_owners_set_the_default(friend: httpx.Client) -> None:
    refused = friend.put("/licence-default", json={"declared_licence": "listen_only"})
    assert (refused.status_code, friend.get("/licence-default").status_code) == (403, 200)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"declared_licence": "CC-BY-4.0"}, "confirmed"),
        ({"declared_licence": "CC0-1.0", "confirmed": False}, "confirmed"),
        ({"declared_licence": "CC-BY-3.0", "confirmed": True}, "declared_licence"),
        ({"declared_licence": None}, "declared_licence"),
        ({"attribution_text": "Mine"}, "attribution_text"),
        ({"declared_licence": "commercial", "attribution_text": "x" * 501}, "attribution_text"),
        ({"declared_licence": "CC0-1.0", "attribution_text": "x", "confirmed": True}, "attribution_text"),
        ({"declared_licence": "commercial", "confirmed": "yes"}, "confirmed"),
    ],
)  # fmt: skip
def test_what_cannot_be_declared_names_its_field_and_changes_nothing(
    owner: httpx.Client, track: dict[str, Any], said: dict[str, Any], field: str
) -> None:
    path = f"/tracks/{track['id']}"
    refused = owner.patch(path, json={"title": "Changed"} | said)
    assert refused.status_code == 422
    assert refused.json()["error"]["details"]["field"] == field
    assert owner.get(path).json()["title"] == "Ferry"
    if said.get("declared_licence"):
        assert owner.put("/licence-default", json=said).status_code == 422
    assert owner.get(path + "/declarations").json()["items"] == []


def test_a_credit_line_is_one_line(owner: httpx.Client, track: dict[str, Any]) -> None:
    said = declare(owner, track, "commercial", attribution_text="  Music\nby\x07 A\u202e ")
    assert said.json()["attribution_text"] == "Music by  A"
    assert (
        declare(owner, track, "commercial", attribution_text="  ").json()["attribution_text"]
        is None
    )
