"""What a machine made is downloaded with this server's manifest in it, where the format can have one; and is
played as it was put in."""

from __future__ import annotations

import io
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from commands import run_cli
from journeys.albums import Taken, make_album
from journeys.signed_for import wait_for_manifests
from media.make_audio import make
from media.makers import MAKERS
from media.signing_c2pa import read_state
from media.test_embed import heard

SONGS = ["wav with an odd chunk", "mp3 with ID3v2.3", "flac with a cover", "m4a aac"]


@pytest.fixture(scope="module")
def songs(
    server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    folder, made = tmp_path_factory.mktemp("audio"), []
    for place, maker in enumerate(SONGS):
        content_type, write = MAKERS[maker]
        path = folder / f"{place}.bin"
        path.write_bytes(write(path))
        song = upload(owner, path, title=f"Song {place}", engine="studio")
        made.append(song | {"bytes": path.read_bytes(), "type": content_type})
    path = make("ogg_vorbis", folder / "x.ogg")
    song = upload(owner, path, title="Song 4", engine="studio")
    made.append(song | {"bytes": path.read_bytes(), "type": "audio/ogg"})
    wait_for_manifests(server, *(song["id"] for song in made))
    return made


@pytest.fixture
def taken(owner: httpx.Client, listener: httpx.Client, songs: list[dict[str, Any]]) -> Taken:
    return Taken(owner, listener, make_album(owner, songs))


def download_url(taken: Taken, song: dict[str, Any]) -> str:
    asked = taken.listener.get(f"{taken.path}/download/{song['id']}", headers=taken.session)
    return str(asked.raise_for_status().json()["download_url"])


def test_a_download_has_a_manifest_that_holds_and_playback_is_what_was_put_in(
    listener: httpx.Client, taken: Taken, songs: list[dict[str, Any]]
) -> None:
    opened = listener.get(taken.path).json()
    playing = {track["id"]: track["playback_url"] for track in opened["tracks"]}
    for song in songs[:4]:
        played = listener.get(playing[song["id"]])
        assert played.content == song["bytes"]
        got = listener.get(download_url(taken, song))
        assert got.headers["content-type"] == song["type"]
        assert got.headers["content-disposition"].startswith('attachment; filename="Song ')
        assert got.headers["content-length"] == str(len(got.content))
        assert got.headers["etag"] != played.headers["etag"]
        assert read_state(song["type"], io.BytesIO(got.content)) == "Valid"
        assert heard(got.content) == heard(song["bytes"])
        changed = bytearray(got.content)
        changed[len(changed) // 2] ^= 1
        assert read_state(song["type"], io.BytesIO(changed)) == "Invalid"


def test_what_cannot_have_one_goes_out_as_it_is(
    listener: httpx.Client, taken: Taken, songs: list[dict[str, Any]]
) -> None:
    assert listener.get(download_url(taken, songs[4])).content == songs[4]["bytes"]


def test_what_no_machine_made_goes_out_as_it_is(
    listener: httpx.Client, owner: httpx.Client, tmp_path: Path
) -> None:
    path = make("flac", tmp_path / "x")
    song = upload(owner, path, title="Own", engine="own_recording")
    taken = Taken(owner, listener, make_album(owner, [song]))
    assert listener.get(download_url(taken, song)).content == path.read_bytes()


def test_its_parts_are_those_of_the_whole_at_every_edge(
    listener: httpx.Client, taken: Taken, songs: list[dict[str, Any]]
) -> None:
    for song in songs[:4]:
        url = download_url(taken, song)
        whole = listener.get(url)
        size, etag = len(whole.content), whole.headers["etag"]
        start = whole.content.index(b"jumb") - 4
        end = start + int.from_bytes(whole.content[start : start + 4])
        edges = {0, 1, 11, 12, 13, start - 1, start, start + 1, end - 1, end, end + 1, size - 1}
        for first in sorted(edge for edge in edges if edge < size):
            for last in (first, first + 1, first + 70_000, size - 1):
                asked = {"Range": f"bytes={first}-{last}", "If-Range": etag}
                part = listener.get(url, headers=asked)
                last = min(last, size - 1)
                assert part.status_code == 206
                assert part.headers["content-range"] == f"bytes {first}-{last}/{size}"
                assert part.content == whole.content[first : last + 1]
        head = listener.head(url)
        assert (head.headers["etag"], head.headers["content-length"]) == (etag, str(size))
        assert listener.get(url, headers={"Range": f"bytes={size}-"}).status_code == 416
        assert listener.get(url, headers={"If-None-Match": etag}).status_code == 304
        other = {"Range": "bytes=5-", "If-Range": '"another"'}
        assert listener.get(url, headers=other).status_code == 200


def test_an_archive_has_them_in_it(
    listener: httpx.Client, taken: Taken, songs: list[dict[str, Any]]
) -> None:
    got = listener.get(taken.url())
    singles = [listener.get(download_url(taken, song)).content for song in songs]
    with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
        assert archive.testzip() is None
        assert [archive.read(name) for name in archive.namelist()] == singles
    assert singles[0] != songs[0]["bytes"]
    size = len(got.content)
    for first in range(0, size, size // 40):
        asked = {"Range": f"bytes={first}-{first + 999}", "If-Range": got.headers["etag"]}
        assert listener.get(taken.url(), headers=asked).content == got.content[first : first + 1000]


def verify(path: Path) -> subprocess.CompletedProcess[str]:
    return run_cli("verify", str(path), "--json")


def test_curl_goes_on_with_a_download_that_was_cut(
    taken: Taken, songs: list[dict[str, Any]], tmp_path: Path
) -> None:
    url, target = download_url(taken, songs[2]), tmp_path / "song.flac"
    fetch = ["curl", "--silent", "--show-error", "--fail", "--output", str(target)]
    subprocess.run([*fetch, url], check=True, timeout=60)
    whole = target.read_bytes()
    target.write_bytes(whole[:4000])
    subprocess.run([*fetch, "--continue-at", "-", url], check=True, timeout=60)
    assert target.read_bytes() == whole
    assert read_state("audio/flac", io.BytesIO(whole)) == "Valid"
    told = json.loads(verify(target).stdout)
    assert (told[0]["state"], told[0]["ai"]) == ("valid", "generated")
    # Of a changed file it isn't so.
    (tmp_path / "other.flac").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert verify(tmp_path / "other.flac").returncode == 1


def test_who_owns_it_gets_the_same(
    server: Server,
    owner: httpx.Client,
    listener: httpx.Client,
    songs: list[dict[str, Any]],
    taken: Taken,
) -> None:
    url = owner.get(f"/collections/{taken.album}/download").json()["download_url"]
    with zipfile.ZipFile(io.BytesIO(listener.get(url).content)) as archive:
        own = archive.read(archive.namelist()[0])
    assert own == listener.get(download_url(taken, songs[0])).content
    assert share(owner, songs[0]["id"])["token"]
