"""The files of versions: kept as long as anything needs them, counted, and gone afterwards."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from cast import Server, share, upload
from engines import of_folder
from journeys.leaving import Organization
from journeys.versioned import heard, listed, make_current, opened, put_in, sounds
from listenlink.actions.bound_making import MOST_A_DAY
from listenlink.model.versions import MOST_VERSIONS
from listenlink.store.made_things import Made


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return sounds(tmp_path_factory.mktemp("audio"))


def counted(organization: Organization) -> int:
    caller = organization.owner.get(str(organization.owner.base_url.join("/v1/caller"))).json()
    return int(caller["usage"]["stored_bytes"])


@of_folder
def test_versions_are_counted_and_go_with_their_track(
    server: Server, organization: Organization, listener: httpx.Client, takes: list[Path]
) -> None:
    owner, sizes = organization.owner, [path.stat().st_size for path in takes]
    before = counted(organization)
    song = str(upload(owner, takes[0])["id"])
    # Before anything was made of the first.
    put_in(owner, song, takes[1]).raise_for_status()
    put_in(owner, song, takes[2]).raise_for_status()
    server.wait_until_derived()
    assert counted(organization) - before == sum(sizes)
    link = share(owner, song)
    owner.delete(f"/tracks/{song}/versions/1").raise_for_status()
    assert counted(organization) - before == sum(sizes[1:])
    assert heard(listener, link) == takes[2].read_bytes()
    url = opened(listener, link).json()["track"]["playback_url"]
    owner.delete(f"/tracks/{song}").raise_for_status()
    assert counted(organization) == before
    assert httpx.get(url).status_code == 403
    discarded = server.query(
        "SELECT count(*) FROM track_versions v JOIN audio_objects a ON a.id = v.audio_id "
        "WHERE a.discarded_at IS NULL AND v.track_id = ?",
        int(song.partition("_")[2], 16),
    )
    assert discarded == [(0,)]


def test_a_file_that_another_version_has_too_stays(
    server: Server, owner: httpx.Client, listener: httpx.Client, takes: list[Path]
) -> None:
    one, other = (str(upload(owner, takes[0])["id"]) for _ in range(2))
    for track in (one, other):
        put_in(owner, track, takes[1]).raise_for_status()
    owner.delete(f"/tracks/{one}").raise_for_status()
    make_current(owner, other, 1).raise_for_status()
    assert heard(listener, share(owner, other)) == takes[0].read_bytes()
    make_current(owner, other, 2).raise_for_status()
    assert heard(listener, share(owner, other)) == takes[1].read_bytes()


def test_a_track_has_so_many_versions_at_most(
    server: Server, owner: httpx.Client, takes: list[Path]
) -> None:
    song = str(upload(owner, takes[0])["id"])
    put_in(owner, song, takes[1]).raise_for_status()
    number = int(song.partition("_")[2], 16)
    # As if many had come and gone; what is stored with the track is written anew by the next.
    server.change(
        "INSERT INTO track_versions (track_id, number, engine, sample_count, sample_rate, "
        "is_shorter_than_declared, stamp_class, stamp_version, stamp_requires_attribution, created_at, "
        "removed_at) SELECT track_id, n.number, engine, sample_count, sample_rate, is_shorter_than_declared, "
        "stamp_class, stamp_version, stamp_requires_attribution, created_at, created_at "
        "FROM track_versions, ("
        + " UNION ALL ".join(f"SELECT {one} AS number" for one in range(3, MOST_VERSIONS))
        + ") n WHERE track_versions.number = 2 AND track_id = ?",
        number,
    )
    make_current(owner, song, 1).raise_for_status()
    assert put_in(owner, song, takes[2]).status_code == 201
    (text,) = server.query("SELECT versions FROM tracks WHERE id = ?", number)
    assert len(text[0]) < 6000
    refused = put_in(owner, song, takes[2])
    assert (refused.status_code, refused.json()["error"]["details"]["field"]) == (422, "file")
    assert len(listed(owner, song)) == MOST_VERSIONS


@pytest.mark.parametrize(
    ("fields", "named"),
    [({"engine": "?"}, "engine"), ({"title": "No"}, "title"), ({"current": "maybe"}, "current")],
)
def test_what_is_wrong_is_named(
    owner: httpx.Client, takes: list[Path], fields: dict[str, str], named: str
) -> None:
    song = str(upload(owner, takes[0])["id"])
    refused = put_in(owner, song, takes[1], **fields)
    assert (refused.status_code, refused.json()["error"]["details"]["field"]) == (422, named)
    assert len(listed(owner, song)) == 1
    no_audio = owner.post(f"/tracks/{song}/versions", files={"file": ("a.wav", b"no sound")})
    assert no_audio.status_code == 422
    assert owner.post(f"/tracks/{song}/versions", files={"other": (None, "1")}).status_code == 422


def test_nobody_elses_track_gets_one(
    server: Server, organization: Organization, owner: httpx.Client, takes: list[Path]
) -> None:
    song = str(upload(owner, takes[0])["id"])
    other = organization.owner
    assert put_in(other, song, takes[1]).status_code == 404
    assert other.get(f"/tracks/{song}/versions").status_code == 404
    assert make_current(other, song, 1).status_code == 404
    assert other.delete(f"/tracks/{song}/versions/1").status_code == 404
    assert MOST_A_DAY[Made.VERSION] < 100_000
