"""What is kept of one page is never shown for another: of another token, link, language, state or moment."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from cast import share
from journeys.faces import FACES, Beside, open_session
from journeys.looked_at import Songs, World, changed, four_songs, looked_at
from journeys.seen import BROWSER
from listenlink.web.pages.languages import LANGUAGES
from listenlink.web.pages.page_writer import PageWriter

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


def test_a_change_and_back_again_shows_both(world: World) -> None:
    path = f"/collections/{world.album}"
    told = []
    for name in ("Evening", "Night", "Evening", "Morning", "Night"):
        world.owner.patch(path, json={"name": name}).raise_for_status()
        told.append(world.everywhere())
        for face in FACES:
            assert name in told[-1][face][1]
    assert told[0] == told[2]
    assert told[1] == told[4]


def test_what_is_made_from_audio_shows_once_it_is_made(world: World) -> None:
    """As the page of a track that was put in just now, looked at before and after."""
    where = " WHERE id = (SELECT audio_id FROM tracks WHERE id = ?)"
    for place in (0, 2):
        unmade = "UPDATE audio_objects SET peaks = NULL, cover_digest = NULL"
        world.server.change(unmade + where, world.number(place))
    before = world.everywhere()
    assert '"peaks":null' in before["details"][1]
    assert "/v1/music/picture/" not in before["details"][1]
    made = "UPDATE audio_objects SET peaks = ?, cover_digest = ?, derived_at = derived_at + 1"
    world.server.change(made + where, b"\x07" * 600, b"\x01" * 32, world.number(0))
    after = world.everywhere()
    assert changed(before, after) == WRITTEN
    assert "/v1/music/picture/" in after["details"][1]
    world.server.change(made + where, b"\x09" * 600, b"\x01" * 32, world.number(0))
    assert changed(after, world.everywhere()) == WRITTEN


def test_the_cover_that_was_chosen_shows_at_once(world: World) -> None:
    world.add(3)
    before = world.everywhere()
    path, chosen = f"/collections/{world.album}", {"cover_track_id": world.songs[3]}
    world.owner.patch(path, json=chosen).raise_for_status()
    assert changed(before, world.everywhere()) == WRITTEN


def test_a_new_token_has_a_page_of_its_own(world: World) -> None:
    before = world.everywhere()
    turned = world.owner.post(f"/share/{world.link['id']}/rotate").json()
    assert {status for status, _ in world.everywhere().values()} == {404}
    world.session = open_session(world.listener.get, turned)
    after = world.everywhere(turned)
    assert changed(before, after) == ALL
    for _, text in after.values():
        assert world.link["token"] not in text


def test_another_link_to_the_same_has_a_page_of_its_own(world: World) -> None:
    before = world.everywhere()
    other = share(world.owner, world.album)
    mine, world.session = world.session, open_session(world.listener.get, other)
    after = world.everywhere(other)
    assert {status for status, _ in after.values()} == {200}
    assert changed(before, after) == ALL
    for face in ("page", "embed", "oembed"):
        assert world.link["token"] not in after[face][1]
        assert other["token"] in after[face][1]
    world.session = mine
    assert world.everywhere() == before


def test_each_language_has_a_page_of_its_own(world: World) -> None:
    told = world.everywhere_in(LANGUAGES)
    for face in ("page", "embed", "details"):
        assert len({told[language][face] for language in LANGUAGES}) == len(LANGUAGES)
    assert told == world.everywhere_in(LANGUAGES)


def test_who_has_opened_a_hidden_link_and_who_has_not_see_different_pages(world: World) -> None:
    world.owner.patch(f"/share/{world.link['id']}", json={"preview": False}).raise_for_status()
    path = f"/v1/music/shared/{world.link['token']}"
    for get in (world.listener.get, world.beside.get):
        for session, is_shown in ((world.session, True), ({}, False), (world.session, True)):
            for url in (path, f"/embed/{world.link['token']}"):
                page = get(url, headers=BROWSER | session)
                assert page.status_code == 200
                assert ("Evening" in page.text) is is_shown
    told = world.everywhere()
    assert "Song 0" in told["details"][1]
    assert "Evening" not in told["page"][1] + told["embed"][1] + told["oembed"][1]


def test_what_is_hidden_is_called_something_in_each_language(world: World) -> None:
    world.owner.patch(f"/share/{world.link['id']}", json={"preview": False}).raise_for_status()
    told = world.everywhere_in(LANGUAGES)
    assert len({told[language]["oembed"] for language in LANGUAGES}) == len(LANGUAGES)


def test_the_page_without_script_is_its_sessions_own(world: World) -> None:
    """Its playback URLs are made for one open; what it shows changes as on any page."""
    path = f"/v1/music/shared/{world.link['token']}"
    places = [world.listener.post(path).headers["location"] for _ in range(2)]

    def texts() -> list[str]:
        told = [
            [get(place).text for get in (world.listener.get, world.beside.get)] for place in places
        ]
        assert all(one == other for one, other in told)
        return [one for one, _ in told]

    before = texts()
    assert before == texts()
    assert before[0] != before[1]
    world.owner.patch(f"/tracks/{world.songs[0]}", json={"title": "New"}).raise_for_status()
    assert all("New" in text for text in texts())
    world.owner.delete(f"/share/{world.link['id']}")
    assert [world.listener.get(place).status_code for place in places] == [404, 404]


def test_pages_of_what_is_over_are_written_once_in_each_language(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[tuple[Any, ...]] = []
    write = PageWriter.ended

    def counting(writer: PageWriter, *asked: Any) -> str:
        written.append(asked)
        return write(writer, *asked)

    monkeypatch.setattr(PageWriter, "ended", counting)
    with contextlib.closing(Beside(world.server)) as fresh:
        for language in (*LANGUAGES, *LANGUAGES):
            headers = BROWSER | {"Accept-Language": language}
            answers = fresh.get_at_once(8, "/v1/music/shared/shr_0", headers=headers)
            assert {answer.status_code for answer in answers} == {404}
            assert f'lang="{language}"' in answers[0].text
    assert sorted(written) == sorted(("refused", language, None) for language in LANGUAGES)
