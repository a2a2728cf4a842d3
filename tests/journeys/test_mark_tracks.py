"""What this server signs of music that a machine made: behind the upload, beside its bytes, for whoever may
play it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx
import pytest

from cast import Server, share, upload, wait_for_sound
from engines import of_folder
from journeys.signed_tracks import KINDS, checked, manifest_of, manifest_url, wait_for_manifest
from listenlink.media.sandbox.manifest_answer import Found
from media.claimed import TRAINED
from media.make_audio import make
from stored import stored_audio
from trust.figures import FULL

# A bucket's playback addresses are signed by the bucket's key, and lead to no manifest.
pytestmark = of_folder

# Three whose files can have a manifest inside, and one of the others; of each, the other reader's test.
FEW = ["wav16", "mp3_xing", "m4a_aac", "ogg_opus"]
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What plays as it is."""
    return make("mp3_xing", tmp_path_factory.mktemp("song") / "song.mp3")


@pytest.fixture(scope="module")
def track(owner: httpx.Client, song: Path) -> str:
    number = str(upload(owner, song, title="Song")["id"])
    wait_for_sound(owner, number)
    return number


def played(listener: httpx.Client, link: dict[str, str]) -> str:
    opened = listener.get(f"/v1/music/shared/{link['token']}", headers=JSON)
    return str(opened.json()["track"]["playback_url"])


@pytest.mark.parametrize("kind", KINDS if FULL else FEW)
def test_a_track_of_a_machine_has_a_manifest_that_holds_for_its_bytes(
    server: Server, owner: httpx.Client, tmp_path: Path, kind: str
) -> None:
    path = make(kind, tmp_path / kind)
    number = upload(owner, path, title="Song", engine="studio")["id"]
    found = checked(path, manifest_of(owner, number))
    assert found == Found(
        "valid", 2, "Listenlink", "Listenlink", "Listenlink", "Song", "Studio", TRAINED
    )
    # What was uploaded is what there is, byte by byte.
    assert hashlib.sha256(path.read_bytes()).hexdigest() in stored_audio(server)


def test_playback_says_where_it_is_and_is_as_it_was(
    owner: httpx.Client, listener: httpx.Client, track: str, song: Path
) -> None:
    url = played(listener, share(owner, track))
    at = wait_for_manifest(listener, url)
    whole = listener.get(url)
    assert whole.content == song.read_bytes()
    assert whole.headers["link"] == f'<{at}>; rel="c2pa-manifest"'
    part = listener.get(url, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.headers["link"]) == (206, whole.headers["link"])
    assert listener.head(url).headers["link"] == whole.headers["link"]
    assert checked(song, listener.get(at).content).state == "valid"
    own = owner.get(f"/tracks/{track}").json()["playback_url"]
    assert f"<{manifest_url(own)}>" in owner.get(own).headers["link"]


def test_a_manifest_is_fetched_like_audio(owner: httpx.Client, track: str) -> None:
    url = owner.get(f"/tracks/{track}").json()["playback_url"]
    at = wait_for_manifest(owner, url)
    whole = owner.get(at)
    assert whole.headers["content-type"] == "application/c2pa"
    tag = whole.headers["etag"]
    assert owner.get(at, headers={"If-None-Match": tag}).status_code == 304
    part = owner.get(at, headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, whole.content[4:8])
    assert owner.get(at, headers={"If-Match": '"other"'}).status_code == 412
    head = owner.head(at)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(whole.content)))
    assert set(owner.options(at).headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert owner.post(at).status_code == 405
    for wrong in (at + "0", at + "?a=b", at.replace("own.", "own.0")):
        assert owner.get(wrong).status_code == 403


def test_it_ends_with_the_link(owner: httpx.Client, listener: httpx.Client, track: str) -> None:
    link = share(owner, track)
    at = wait_for_manifest(listener, played(listener, link))
    assert owner.delete(f"/share/{link['id']}").status_code == 200
    refused = listener.get(at)
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "PLAYBACK_REFUSED"


def test_bytes_that_it_does_not_hold_for_do_not_name_it(
    owner: httpx.Client, tmp_path: Path
) -> None:
    """A rendition is played in place of what was put in, for which it's fetched all the same."""
    path = make("aiff", tmp_path / "song.aiff")
    number = upload(owner, path)["id"]
    wait_for_sound(owner, number)
    url = owner.get(f"/tracks/{number}").json()["playback_url"]
    at = wait_for_manifest(owner, url)
    answer = owner.get(url)
    assert answer.headers["content-type"] == "audio/mp4"
    assert "link" not in answer.headers
    assert checked(path, owner.get(at).content).state == "valid"


def test_what_nobody_says_is_not_signed(
    server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    path = make("mp3_xing", tmp_path / "mine.mp3", sample_count=9000)
    number = upload(owner, path, engine="own_recording", title="Mine")["id"]
    # Equal bytes, of which the organisation says more by now; but not of this track, which came before.
    last = upload(owner, path, engine="studio", title="Not mine")["id"]
    manifest_of(owner, last)
    url = owner.get(f"/tracks/{number}").json()["playback_url"]
    assert owner.get(manifest_url(url)).status_code == 403
    assert "link" not in owner.get(url).headers
    assert server.log is not None
    assert "manifest_not_made" not in server.log.read_text()
