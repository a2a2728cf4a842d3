"""Collections at the desk, by forms alone: made, named, filled, deleted; one's own only."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import insert

from cast import Server, share, upload
from journeys.desk_albums import DESK, album, order_of, press
from listenlink.store import tables
from media.make_audio import make
from signed_in import at_desk

HOSTILE = "<script>alert(1)</script> \"'> {title} {{ 7 * 7 }} \u202eevil"


@pytest.fixture(scope="module")
def person(server: Server) -> Iterator[httpx.Client]:
    with contextlib.closing(at_desk(server)) as client:
        yield client


@pytest.fixture(scope="module")
def songs(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=5000)
    return [str(upload(owner, path, title=f"Song {n}")["id"]) for n in range(4)]


def test_one_is_made_and_shown(person: httpx.Client, owner: httpx.Client) -> None:
    page = press(person, DESK, name="  Made at\nthe desk ")
    assert "The collection is made." in page.text
    assert "Made at the desk</h1>" in page.text
    listed = person.get(DESK).text
    assert listed.index("Made at the desk") > 0
    assert owner.get("/collections").json()["items"][0]["name"] == "Made at the desk"


@pytest.mark.parametrize(
    ("name", "told"), [("", "empty"), (" \u200b", "empty"), ("x" * 513, "512")]
)
def test_a_name_that_cannot_be_is_told_beside_it(
    person: httpx.Client, name: str, told: str
) -> None:
    answer = person.post(DESK, data={"name": name})
    assert answer.status_code == 422
    fault = re.search(r'id="name-fault" role="alert">([^<]*)', answer.text)
    assert fault is not None
    assert told in fault[1]
    assert f'value="{name}"' in answer.text


def test_texts_are_changed_and_nothing_typed_is_lost(
    person: httpx.Client, owner: httpx.Client
) -> None:
    mine = album(owner, [])
    page = press(person, f"{DESK}/{mine}/change", name="Night", description="One.\r\nTwo.")
    assert "The collection is changed." in page.text
    told = owner.get(f"/collections/{mine}").json()
    assert (told["name"], told["description"]) == ("Night", "One.\nTwo.")
    # Each becomes twelve characters on the way.
    longest = "\U0001f3b5" * 4096
    press(person, f"{DESK}/{mine}/change", name="Night", description=longest)
    typed = {"name": "Kept", "description": "x" * 4097}
    refused = person.post(f"{DESK}/{mine}/change", data=typed)
    assert refused.status_code == 422
    assert 'aria-describedby="description-fault" autofocus' in refused.text
    assert 'id="description-fault"' in refused.text
    assert 'value="Kept"' in refused.text
    assert typed["description"] in refused.text
    press(person, f"{DESK}/{mine}/change", name="Night", description="")
    assert owner.get(f"/collections/{mine}").json()["description"] is None


def test_tracks_are_found_and_added_several_at_once(
    person: httpx.Client, owner: httpx.Client, songs: list[str]
) -> None:
    mine = album(owner, [])
    assert "Song 3" in person.get(f"{DESK}/{mine}").text, "an empty one shows what there is"
    page = person.get(f"{DESK}/{mine}", params={"q": "SONG 2"}).text
    assert "Song 2" in page
    assert "Song 3" not in page
    added = {songs[2]: "yes", songs[0]: "yes", "q": "song"}
    page = press(person, f"{DESK}/{mine}/tracks", **added).text
    assert "Added to the collection." in page
    assert page.count("already in it") == 2
    assert order_of(owner, mine) == [songs[0], songs[2]], "as they were uploaded"
    press(person, f"{DESK}/{mine}/tracks", **{songs[3]: "yes", "only": songs[1], "q": ""})
    assert order_of(owner, mine) == [songs[0], songs[2], songs[1]]
    refused = person.post(f"{DESK}/{mine}/tracks", data={"q": "song"})
    assert refused.status_code == 422
    assert "Choose tracks first." in refused.text
    assert "Song 3" in refused.text, "what was found is there still"


def test_a_tracks_cover_is_chosen_and_left(
    person: httpx.Client, owner: httpx.Client, songs: list[str]
) -> None:
    mine = album(owner, songs)
    page = press(person, f"{DESK}/{mine}/tracks/{songs[1]}", do="cover")
    assert owner.get(f"/collections/{mine}").json()["cover_track_id"] == songs[1]
    assert page.text.count('aria-pressed="true"') == 1
    press(person, f"{DESK}/{mine}/tracks/{songs[1]}", do="no_cover")
    assert owner.get(f"/collections/{mine}").json()["cover_track_id"] is None


def test_its_links_are_shown_and_deleting_says_what_becomes_of_them(
    server: Server, person: httpx.Client, owner: httpx.Client, songs: list[str]
) -> None:
    mine = album(owner, songs)
    link = share(owner, mine, label="For Ana", max_opens=5)
    share(owner, mine)
    page = person.get(f"{DESK}/{mine}").text
    assert f'href="{DESK}/{mine}/share" data-share' in page
    assert f'href="/desk/links/{link["id"]}"' in page
    assert ">For Ana</a>" in page
    assert "0 of 5 opens" in page
    asked = person.get(f"{DESK}/{mine}/delete").text
    assert "2 links lead here." in asked
    assert owner.get(f"/collections/{mine}").is_success, "asking deletes nothing"
    page = press(person, f"{DESK}/{mine}/delete").text
    assert "The collection is deleted." in page
    assert owner.get(f"/collections/{mine}").status_code == 404
    with server.listener() as stranger:
        assert stranger.get(urlsplit(link["url"]).path).json()["available"] is False
    assert owner.get(f"/tracks/{songs[0]}").is_success


def test_hostile_text_is_text(person: httpx.Client, owner: httpx.Client, songs: list[str]) -> None:
    mine = album(owner, songs)
    press(person, f"{DESK}/{mine}/change", name=HOSTILE, description=HOSTILE)
    pages = [person.get(path).text for path in (DESK, f"{DESK}/{mine}", f"{DESK}/{mine}/delete")]
    pages.append(person.get(f"{DESK}/{mine}", params={"q": HOSTILE}).text)
    pages.append(person.get(DESK, params={"q": HOSTILE, "done": HOSTILE, "page": HOSTILE}).text)
    odd = {"track": HOSTILE, "was": HOSTILE, "mark": HOSTILE, "focus": HOSTILE, "done": HOSTILE}
    pages.append(person.get(f"{DESK}/{mine}", params=odd).text)
    for page in pages:
        assert "<script>alert" not in page
        assert "49" not in page.partition("{{ 7")[0][-9:]


def _paths(collection: str, track: str) -> list[tuple[str, str, dict[str, str]]]:
    path = f"{DESK}/{collection}"
    return [
        ("GET", path, {}),
        ("GET", path + "/delete", {}),
        ("POST", path + "/delete", {}),
        ("POST", path + "/change", {"name": "Stolen"}),
        ("POST", path + "/tracks", {"only": track}),
        ("POST", path + "/undo", {"track": track, "position": "0", "mark": "0" * 16}),
        *(("POST", f"{path}/tracks/{track}", {"do": do}) for do in ("up", "out", "cover")),
    ]


def test_what_is_somebody_elses_is_nowhere(
    server: Server, person: httpx.Client, owner: httpx.Client, songs: list[str]
) -> None:
    """As what doesn't exist, and as what isn't an id at all."""
    theirs = album(owner, songs)
    told = server.new_member("owner")
    user = int(told["user_id"].partition("_")[2], 16)
    ((email,),) = server.query("SELECT email FROM users WHERE id = ?", user)
    with contextlib.closing(at_desk(server, email)) as other, server.owner(told["api_key"]) as api:
        own = album(api, [])
        for collection in (theirs, "mcoll_000000000000", "nonsense"):
            for method, path, form in _paths(collection, songs[0]):
                answer = other.request(method, path, data=form or None)
                assert answer.status_code == 404, path
                assert "This doesn&#39;t exist." in answer.text
                assert "Evening" not in answer.text
        # A collection of one's own takes none of somebody else's tracks.
        for path, form in (
            (f"{DESK}/{own}/tracks", {"only": songs[0]}),
            (f"{DESK}/{own}/tracks/{songs[0]}", {"do": "cover"}),
        ):
            assert other.post(path, data=form).status_code == 404
        assert "Song" not in other.get(f"{DESK}/{own}", params={"q": ""}).text
    assert order_of(owner, theirs) == songs
    assert owner.get(f"/collections/{theirs}").json()["name"] == "Evening"


def test_a_program_gets_the_envelope(person: httpx.Client) -> None:
    program = {"Accept": "application/json"}
    answer = person.post(DESK, data={"name": ""}, headers=program)
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, "name")


def _make_five_hundred(server: Server, organization: int, user: int, songs: list[str]) -> None:
    """Collections of four tracks each, put straight into the database."""
    tracks = [int(song.removeprefix("mtrack_"), 16) for song in songs]
    rows: list[dict[str, Any]] = [
        {"id": user - 1000 + n, "organization_id": organization, "owner_id": user, "name": f"No. {n}",
         "created_at": n, "updated_at": n}
        for n in range(500)
    ]  # fmt: skip
    members = [
        {"collection_id": row["id"], "track_id": track, "position": place, "added_at": 0}
        for row in rows
        for place, track in enumerate(tracks)
    ]
    database = server.backend.open()
    try:
        database.write_now(lambda c: c.execute(insert(tables.collections), rows))
        database.write_now(lambda c: c.execute(insert(tables.collection_tracks), members))
    finally:
        database.close()


def test_five_hundred_collections_are_light_and_soon_there(
    server: Server, songs: list[str]
) -> None:
    """Of somebody with none but these."""
    told = server.new_member()
    organization, user = (
        int(told[f"{of}_id"].rpartition("_")[2], 16) for of in ("organization", "user")
    )
    ((email,),) = server.query("SELECT email FROM users WHERE id = ?", user)
    _make_five_hundred(server, organization, user, songs)
    with contextlib.closing(at_desk(server, email)) as client:
        began = time.perf_counter()
        page = client.get(DESK)
        took = time.perf_counter() - began
        assert took < 1
        assert len(page.content) <= 200_000
        print(f"{took * 1000:.0f} ms, {len(page.content)} bytes")
        assert page.text.count("4 tracks · 0 links") == 50
        assert page.text.index("No. 499") < page.text.index("No. 450")
        assert "Page 1 of 10" in page.text
        last = client.get(DESK, params={"page": "10"}).text
        assert "No. 0<" in last
        assert "Next page" not in last
        found = client.get(DESK, params={"q": "no. 17"}).text
        assert found.count("<li><span") == 15
        assert "None is called so." in client.get(DESK, params={"q": "nowhere"}).text
