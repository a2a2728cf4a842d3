"""What one user may begin, and may make within a day, is bounded; nobody else notices."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select

from cast import Server, share, upload
from listenlink.actions.bound_making import MOST_A_DAY
from listenlink.actions.manage_collections import MOST_TRACKS
from listenlink.clock import DAY_US, SECOND_US
from listenlink.store import tables
from listenlink.store.made_things import Made
from media.make_audio import make
from pieces import ENGINE, TUS, left_behind, look, path_of, send

MOST, MOST_BYTES = 4, 1_000_000
HOUR_US = 3600 * SECOND_US
OWN = "own_recording"  # Of which nothing is to be signed.


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(
        tmp_path_factory.mktemp("instance") / "data",
        {"MAX_BEGUN_UPLOADS": str(MOST), "MAX_BEGUN_BYTES": str(MOST_BYTES)},
    )
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def nothing_begun(server: Server, owner: httpx.Client) -> Iterator[None]:
    yield
    for (number,) in server.query("SELECT id FROM resumable_uploads"):
        owner.delete(f"/uploads/mupload_{number:012x}", headers=TUS)


def begin(owner: httpx.Client, size_bytes: int) -> httpx.Response:
    return owner.post("/uploads", headers=TUS | ENGINE | {"Upload-Length": str(size_bytes)})


def test_so_many_uploads_may_have_begun(server: Server, owner: httpx.Client) -> None:
    with ThreadPoolExecutor(MOST + 3) as threads:
        begun = list(threads.map(lambda _: begin(owner, 100), range(MOST + 3)))
    assert Counter(answer.status_code for answer in begun) == {201: MOST, 429: 3}
    (error, *_) = [answer.json()["error"] for answer in begun if answer.status_code == 429]
    assert error["code"] == "TOO_MANY_UPLOADS"
    assert f"You have begun {MOST} uploads of {MOST * 100} B in all" in error["message"]
    assert left_behind(server)[0] == MOST
    form = owner.post("/tracks", data={"engine": "studio"}, files={"file": ("a.wav", b"x")})
    assert (form.status_code, int(form.headers["retry-after"])) == (429, 1)
    with server.owner(server.new_member()["api_key"]) as colleague:
        theirs = begin(colleague, 100)
        assert theirs.status_code == 201
        assert colleague.delete(path_of(theirs), headers=TUS).status_code == 204
    first = path_of(next(answer for answer in begun if answer.status_code == 201))
    assert owner.delete(first, headers=TUS).status_code == 204
    assert begin(owner, 100).status_code == 201


def test_begun_uploads_may_promise_so_many_bytes(owner: httpx.Client) -> None:
    path = path_of(begin(owner, 3 * MOST_BYTES))
    assert begin(owner, 1).status_code == 429, "one alone may be as large as any"
    owner.delete(path, headers=TUS)
    sizes = [MOST_BYTES // 2, MOST_BYTES // 2, 1]
    assert [begin(owner, size).status_code for size in sizes] == [201, 201, 429]


def test_one_that_gets_no_bytes_is_over_after_six_hours(
    server: Server, owner: httpx.Client
) -> None:
    fresh, idle = (begin(owner, 100) for _ in range(2))
    expires = idle.json()["expires_at"]
    hours = (
        time.mktime(time.strptime(expires, "%Y-%m-%dT%H:%M:%SZ")) - time.mktime(time.gmtime())
    ) / 3600
    assert 5.9 < hours < 6.1
    send(owner, path_of(idle), 0, b"x")
    number = int(path_of(idle).rpartition("_")[2], 16)
    for back_us, status in ((5 * HOUR_US, 200), (HOUR_US, 404)):
        server.change("UPDATE promises SET ends_at = ends_at - ? WHERE id = ?", back_us, number)
        assert look(owner, path_of(idle)).status_code == status
    assert look(owner, path_of(fresh)).status_code == 200
    server.stop()
    server.start()  # What is over is removed then, and every hour.
    for _ in range(100):
        rows, files = left_behind(server)
        if (rows, len(files)) == (1, 1):
            break
        time.sleep(0.05)
    assert (rows, len(files)) == (1, 1)
    assert server.query("SELECT count(*) FROM promises WHERE user_id IS NOT NULL") == [(1,)]


def test_a_pause_gives_the_room_back_and_the_upload_goes_on(
    server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    song = make("wav16", tmp_path / "a.wav", sample_count=5000).read_bytes()
    path = path_of(begin(owner, len(song)))
    assert begun_bytes(owner) == len(song)
    send(owner, path, 0, song[:100])
    server.change("UPDATE promises SET ends_at = ends_at - ?", HOUR_US)
    assert begun_bytes(owner) == 0
    assert send(owner, path, 100, song[100:200]).status_code == 204
    assert begun_bytes(owner) == len(song)
    assert send(owner, path, 200, song[200:]).headers["listenlink-track"]
    assert begun_bytes(owner) == 0


def begun_bytes(owner: httpx.Client) -> int:
    told = owner.get(str(owner.base_url.join("/v1/caller"))).raise_for_status().json()
    return int(told["usage"]["begun_bytes"])


def test_a_form_that_does_not_say_how_long_it_is_promises_as_it_comes(
    server: Server, owner: httpx.Client
) -> None:
    seen: list[int] = []
    beginning = (
        b'--b\r\nContent-Disposition: form-data; name="engine"\r\n\r\nstudio\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    )

    def body() -> Iterator[bytes]:
        yield beginning
        for _ in range(20):
            yield bytes(1024 * 1024)
            seen.append(sum(size for (size,) in server.query("SELECT size_bytes FROM promises")))
        yield b"\r\n--b--\r\n"

    form = {"Content-Type": "multipart/form-data; boundary=b"}
    assert owner.post("/tracks", content=body(), headers=form).status_code == 422
    assert seen[-1] >= 16 * 1024 * 1024, "what has come is promised, and more"
    assert max(seen) < 64 * 1024 * 1024
    assert server.query("SELECT * FROM promises WHERE user_id IS NOT NULL") == []


# Of each kind of thing: its table, and what tells its rows apart.
TABLES = {
    Made.TRACK: (tables.tracks, None),
    Made.LINK: (tables.shares, "token_digest"),
    Made.COLLECTION: (tables.collections, None),
    Made.KEY: (tables.api_keys, "digest"),
    Made.DECLARATION: (tables.declarations, None),
    Made.VERSION: (tables.track_versions, None),
}


@pytest.mark.parametrize("made", list(Made), ids=lambda made: made.name.lower())
def test_so_many_things_are_made_within_a_day(server: Server, tmp_path: Path, made: Made) -> None:
    """All rows count, the removed ones too: they stay."""
    with server.owner(server.new_member("owner")["api_key"]) as maker:
        song = make("wav16", tmp_path / "a.wav", sample_count=5000)
        track = upload(maker, song, engine=OWN)["id"]

        def again() -> httpx.Response:
            if made is Made.LINK:
                return maker.post(f"/tracks/{track}/share")
            if made is Made.COLLECTION:
                return maker.post("/collections", json={"name": "All"})
            if made is Made.KEY:
                return maker.post("/keys", json={"scopes": ["read"]})
            if made is Made.DECLARATION:
                line = secrets.token_hex(8)
                said = {"declared_licence": "commercial", "attribution_text": line}
                return maker.patch(f"/tracks/{track}", json=said)
            files = {"file": ("a.wav", song.read_bytes())}
            if made is Made.VERSION:
                return maker.post(f"/tracks/{track}/versions", files=files)
            return maker.post("/tracks", data={"engine": OWN}, files=files)

        answer = again()
        assert answer.is_success
        number = int(answer.json()["id"].rpartition("_")[2], 16)
        if made is Made.DECLARATION:
            ((number,),) = server.query(f"SELECT id FROM declarations WHERE track_id = {number}")  # noqa: S608
        if made is Made.VERSION:
            # Those of another track: of one there are only a hundred.
            other = upload(maker, song, engine=OWN)["id"]
            track, first = other, track
            assert again().is_success
            number, track = int(other.rpartition("_")[2], 16), first
        multiply(server, made, number)
        refused = again()
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "3600")
        assert str(MOST_A_DAY[made]) in refused.json()["error"]["message"]
        table = TABLES[made][0].name
        server.change(f"UPDATE {table} SET created_at = created_at - {DAY_US}")  # noqa: S608
        assert again().is_success


def multiply(server: Server, made: Made, number: int) -> None:
    """Store a day's most of things like this one."""
    table, unique = TABLES[made]
    # A version is told apart by its number, of one track: here of one that has more than there can be.
    key = table.c.id if made is not Made.VERSION else table.c.track_id
    name, first = ("id", 1) if made is not Made.VERSION else ("number", 3)
    database = server.backend.open()
    try:
        row = database.read_now(
            lambda c: c.execute(select(table).where(key == number).limit(1)).one()
        )
        rows = [dict(row._mapping) | {name: each + first} for each in range(MOST_A_DAY[made] - 1)]
        if unique is not None:
            rows = [each | {unique: made.name.encode() + each["id"].to_bytes(4)} for each in rows]
        database.write_now(lambda c: c.execute(insert(table), rows))
    finally:
        database.close()


