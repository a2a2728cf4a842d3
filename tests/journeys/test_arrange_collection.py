"""The order of a collection, at the desk and by the API: moved track by track, undone, over all its parts."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator

import httpx
import pytest

from cast import Server, upload
from journeys.desk_albums import DESK, album, order_of, press, undoing
from journeys.long_album import make_long_album
from media.make_audio import make
from signed_in import at_desk


@pytest.fixture(scope="module")
def person(server: Server) -> Iterator[httpx.Client]:
    with contextlib.closing(at_desk(server)) as client:
        yield client


@pytest.fixture(scope="module")
def songs(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=5000)
    return [str(upload(owner, path, title=f"Song {n}")["id"]) for n in range(4)]


def test_rows_are_moved_by_steps_and_numbers_and_undone(
    person: httpx.Client, owner: httpx.Client, songs: list[str]
) -> None:
    mine = album(owner, songs)
    a, b, c, d = songs
    row = f"{DESK}/{mine}/tracks"
    for track, form, expected in (
        (c, {"do": "up"}, [a, c, b, d]),
        (a, {"do": "down"}, [c, a, b, d]),
        (d, {"do": "to", "position": "1"}, [d, c, a, b]),
        (d, {"do": "to", "position": "99"}, [c, a, b, d]),
        (d, {"do": "drag", "before": c}, [d, c, a, b]),
        (d, {"do": "drag", "after": b}, [c, a, b, d]),
    ):
        before = order_of(owner, mine)
        page = press(person, f"{row}/{track}", **form)
        assert order_of(owner, mine) == expected
        assert f"position {expected.index(track) + 1} of 4" in page.text
        sent = undoing(page)
        assert sent is not None
        page = press(person, f"{DESK}/{mine}/undo", **sent)
        assert order_of(owner, mine) == before
        assert undoing(page) is None
        press(person, f"{row}/{track}", **form)
    assert undoing(press(person, f"{row}/{c}", do="up")) is None, "it's the first already"


def test_the_focus_stays_on_the_button_of_the_row(
    person: httpx.Client, owner: httpx.Client, songs: list[str]
) -> None:
    mine = album(owner, songs)
    page = press(person, f"{DESK}/{mine}/tracks/{songs[1]}", do="up").text
    (focused,) = re.findall(r"<(?:button|input)[^>]* autofocus[^>]*>", page)
    # Up isn't possible any more.
    assert 'value="down"' in focused
    assert f't-{songs[1]}"' in focused
    page = press(person, f"{DESK}/{mine}/tracks/{songs[1]}", do="down").text
    (focused,) = re.findall(r"<(?:button|input)[^>]* autofocus[^>]*>", page)
    assert 'value="down"' in focused


@pytest.mark.parametrize("typed", ["", "0", "-1", "two", "1.5", "٣", "9999999"])
def test_a_position_that_is_none_is_told_in_its_row(
    person: httpx.Client, owner: httpx.Client, songs: list[str], typed: str
) -> None:
    mine = album(owner, songs)
    answer = person.post(
        f"{DESK}/{mine}/tracks/{songs[2]}", data={"do": "to", "position": typed, "page": "1"}
    )
    assert answer.status_code == 422
    assert f'value="{typed}" aria-label="Move to position"' in answer.text
    row = answer.text.partition(f'<li id="{songs[2]}"')[2].partition("</li>")[0]
    assert "This is a whole number, from 1 on." in row
    assert order_of(owner, mine) == songs


def test_what_is_taken_out_comes_back_where_it_was(
    person: httpx.Client, owner: httpx.Client, songs: list[str]
) -> None:
    mine = album(owner, songs)
    page = press(person, f"{DESK}/{mine}/tracks/{songs[1]}", do="out")
    assert "The track is taken out." in page.text
    assert order_of(owner, mine) == [songs[0], *songs[2:]]
    sent = undoing(page)
    assert sent is not None
    press(person, f"{DESK}/{mine}/undo", **sent)
    assert order_of(owner, mine) == songs


def test_what_has_changed_meanwhile_is_told_and_not_undone(
    person: httpx.Client, owner: httpx.Client, songs: list[str]
) -> None:
    mine = album(owner, songs)
    page = press(person, f"{DESK}/{mine}/tracks/{songs[1]}", do="out")
    sent = undoing(page)
    assert sent is not None
    moved = owner.patch(f"/collections/{mine}/tracks/{songs[0]}", json={"position": 2})
    assert moved.json()["position"] == 2
    before = order_of(owner, mine)
    answer = person.post(f"{DESK}/{mine}/undo", data=sent)
    assert answer.status_code == 409
    assert "has changed meanwhile, so nothing was undone." in answer.text
    assert "Song 0" in answer.text, "it's shown as it is now"
    assert order_of(owner, mine) == before
    # The address that offered it offers it no more.
    assert undoing(person.get(str(page.url))) is None


def test_a_stale_row_says_what_is_so(
    person: httpx.Client, owner: httpx.Client, songs: list[str]
) -> None:
    mine = album(owner, songs[:3])
    owner.delete(f"/collections/{mine}/tracks/{songs[1]}")
    answer = person.post(f"{DESK}/{mine}/tracks/{songs[1]}", data={"do": "up"})
    assert answer.status_code == 404
    assert "This track isn&#39;t in the collection." in answer.text
    answer = person.post(
        f"{DESK}/{mine}/tracks/{songs[2]}", data={"do": "drag", "before": songs[1]}
    )
    assert answer.status_code == 409
    assert "so nothing was moved." in answer.text
    for form in ({"do": "dance"}, {"page": "1"}, {"do": "drag"}):
        assert person.post(f"{DESK}/{mine}/tracks/{songs[2]}", data=form).status_code == 400
    assert order_of(owner, mine) == [songs[0], songs[2]]


def test_a_move_by_the_api_is_exact(owner: httpx.Client, songs: list[str]) -> None:
    mine = album(owner, songs)
    path = f"/collections/{mine}/tracks"
    told = owner.patch(f"{path}/{songs[0]}", json={"position": 2})
    (listed,) = [item for item in owner.get(path).json()["items"] if item["track_id"] == songs[0]]
    assert (told.status_code, told.json()) == (200, listed)
    assert order_of(owner, mine) == [songs[1], songs[2], songs[0], songs[3]]
    assert owner.patch(f"{path}/{songs[0]}", json={"position": 99}).json()["position"] == 3
    owner.delete(f"{path}/{songs[1]}")
    assert owner.patch(f"{path}/{songs[1]}", json={"position": 0}).status_code == 404
    for wrong in (-1, 10_001, "1", 1.5, None):
        refused = owner.patch(f"{path}/{songs[0]}", json={"position": wrong})
        assert refused.status_code == 422
        assert refused.json()["error"]["details"]["field"] == "position"


def test_two_thousand_tracks_are_shown_in_parts_and_moved_over_them(
    server: Server, person: httpx.Client, owner: httpx.Client, songs: list[str]
) -> None:
    mine = make_long_album(server, owner, songs[0], 2000)
    page = person.get(f"{DESK}/{mine}")
    assert len(page.content) <= 200_000
    assert page.text.count('<li id="mtrack_') == 100
    assert "Page 1 of 20" in page.text
    assert "which nobody hears: 1500" in page.text
    (first, *_) = order_of(owner, mine)
    began = time.perf_counter()
    page = press(person, f"{DESK}/{mine}/tracks/{first}", do="to", position="1950", page="1")
    assert time.perf_counter() - began < 1
    assert "Page 20 of 20" in page.text
    assert "position 1950 of 2000" in page.text
    # Over the edge of a part by one step.
    last_of_page = re.findall(r'<li id="(mtrack_\w+)"', person.get(f"{DESK}/{mine}").text)[-1]
    page = press(person, f"{DESK}/{mine}/tracks/{last_of_page}", do="down")
    assert "position 101 of 2000" in page.text
    refused = person.post(f"{DESK}/{mine}/tracks", data={"only": songs[0], "q": ""})
    assert refused.status_code == 422
    assert "A collection has at most 2000 tracks." in refused.text
