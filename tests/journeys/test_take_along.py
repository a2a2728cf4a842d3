"""An open link without script, and its files for whoever may take them along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from engines import of_folder
from journeys.seen import BROWSER, opens, part, upload_song
from media.make_audio import make


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload_song(owner, tmp_path_factory.mktemp("audio"))


def test_without_script_the_form_opens_the_link_once(
    server: Server, listener: httpx.Client, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], max_opens=1, allow_download=True)
    path = f"/v1/music/shared/{link['token']}"
    opened = listener.post(path, headers=BROWSER)
    assert opened.status_code == 303
    assert server.outcome_of(opened) == ("opened", None)
    place = opened.headers["location"]
    assert place.startswith(path + "/listening/ls1.")
    page = listener.get(place, headers=BROWSER)
    assert page.status_code == 200
    audio = part(r'<audio controls [^>]*src="([^"]+)"', page.text)
    assert listener.get(audio, headers={"Range": "bytes=0-9"}).status_code == 206
    taken = listener.get(place + part(r'href="([?]download=[^"]+)"', page.text), headers=BROWSER)
    assert taken.status_code == 303
    assert server.outcome_of(taken) == ("downloaded", None)
    file = taken.headers["location"]
    assert "attachment" in listener.get(file).headers["content-disposition"]
    assert opens(owner, link) == 1
    again = listener.post(path, headers=BROWSER)
    assert again.status_code == 404
    assert again.headers["content-type"].startswith("text/html")
    forged = place[:-1] + ("1" if place[-1] == "0" else "0")
    assert listener.get(forged, headers=BROWSER).status_code == 404
    owner.delete(f"/share/{link['id']}")
    assert listener.get(place, headers=BROWSER).status_code == 404
    assert listener.get(audio).status_code == 403
    assert listener.get(file).status_code == 403


@of_folder
def test_a_file_is_taken_along_only_if_its_creator_says_so(
    listener: httpx.Client, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    opened = listener.get(f"/v1/music/shared/{link['token']}")
    session = {"Listen-Session": opened.headers["listen-session"]}
    path = f"/v1/music/shared/{link['token']}/download/{song['id']}"
    assert listener.get(path, headers=session).status_code == 404
    owner.patch(f"/share/{link['id']}", json={"allow_download": True}).raise_for_status()
    assert listener.get(path).status_code == 404
    url = listener.get(path, headers=session).json()["download_url"]
    whole = listener.get(url)
    written = whole.headers["content-disposition"]
    assert written == (
        "attachment; filename=\"Late _Night_.mp3\"; filename*=UTF-8''Late%20_Night_.mp3"
    )
    part = listener.get(url, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, whole.content[5:10])
    # Leave to play is none to take along, and the other way round.
    playback = opened.json()["track"]["playback_url"]
    assert listener.get(playback.replace("/audio/", "/download/")).status_code == 403
    assert listener.get(url.replace("/download/", "/audio/")).status_code == 403
    owner.patch(f"/share/{link['id']}", json={"allow_download": False}).raise_for_status()
    assert listener.get(url).status_code == 403


def test_only_what_the_link_leads_to_is_taken_along(
    listener: httpx.Client, owner: httpx.Client, song: dict[str, Any], tmp_path: Path
) -> None:
    other = upload(owner, make("wav16", tmp_path / "other.wav"), title="Other")
    album = owner.post("/collections", json={"name": "Evening"}).json()
    owner.post(f"/collections/{album['id']}/tracks", json={"track_id": song["id"]})
    for target in (song["id"], album["id"]):
        link = share(owner, target, allow_download=True)
        path = f"/v1/music/shared/{link['token']}"
        session = {"Listen-Session": listener.get(path).headers["listen-session"]}
        statuses = [
            listener.get(f"{path}/download/{track}", headers=session).status_code
            for track in (song["id"], other["id"], "mtrack_000000000000", "mtrack_x", album["id"])
        ]
        assert statuses == [200, 404, 404, 404, 404]
    owner.delete(f"/collections/{album['id']}/tracks/{song['id']}").raise_for_status()
    assert listener.get(f"{path}/download/{song['id']}", headers=session).status_code == 404
