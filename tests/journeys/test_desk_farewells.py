"""How a track leaves at the desk: its file is taken along, it's removed, or taken out of a library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cast import Server, share
from engines import of_folder
from journeys.people_with_tracks import Person, new_track, people_of
from journeys.signed_for import wait_for_manifests
from media.make_audio import make
from signed_in import stranger


@pytest.fixture(scope="module")
def people(server: Server) -> Iterator[dict[str, Person]]:
    with people_of(server) as made:
        yield made


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "Harbour Lights.wav")


def test_its_original_is_downloaded_byte_by_byte_by_its_creator_alone(
    server: Server, people: dict[str, Person], wav: Path
) -> None:
    owner = people["owner"]
    track = new_track(owner, wav, title="Harbour / Lights")
    wait_for_manifests(
        server, track
    )  # It's in what others download, not in what one put in oneself.
    link = share(owner.owner, track)
    saved = people["colleague"].owner.post(f"{server.url}/v1/music/shared/{link['token']}/save")
    assert saved.is_success, saved.text
    leads = owner.desk.get(f"/desk/tracks/{track}/original")
    assert leads.status_code == 303
    url = httpx.URL(server.url).join(leads.headers["location"])
    with httpx.Client() as anybody:
        whole = anybody.get(url)
        assert whole.content == wav.read_bytes()
        assert whole.headers["content-disposition"].startswith("attachment;")
        assert "Harbour%20_%20Lights.wav" in whole.headers["content-disposition"]
        part = anybody.get(url, headers={"Range": "bytes=4-9"})
        assert (part.status_code, part.content) == (206, whole.content[4:10])
    for who, status in (("colleague", 403), ("member", 404), ("stranger", 404)):
        assert people[who].desk.get(f"/desk/tracks/{track}/original").status_code == status
    with stranger(server) as other:
        answer = other.get(f"/desk/tracks/{track}/original")
        assert answer.headers["location"] == "/desk/sign-in"


@of_folder
def test_the_address_of_an_original_ends_with_the_track(
    server: Server, people: dict[str, Person], wav: Path
) -> None:
    owner = people["owner"]
    track = new_track(owner, wav, title="Short-lived")
    path = owner.desk.get(f"/desk/tracks/{track}/original").headers["location"]
    assert path.startswith("/v1/music/download/own.")
    url = server.url + path
    assert httpx.get(url).status_code == 200
    assert httpx.get(url + "?x=1").status_code == 403
    assert httpx.get(url[:-1] + ("0" if url[-1] != "0" else "1")).status_code == 403
    assert httpx.get(url.replace("/download/", "/audio/")).status_code == 403
    assert owner.posts(f"/desk/tracks/{track}/remove").status_code == 303
    assert httpx.get(url).status_code == 403


def test_removing_says_what_goes_and_does_it(
    server: Server, people: dict[str, Person], wav: Path, listener: httpx.Client
) -> None:
    owner = people["owner"]
    track = new_track(owner, wav, title="Going")
    path = f"/desk/tracks/{track}/remove"
    bare = owner.page(path)
    assert "No link to it works now" in bare
    assert "saved it" not in bare
    working = [share(owner.owner, track), share(owner.owner, track, max_opens=2)]
    spent = share(owner.owner, track, max_opens=1)
    listener.get(f"/v1/music/shared/{spent['token']}").raise_for_status()
    closed = share(owner.owner, track)
    owner.owner.delete(f"/share/{closed['id']}").raise_for_status()
    made = owner.owner.post("/collections", json={"name": "Evenings"}).json()["id"]
    owner.owner.post(f"/collections/{made}/tracks", json={"track_id": track}).raise_for_status()
    for who in ("colleague", "stranger"):
        saving = f"{server.url}/v1/music/shared/{working[0]['token']}/save"
        people[who].owner.post(saving).raise_for_status()
    page = owner.page(path)
    assert "2 links to it go dark" in page
    assert "2 others saved it" in page
    assert "Evenings" in page
    assert owner.owner.get(f"/tracks/{track}").status_code == 200, "asking does nothing"
    answer = owner.posts(path)
    assert answer.headers["location"] == "/desk?done=track_removed"
    assert "The track is removed." in owner.page(answer.headers["location"])
    assert owner.owner.get(f"/tracks/{track}").status_code == 404
    view = listener.get(f"/v1/music/shared/{working[0]['token']}").json()
    assert view["available"] is False
    assert owner.posts(path).status_code == 404


def test_a_saved_track_can_only_be_heard_and_taken_out(
    server: Server, people: dict[str, Person], wav: Path
) -> None:
    owner, saver = people["owner"], people["stranger"]
    track = new_track(owner, wav, title="Borrowed")
    link = share(owner.owner, track)
    saver.owner.post(f"{server.url}/v1/music/shared/{link['token']}/save").raise_for_status()
    row = saver.page("/desk?q=borrowed").partition(f'data-track="{track}"')[2]
    assert "saved from a link" in row
    assert "data-share" not in row
    path = f"/desk/tracks/{track}"
    page = saver.page(path)
    sound = re.findall(r'<audio [^>]*src="([^"]+)"', page)[0]
    assert httpx.get(httpx.URL(server.url).join(sound)).status_code == 200
    for absent in ("data-share", "/remove", "/original", 'name="title"', "<h2>Links", "/cover"):
        assert absent not in page
    assert saver.posts(path, title="Mine", instrumental="no").status_code == 403
    assert saver.desk.get(f"{path}/remove").status_code == 403
    assert saver.posts(f"{path}/remove").status_code == 403
    answer = saver.posts(f"{path}/take-out")
    assert answer.headers["location"] == "/desk?done=track_left_library"
    saver.page(path, 404)
    assert "Borrowed" in owner.page(path)
