"""What is kept of a page is never out of date: each change shows at the next request, whoever made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from journeys.faces import FACES
from journeys.looked_at import Songs, World, changed, four_songs, looked_at

WRITTEN = {"page", "embed", "details"}
ALL = set(FACES)


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Songs]:
    with four_songs(tmp_path_factory.mktemp("instance"), tmp_path_factory.mktemp("audio")) as songs:
        yield songs


@pytest.fixture
def world(songs: Songs) -> Iterator[World]:
    with looked_at(songs) as world:
        yield world


Change = Callable[[World], Any]
ORG_CHANGES: dict[str, tuple[Change, set[str]]] = {
    "a title": (lambda w: w.owner.patch(f"/tracks/{w.songs[1]}", json={"title": "New"}), WRITTEN),
    "an artist": (lambda w: w.owner.patch(f"/tracks/{w.songs[1]}", json={"artist": "Ben"}), ALL),
    "the order": (
        lambda w: w.owner.patch(
            f"/collections/{w.album}/order", json={"ordered_track_ids": [w.songs[2], w.songs[0]]}
        ),
        WRITTEN,
    ),
    "one more track": (
        lambda w: w.owner.post(f"/collections/{w.album}/tracks", json={"track_id": w.songs[3]}),
        ALL,
    ),
    "one track less": (
        lambda w: w.owner.delete(f"/collections/{w.album}/tracks/{w.songs[0]}"),
        ALL,
    ),
    "a deleted track": (lambda w: w.owner.delete(f"/tracks/{w.songs[0]}"), ALL),
    "the name": (
        lambda w: w.owner.patch(f"/collections/{w.album}", json={"name": "Night"}),
        ALL,
    ),
    "the description": (
        lambda w: w.owner.patch(f"/collections/{w.album}", json={"description": "Quiet."}),
        WRITTEN,
    ),
    "no preview": (
        lambda w: w.owner.patch(f"/share/{w.link['id']}", json={"preview": False}),
        ALL - {"details"},
    ),
    "downloads": (
        lambda w: w.owner.patch(f"/share/{w.link['id']}", json={"allow_download": True}),
        WRITTEN,
    ),
    "another end": (
        lambda w: w.owner.patch(f"/share/{w.link['id']}", json={"expires_in_days": 9}),
        {"page"},
    ),
    "who may index it": (
        lambda w: w.owner.patch(f"/share/{w.link['id']}", json={"visibility": "public"}),
        {"page"},
    ),
    "a removed collection": (lambda w: w.owner.delete(f"/collections/{w.album}"), ALL),
    "a closed link": (lambda w: w.owner.delete(f"/share/{w.link['id']}"), ALL),
}
# Statements on the number of a song, or of the link.
SQL_CHANGES: dict[str, tuple[str, int | None, set[str]]] = {
    "a title": ("UPDATE tracks SET title = 'X' WHERE id = ?", 0, WRITTEN),
    "a waveform": (
        "UPDATE audio_objects SET peaks = NULL WHERE id = (SELECT audio_id FROM tracks WHERE id = ?)",
        0,
        WRITTEN,
    ),
    "a cover": (
        "UPDATE audio_objects SET cover_digest = NULL "
        "WHERE id = (SELECT audio_id FROM tracks WHERE id = ?)",
        2,
        WRITTEN,
    ),
    "a lower stamp": ("UPDATE tracks SET stamp_class = 'unclear' WHERE id = ?", 0, ALL),
    "a place": ("UPDATE collection_tracks SET position = 9 WHERE track_id = ?", 0, WRITTEN),
    "the end": ("UPDATE shares SET expires_at = 1 WHERE id = ?", None, ALL),
}


@pytest.mark.parametrize("name", ORG_CHANGES)
def test_what_the_owner_changes_shows_at_once(world: World, name: str) -> None:
    change, faces = ORG_CHANGES[name]
    before = world.everywhere()
    assert before == world.everywhere()
    answer = change(world)
    assert answer.status_code in (200, 201, 204), answer.text
    assert changed(before, world.everywhere()) == faces


@pytest.mark.parametrize("name", SQL_CHANGES)
def test_what_another_process_changes_shows_at_once(world: World, name: str) -> None:
    sql, place, faces = SQL_CHANGES[name]
    before = world.everywhere()
    world.server.change(sql, world.link_number if place is None else world.number(place))
    assert changed(before, world.everywhere()) == faces
