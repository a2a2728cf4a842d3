"""Quotas of organisations: held under races, told in words, and nothing is left of what goes beyond."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, upload
from listenlink.actions.manage_people import add_organization
from listenlink.model.ids import ORGANIZATION, parse_id, public_id
from listenlink.model.quota import Quota
from listenlink.store import usage as store
from listenlink.store.database.database import Database
from media.make_audio import make
from pieces import ENGINE, TUS, begin, left_behind, send
from stored import drafts, stored_audio


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Different files of the same size."""
    folder = tmp_path_factory.mktemp("audio")
    made = make("wav16", folder / "0.wav", sample_count=30_000).read_bytes()
    paths = [folder / f"{number}.wav" for number in range(6)]
    for number, path in enumerate(paths):
        path.write_bytes(made[:-4] + number.to_bytes(4, "little"))
    return paths


@pytest.fixture(scope="module")
def database(server: Server) -> Iterator[Database]:
    opened = server.backend.open()
    yield opened
    opened.close()


@pytest.fixture
def organization(server: Server, database: Database) -> Iterator[httpx.Client]:
    """The owner of an organisation that stores nothing yet."""
    email = f"{secrets.token_hex(6)}@localhost.example"
    made = database.write_now(lambda c: add_organization(c, "Other", email, 1))
    number = public_id(ORGANIZATION, made.organization_id)
    with httpx.Client(
        base_url=f"{server.url}/v1/music/{number}",
        headers={"X-API-Key": made.key.raw_key},
        timeout=60,
    ) as client:
        yield client


def id_of(client: httpx.Client) -> str:
    return client.base_url.path.strip("/").split("/")[2]


def set_quota(
    database: Database,
    client: httpx.Client,
    most_bytes: int | None = None,
    most_tracks: int | None = None,
) -> None:
    number = parse_id(ORGANIZATION, id_of(client))
    assert number is not None
    quota = Quota(most_bytes, most_tracks)
    database.write_now(lambda c: store.set_quota(c, number, quota))


def usage(client: httpx.Client) -> dict[str, Any]:
    told = client.get(str(client.base_url.join("/v1/caller"))).raise_for_status().json()
    return dict(told["usage"])


def send_file(client: httpx.Client, path: Path, **headers: str) -> httpx.Response:
    files = {"file": (path.name, path.read_bytes())}
    return client.post("/tracks", data={"engine": "studio"}, files=files, headers=headers)


def test_two_uploads_for_the_last_bytes(
    server: Server, database: Database, organization: httpx.Client, songs: list[Path]
) -> None:
    size = songs[0].stat().st_size
    set_quota(database, organization, 2 * size)
    upload(organization, songs[0])
    before = stored_audio(server)
    with ThreadPoolExecutor(5) as threads:
        answers = list(threads.map(lambda song: send_file(organization, song), songs[1:]))
    assert sorted(answer.status_code for answer in answers) == [201, 403, 403, 403, 403]
    told = usage(organization)
    assert (told["stored_bytes"], told["tracks"], told["begun_bytes"]) == (2 * size, 2, 0)
    assert len(stored_audio(server)) == len(before) + 1
    server.wait_until_derived()
    assert drafts(server) == []
    assert server.query("SELECT count(*) FROM promises WHERE user_id IS NOT NULL") == [(0,)]


def test_a_refusal_says_how_much_is_used_and_allowed(
    server: Server, database: Database, organization: httpx.Client, songs: list[Path]
) -> None:
    track = upload(organization, songs[0])
    set_quota(database, organization, 200_000, 9)
    for refused in (
        send_file(organization, songs[1]),
        organization.post("/uploads", headers=TUS | ENGINE | {"Upload-Length": "90000"}),
    ):
        error = refused.json()["error"]
        assert (refused.status_code, error["code"], error["type"]) == (
            403, "QUOTA_EXCEEDED", "client_error"
        )  # fmt: skip
        assert "120.1 kB of 200.0 kB in 1 of 9 tracks" in error["message"]
        assert error["details"]["quota_bytes"] == 200_000
        assert error["details"]["stored_bytes"] == songs[0].stat().st_size
    assert left_behind(server) == (0, [])
    organization.delete(f"/tracks/{track['id']}").raise_for_status()
    assert usage(organization)["stored_bytes"] == 0
    upload(organization, songs[1])


def test_a_number_of_tracks(
    database: Database, organization: httpx.Client, songs: list[Path]
) -> None:
    set_quota(database, organization, None, 2)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda song: send_file(organization, song), songs[:4]))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 403, 403]
    set_quota(database, organization)
    assert send_file(organization, songs[4]).status_code == 201


