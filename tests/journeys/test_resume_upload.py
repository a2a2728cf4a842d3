"""Uploads in pieces by tus 1.0: they go on after whatever broke off, and each makes one track."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, upload
from listenlink.clock import DAY_US
from media.make_audio import make
from pieces import ENGINE, LENGTH, PIECE, TUS, begin, left_behind, look, offset_of, path_of, send


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("audio") / "a.wav"
    return make("wav16", path, sample_count=50_000).read_bytes()


def count_tracks(server: Server) -> int:
    return int(server.query("SELECT count(*) FROM tracks")[0][0])


def test_pieces_make_the_track_that_one_form_would(
    owner: httpx.Client, song: bytes, tmp_path: Path
) -> None:
    (tmp_path / "Evening.wav").write_bytes(song)
    whole = upload(owner, tmp_path / "Evening.wav", mode="focus", instrumental="true")
    path = begin(owner, len(song), mode="focus", instrumental="true")
    offset = 0
    while offset < len(song):
        answer = send(owner, path, offset, song[offset : offset + 70_000])
        assert answer.status_code == 204
        assert answer.content == b""
        assert answer.headers["tus-resumable"] == "1.0.0"
        assert answer.headers["upload-expires"].endswith("GMT")
        offset = int(answer.headers["upload-offset"])
        assert ("listenlink-track" in answer.headers) == (offset == len(song))
    track = owner.get(f"/tracks/{answer.headers['listenlink-track']}").json()
    assert owner.get(track["playback_url"]).content == song
    differing = ("id", "created_at", "playback_url")
    assert {name: track[name] for name in track if name not in differing} == {
        name: whole[name] for name in whole if name not in differing
    }


def test_asking_tells_where_to_go_on_and_what_was_said(owner: httpx.Client, song: bytes) -> None:
    path = begin(owner, len(song), title="Tea")
    assert offset_of(owner, path) == 0
    send(owner, path, 0, song[:1000])
    answer = look(owner, path)
    assert (answer.status_code, answer.content) == (200, b"")
    told = {"upload-offset": "1000", "upload-length": str(len(song)), "cache-control": "no-store"}
    assert {name: answer.headers[name] for name in told} == told
    assert "title VGVh" in answer.headers["upload-metadata"]
    shown = owner.get(path, headers=TUS).json()
    assert (shown["offset_bytes"], shown["track"]) == (1000, None)


def test_a_lost_last_answer_is_told_again_and_nothing_made_twice(
    server: Server, owner: httpx.Client, song: bytes
) -> None:
    path = begin(owner, len(song))
    before = count_tracks(server)
    track_id = send(owner, path, 0, song).headers["listenlink-track"]
    assert look(owner, path).headers["listenlink-track"] == track_id
    told = owner.get(path, headers=TUS).json()["track"]
    differing = {"playback_url": None}
    assert told | differing == owner.get(f"/tracks/{track_id}").json() | differing
    again = send(owner, path, 0, song)
    assert (again.status_code, again.json()["error"]["details"]["offset"]) == (409, len(song))
    empty = send(owner, path, len(song), b"")
    assert (empty.status_code, empty.headers["listenlink-track"]) == (204, track_id)
    assert count_tracks(server) == before + 1


def test_a_cut_connection_keeps_what_arrived(
    server: Server, owner: httpx.Client, song: bytes
) -> None:
    path = begin(owner, len(song))
    cut_off(server, path, 0, song[:90_000], len(song))
    offset = wait_for_offset(owner, path, 90_000)
    assert send(owner, path, offset, song[offset:]).headers["listenlink-track"]


def cut_off(server: Server, path: str, offset: int, data: bytes, length: int) -> None:
    """Promise a piece, send some of it, and hang up."""
    head = "".join(
        f"{name}: {value}\r\n"
        for name, value in {
            "Host": "127.0.0.1",
            "X-API-Key": server.api_key,
            "Content-Length": str(length),
            "Upload-Offset": str(offset),
            **TUS,
            **PIECE,
        }.items()
    )
    url = f"/v1/music/{server.organization_id}{path}"
    with socket.create_connection(("127.0.0.1", server.port)) as stream:
        stream.sendall(f"PATCH {url} HTTP/1.1\r\n{head}\r\n".encode() + data)
        time.sleep(0.5)


def wait_for_offset(owner: httpx.Client, path: str, offset: int) -> int:
    """Until so much is there and nobody writes any more."""
    for _ in range(200):
        answer = look(owner, path)
        if answer.status_code == 200 and int(answer.headers["upload-offset"]) >= offset:
            return int(answer.headers["upload-offset"])
        assert answer.status_code in (200, 423)
        time.sleep(0.05)
    raise AssertionError(f"the bytes aren't there: {answer.headers}")


def test_one_request_at_a_time_writes(server: Server, owner: httpx.Client, song: bytes) -> None:
    path = begin(owner, len(song))

    def slowly() -> Any:
        for at in range(0, len(song), 20_000):
            yield song[at : at + 20_000]
            time.sleep(0.1)

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(lambda: send(owner, path, 0, slowly()))
        time.sleep(0.4)
        for answer in (send(owner, path, 0, b"x"), owner.delete(path, headers=TUS)):
            assert (answer.status_code, answer.json()["error"]["code"]) == (423, "UPLOAD_LOCKED")
        assert look(owner, path).status_code == 423
        done = first.result()
    playing = owner.get(f"/tracks/{done.headers['listenlink-track']}").json()["playback_url"]
    assert owner.get(playing).content == song


def test_many_last_pieces_at_once_make_one_track(
    server: Server, owner: httpx.Client, song: bytes
) -> None:
    path = begin(owner, len(song))
    send(owner, path, 0, song[:-10])
    before = count_tracks(server)
    with ThreadPoolExecutor(12) as threads:
        answers = list(
            threads.map(lambda _: send(owner, path, len(song) - 10, song[-10:]), range(12))
        )
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(204) == 1
    assert set(statuses) <= {204, 409, 423}
    assert count_tracks(server) == before + 1


def test_an_upload_can_be_ended(server: Server, owner: httpx.Client, song: bytes) -> None:
    before = left_behind(server)
    path = begin(owner, len(song))
    send(owner, path, 0, song[:1000])
    assert owner.delete(path, headers=TUS).status_code == 204
    assert left_behind(server) == before
    assert owner.delete(path, headers=TUS).status_code == 404
    made = begin(owner, len(song))
    track_id = send(owner, made, 0, song).headers["listenlink-track"]
    assert owner.delete(made, headers=TUS).status_code == 204
    assert owner.get(f"/tracks/{track_id}").status_code == 200


def test_another_ones_upload_is_as_unknown(
    server: Server, owner: httpx.Client, song: bytes
) -> None:
    path = begin(owner, len(song))
    with server.owner(server.new_member()["api_key"]) as colleague:
        for answer in (
            look(colleague, path),
            send(colleague, path, 0, song),
            colleague.delete(path, headers=TUS),
        ):
            assert answer.status_code == 404
    assert offset_of(owner, path) == 0


def test_after_a_day_an_upload_is_gone(server: Server, owner: httpx.Client, song: bytes) -> None:
    path = begin(owner, len(song))
    send(owner, path, 0, song[:1000])
    server.change("UPDATE resumable_uploads SET created_at = created_at - ?", DAY_US + 1)
    assert look(owner, path).status_code == 404
    server.stop()
    server.start()
    for _ in range(100):
        if left_behind(server) == (0, []):
            break
        time.sleep(0.05)
    assert left_behind(server) == (0, [])


def test_the_server_tells_what_it_can(server: Server, owner: httpx.Client) -> None:
    for path in ("/uploads", begin(owner, 5)):
        answer = httpx.options(f"{owner.base_url}{path.removeprefix('/')}")
        told = {
            "tus-resumable": "1.0.0",
            "tus-version": "1.0.0",
            "tus-extension": "creation,expiration,termination",
            "tus-max-size": str(512 * 1024 * 1024),
        }
        assert answer.status_code == 204
        assert {name: answer.headers[name] for name in told} == told
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"


def test_where_the_pieces_go_is_below_whatever_name_was_asked(owner: httpx.Client) -> None:
    answer = owner.post("/uploads", headers=TUS | LENGTH | ENGINE)
    assert answer.headers["location"].startswith("/v1/music/org_")
    assert path_of(answer) == "/uploads/" + answer.json()["id"]
