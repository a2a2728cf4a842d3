"""A floor of free space: uploads stop above it, however many begin at once, and everything else goes on."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from engines import of_folder
from media.make_audio import make
from pieces import ENGINE, TUS, left_behind, look, path_of, send
from ports import free_port
from shorter_waits import LOOK_AGAIN, READY_REMEMBERED, REMEMBERED_SECONDS, shorter
from small_disk import MB, free_bytes, leave_free, small_disk
from stored import drafts

pytestmark = of_folder

SIZE_MB, FLOOR, EACH = 40, 12 * MB, 4 * MB


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with small_disk(tmp_path_factory.mktemp("mounted") / "disk", SIZE_MB) as mounted:
        yield mounted


@pytest.fixture(scope="module")
def server(disk: Path) -> Iterator[Server]:
    """One of two processes on one instance, on the small disk."""
    running = Server(
        disk / "data",
        {"KEEP_FREE_BYTES": str(FLOOR), "RESOLVE_LIMIT_PER_MINUTE": "0"},
        shorter(READY_REMEMBERED, LOOK_AGAIN),
    )
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def link(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    song = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=9000)
    with server.owner() as owner:
        made = share(owner, upload(owner, song)["id"])
    server.wait_until_derived()
    return made


def begin(owner: httpx.Client, size_bytes: int) -> httpx.Response:
    return owner.post("/uploads", headers=TUS | ENGINE | {"Upload-Length": str(size_bytes)})


def end_all(server: Server, owner: httpx.Client) -> None:
    for (number,) in server.query("SELECT id FROM resumable_uploads"):
        owner.delete(f"/uploads/mupload_{number:012x}", headers=TUS)
    assert left_behind(server) == (0, [])


def check_all_else_works(server: Server, link: dict[str, Any]) -> None:
    """Links open and play; new ones are made and closed; it's ready, and says where there is no room."""
    opened = httpx.get(server.url + httpx.URL(link["url"]).path)
    assert opened.status_code == 200
    assert httpx.get(opened.json()["track"]["playback_url"]).status_code == 200
    with server.owner() as owner:
        another = share(owner, opened.json()["track"]["id"])
        assert owner.delete(f"/share/{another['id']}").status_code == 200
    assert httpx.get(server.url + httpx.URL(another["url"]).path).status_code == 404
    time.sleep(REMEMBERED_SECONDS)  # so long it tells what it found last
    assert httpx.get(server.url + "/readyz").status_code == 200


def test_six_begun_at_once_are_promised_no_more_than_there_is(
    server: Server, disk: Path, link: dict[str, Any]
) -> None:
    leave_free(disk, FLOOR + 3 * EACH + MB)
    with server.owner() as owner, ThreadPoolExecutor(6) as threads:
        begun = list(threads.map(lambda _: begin(owner, EACH), range(6)))
        assert Counter(answer.status_code for answer in begun) == {201: 3, 507: 3}
        (error, *_) = [a.json()["error"] for a in begun if a.status_code == 507]
        assert (error["code"], error["type"], error["details"]) == (
            "STORAGE_FULL",
            "server_error",
            {},
        )
        assert "keeps the rest of its disk free" in error["message"]
        assert len(left_behind(server)[1]) == 3, "nothing is left of the others"
        check_all_else_works(server, link)
        paths = [path_of(answer) for answer in begun if answer.status_code == 201]
        arrived = list(threads.map(lambda path: send(owner, path, 0, bytes(EACH - 1)), paths))
        assert [answer.status_code for answer in arrived] == [204] * 3, "what was promised is there"
        assert free_bytes(disk) >= FLOOR
        assert begin(owner, 2 * MB).status_code == 507
        end_all(server, owner)
        assert begin(owner, 2 * MB).status_code == 201, "what has ended is free at once"
        end_all(server, owner)


def test_forms_promise_too_and_across_processes(
    server: Server, disk: Path, link: dict[str, Any]
) -> None:
    """Six at once, three to each of two processes on one disk; all say that they're long, and are slow."""
    other = Server(server.data, server.settings, port=free_port())
    other.organization_id, other.api_key = server.organization_id, server.api_key
    other.start()
    leave_free(disk, FLOOR + 3 * EACH + MB)
    try:
        with ThreadPoolExecutor(6) as threads:
            ports = [server.port, other.port] * 3
            statuses = list(threads.map(lambda port: send_slowly(server, port), ports))
    finally:
        other.stop()
    assert Counter(statuses) == {422: 3, 507: 3}, "that it's no audio is found once it's there"
    assert drafts(server) == []
    assert server.query("SELECT count(*) FROM promises WHERE user_id IS NOT NULL") == [(0,)]
    check_all_else_works(server, link)