def test_what_has_begun_counts(
    database: Database, organization: httpx.Client, songs: list[Path]
) -> None:
    data = songs[0].read_bytes()
    set_quota(database, organization, len(data))
    path = begin(organization, len(data))
    assert usage(organization)["begun_bytes"] == len(data)
    again = organization.post("/uploads", headers=TUS | ENGINE | {"Upload-Length": "9"})
    assert again.json()["error"]["code"] == "QUOTA_EXCEEDED"
    assert send(organization, path, 0, data).status_code == 204, "its own promise isn't in its way"
    assert usage(organization)["begun_bytes"] == 0
    assert usage(organization)["stored_bytes"] == len(data)


def test_a_quota_that_shrinks_meanwhile_leaves_nothing_behind(
    server: Server, database: Database, organization: httpx.Client, songs: list[Path]
) -> None:
    data = songs[0].read_bytes()
    path = begin(organization, len(data))
    send(organization, path, 0, data[:-10])
    set_quota(database, organization, 1000)
    refused = send(organization, path, len(data) - 10, data[-10:])
    assert refused.json()["error"]["code"] == "QUOTA_EXCEEDED"
    assert left_behind(server) == (0, [])
    assert organization.head(path, headers=TUS).status_code == 404


def test_a_repeat_gets_its_first_answer_when_nothing_more_goes_in(
    database: Database, organization: httpx.Client, songs: list[Path]
) -> None:
    key = {"Idempotency-Key": "one"}
    first = send_file(organization, songs[0], **key)
    set_quota(database, organization, None, 1)
    again = send_file(organization, songs[0], **key)
    assert (again.status_code, again.content) == (201, first.content)
    assert send_file(organization, songs[1]).status_code == 403


def test_the_same_bytes_count_in_each_organisation_and_each_time(
    server: Server, organization: httpx.Client, owner: httpx.Client, songs: list[Path]
) -> None:
    size = songs[0].stat().st_size
    upload(owner, songs[0])
    for count in (1, 2):
        upload(organization, songs[0])
        assert usage(organization)["stored_bytes"] == count * size


def test_what_is_made_of_it_to_be_played_counts(
    server: Server, organization: httpx.Client, tmp_path: Path
) -> None:
    song = make("aiff", tmp_path / "a.aiff", sample_count=30_000)
    path = f"/tracks/{upload(organization, song)['id']}/sound"
    deadline = time.monotonic() + 60  # what others put in comes first
    while not organization.get(path).raise_for_status().json()["is_made"]:
        assert time.monotonic() < deadline, "nothing was made of the audio"
        time.sleep(0.05)
    ((rendition,),) = server.query(
        "SELECT rendition_size_bytes FROM audio_objects WHERE size_bytes = ?", song.stat().st_size
    )
    assert rendition > 0
    assert usage(organization)["stored_bytes"] == song.stat().st_size + rendition
    upload(organization, song)
    assert usage(organization)["stored_bytes"] == 2 * (song.stat().st_size + rendition)


def test_the_operator_sees_and_changes_it(
    server: Server, organization: httpx.Client, songs: list[Path]
) -> None:
    upload(organization, songs[0])
    number, size = id_of(organization), songs[0].stat().st_size
    told = server.people("org", "quota", number, "--bytes", "1.5GiB", "--tracks", "20")
    wanted = {"stored_bytes": size, "quota_bytes": 3 * 2**29, "tracks": 1, "quota_tracks": 20}
    assert told == wanted | {"organization_id": number}
    assert wanted.items() <= usage(organization).items()
    listed = json.loads(server.cli("org", "list", "--json").stdout)
    (row,) = [row for row in listed if row["organization_id"] == number]
    assert wanted.items() <= row.items()
    assert "120.1 kB of 1.6 GB in 1 of 20 tracks" in server.cli("org", "list").stdout
    line = server.cli("org", "quota", number, "--tracks", "0").stdout
    assert line.startswith(f"{number} stores 120.1 kB of 1.6 GB in 1 of 0 tracks.\n")
    assert "no upload is taken in" in line
    none = server.people("org", "quota", number, "--none", "--tracks", "5")
    assert (none["quota_bytes"], none["quota_tracks"]) == (None, 5)


@pytest.mark.parametrize(
    "options",
    [["--bytes", "many"], ["--tracks", "-1"], ["--bytes", "1", "--none"], ["--bytes", "1"]],
)
def test_what_is_no_quota_changes_nothing(server: Server, options: list[str]) -> None:
    number = server.organization_id if options[-1] != "1" else "org_000000000000"
    done = server.cli("org", "quota", number, *options)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "--" in done.stderr or "there is no organisation" in done.stderr
    assert server.query("SELECT count(*) FROM quotas WHERE most_bytes < 2") == [(0,)]


def test_tracks_that_an_earlier_release_made_are_counted_at_the_next_start(
    server: Server, organization: httpx.Client, songs: list[Path]
) -> None:
    upload(organization, songs[0])
    server.change("UPDATE tracks SET counted_bytes = 0")
    assert usage(organization)["stored_bytes"] == 0
    server.stop()
    server.start()
    assert usage(organization)["stored_bytes"] == songs[0].stat().st_size