def test_a_collection_has_so_many_tracks(
    server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    track = upload(owner, make("wav16", tmp_path / "a.wav", sample_count=5000), engine=OWN)["id"]
    made: dict[str, Any] = owner.post("/collections", json={"name": "All"}).json()
    number = int(made["id"].removeprefix("mcoll_"), 16)
    server.change(
        "INSERT INTO collection_tracks (collection_id, track_id, position, added_at)"
        " SELECT ?, id, id, 0 FROM tracks WHERE id <> ? ORDER BY id LIMIT ?",
        number, int(track.removeprefix("mtrack_"), 16), MOST_TRACKS - 1,
    )  # fmt: skip
    path = f"/collections/{made['id']}/tracks"
    assert owner.post(path, json={"track_id": track}).status_code == 200
    assert owner.post(path, json={"track_id": track}).status_code == 200, "it's in there already"
    other = upload(owner, make("wav16", tmp_path / "b.wav", sample_count=6000), engine=OWN)["id"]
    refused = owner.post(path, json={"track_id": other})
    assert (refused.status_code, refused.json()["error"]["details"]["field"]) == (422, "track_id")
    assert owner.get(f"/collections/{made['id']}").json()["track_count"] == MOST_TRACKS
    assert share(owner, made["id"])["target_type"] == "collection"