def form_head(server: Server, length: int) -> tuple[bytes, bytes]:
    """A request's head and the beginning of its body, which is as long as it says."""
    body = (
        b'--b\r\nContent-Disposition: form-data; name="engine"\r\n\r\nstudio\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    )
    head = (
        f"POST /v1/music/{server.organization_id}/tracks HTTP/1.1\r\nHost: localhost\r\n"
        f"X-API-Key: {server.api_key}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {length}\r\nConnection: close\r\n\r\n"
    )
    return head.encode(), body


def send_slowly(server: Server, port: int) -> int:
    """A form of EACH bytes, most of which come a second after its head; the answer's status."""
    head, body = form_head(server, EACH)
    end = b"\r\n--b--\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as stream:
        stream.sendall(head + body)
        time.sleep(1.5)
        try:
            if select.select([stream], [], [], 0)[0]:
                return int(stream.recv(65536).split()[1])  # Refused already.
            # What a refused sender goes on to send may be left unread; its answer is there by then.
            stream.settimeout(8)
            with contextlib.suppress(TimeoutError):
                stream.sendall(bytes(EACH - len(body) - len(end)) + end)
            stream.settimeout(30)
            return int(stream.recv(65536).split()[1])
        except (ConnectionError, IndexError):
            return 507  # Answered before it was read to its end, and closed.


def test_a_process_that_is_killed_gives_back_what_it_promised(server: Server, disk: Path) -> None:
    leave_free(disk, FLOOR + EACH + MB)
    head, body = form_head(server, EACH)
    with socket.create_connection(("127.0.0.1", server.port)) as stream, server.owner() as owner:
        stream.sendall(head + body)
        for _ in range(200):
            if server.query("SELECT count(*) FROM promises WHERE user_id IS NOT NULL") == [(1,)]:
                break
            time.sleep(0.05)
        assert begin(owner, 2 * MB).status_code == 507
        server.kill()
    server.start()
    now_us = time.time_ns() // 1000
    ((ends_at,),) = server.query("SELECT ends_at FROM promises")
    assert ends_at - now_us < 61_000_000, "nobody moves it on"
    server.change("UPDATE promises SET ends_at = ends_at - 61000000")
    with server.owner() as owner:
        assert begin(owner, 2 * MB).status_code == 201
        end_all(server, owner)
    assert drafts(server) == []


def test_others_take_the_room_while_bytes_arrive(
    server: Server, disk: Path, link: dict[str, Any]
) -> None:
    leave_free(disk, FLOOR + 3 * EACH)
    with server.owner() as owner:
        path = path_of(begin(owner, 2 * EACH))

        def chunk() -> Iterator[bytes]:
            yield bytes(MB)
            time.sleep(0.3)
            leave_free(disk, FLOOR + MB)
            for _ in range(6):
                yield bytes(MB)

        refused = send(owner, path, 0, chunk())
        assert (refused.status_code, refused.json()["error"]["code"]) == (507, "STORAGE_FULL")
        assert free_bytes(disk) >= FLOOR
        offset = int(look(owner, path).headers["upload-offset"])
        assert offset >= MB, "what has arrived stays"
        check_all_else_works(server, link)
        song = b"RIFF" + bytes(3 * MB)
        files = {"file": ("a.wav", song)}
        form = owner.post("/tracks", data={"engine": "studio"}, files=files)
        assert form.status_code == 507
        leave_free(disk, FLOOR + 3 * EACH)
        assert send(owner, path, offset, bytes(MB)).status_code == 204
        end_all(server, owner)
    assert drafts(server) == []


def test_below_the_floor_it_says_so_and_takes_nothing_in(
    server: Server, disk: Path, link: dict[str, Any], tmp_path: Path
) -> None:
    leave_free(disk, FLOOR - MB)
    song = make("wav16", tmp_path / "b.wav", sample_count=5000)
    with server.owner() as owner, song.open("rb") as file:
        refused = owner.post("/tracks", data={"engine": "studio"}, files={"file": file})
        assert refused.status_code == 507
    check_all_else_works(server, link)
    ready = httpx.get(server.url + "/readyz").json()
    assert (ready["status"], ready["checks"]["storage"]) == ("ready", "low: uploads, objects, data")
    drawn = len(list((server.data / "previews").glob("*")))
    page = httpx.get(link["url"], headers={"Accept": "text/html"}).text
    picture = page.partition('property="og:image" content="')[2].partition('"')[0]
    assert httpx.get(picture).status_code == 200
    assert len(list((server.data / "previews").glob("*"))) == drawn, "it's drawn, and not stored"
    server.stop()
    # As if nothing had been made of it yet.
    server.change("UPDATE audio_objects SET derived_at = NULL, derivation_began_at = NULL")
    server.start()
    assert server.log is not None
    (line,) = {
        line for line in server.log.read_text().splitlines() if "no upload is taken in" in line
    }
    assert f"{server.data}/uploads has" in line
    assert f"and {FLOOR / MB:.1f} MB have to stay free (LISTENLINK_KEEP_FREE_BYTES)" in line
    waiting = "SELECT count(*) FROM audio_objects WHERE derived_at IS NULL"
    assert server.query(waiting) == [(1,)], "what is made of audio waits for room"
    leave_free(disk, FLOOR + 3 * EACH)
    with server.owner() as owner:
        upload(owner, song)
    server.wait_until_derived()
    assert server.query(waiting) == [(0,)]
