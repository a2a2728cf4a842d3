"""Suspending an organisation: its links and keys are refused, what runs stops; resumed, all is back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload, wait_for_sound
from engines import SENDS_AUDIO, of_folder
from journeys.faces import requests_for
from journeys.refused import normalized, number_of, token_path
from live.slow_reader import FULL_SPEED, MOST_BYTES_AFTER, SlowReader
from media.make_audio import add_cover, make
from pieces import begin, left_behind, offset_of, send

HOUR_US = 3_600_000_000
# All that could be lost. Lines of the audit are added meanwhile, and that's as it should be.
KEPT = (
    "organizations", "users", "memberships", "api_keys", "audio_objects", "tracks", "collections",
    "collection_tracks", "shares", "library", "resumable_uploads", "idempotent_answers", "listens",
)  # fmt: skip


class Organization:
    """An organisation of a test's own, its owner, and a song of theirs that is heard by a link."""

    def __init__(self, server: Server, song: Path) -> None:
        self.server, made = server, server.new_organization()
        self.id, self.user_id = str(made["organization_id"]), str(made["user_id"])
        self.owner = httpx.Client(
            base_url=f"{server.url}/v1/music/{self.id}",
            headers={"X-API-Key": made["api_key"]},
            timeout=60,
        )
        self.song = upload(self.owner, song, title="Evening")
        wait_for_sound(self.owner, self.song["id"])

    def suspend(self) -> None:
        self.server.people("org", "suspend", self.id)

    def resume(self) -> None:
        self.server.people("org", "resume", self.id)


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return add_cover(make("mp3_xing", tmp_path_factory.mktemp("audio") / "song.mp3"))


@pytest.fixture
def organization(server: Server, song: Path) -> Iterator[Organization]:
    made = Organization(server, song)
    yield made
    made.owner.close()


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def kept(server: Server) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: server.query(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608
        for table in KEPT
    }


def doors_of(listener: httpx.Client, link: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every way in that an opened link gives: by its token, its session, its pictures and its sound."""
    path = token_path(link)
    opened = listener.get(path).raise_for_status()
    session = {"Listen-Session": opened.headers["listen-session"]}
    faces = requests_for(link, session)
    track_id = opened.json()["track"]["id"]
    ask_for_file = f"{path}/download/{track_id}"
    file = listener.get(ask_for_file, headers=session).json()["download_url"]
    page = listener.get(**faces["page"]).text
    picture = page.partition('property="og:image" content="')[2].partition('"')[0]
    doors = {name: {"method": "GET", **asked} for name, asked in faces.items()}
    doors |= {
        "open": {"method": "GET", "url": path},
        "head": {"method": "HEAD", "url": path},
        "renew": {"method": "GET", "url": path, "headers": session},
        "standing": {"method": "GET", "url": path + "/standing", "headers": session},
        "events": {"method": "HEAD", "url": path + "/events", "headers": session},
        "listen": {
            "method": "POST", "url": path + "/listen", "headers": session,
            "json": {"track_id": track_id},
        },
        "preview": {"method": "GET", "url": picture},
        "player": {"method": "GET", "url": path, "headers": {"Icy-MetaData": "1"}},
        "download": {"method": "GET", "url": file},
        "address of the file": {"method": "GET", "url": ask_for_file, "headers": session},
    }  # fmt: skip
    if SENDS_AUDIO:
        doors["play"] = {"method": "GET", "url": opened.json()["track"]["playback_url"]}
    return doors


def test_every_door_is_closed_and_opens_again_with_nothing_lost(
    server: Server, organization: Organization, listener: httpx.Client
) -> None:
    organization.owner.post("/collections", json={"name": "A"}, headers={"Idempotency-Key": "a"})
    begin(organization.owner, 100)
    link = share(organization.owner, organization.song["id"], max_opens=9, allow_download=True)
    doors = doors_of(listener, link)
    before_it = {name: listener.request(**asked) for name, asked in doors.items()}
    assert not [answer for answer in before_it.values() if answer.is_error], before_it
    opens = organization.owner.get(f"/share/{link['id']}").json()["opens"]
    assert opens > 0
    before, counted = kept(server), len(server.audit("--share", link["id"]))
    unknown = listener.get("/v1/music/shared/shr_" + "0" * 32)

    organization.suspend()
    told = {name: listener.request(**asked) for name, asked in doors.items()}
    for name, answer in told.items():
        assert answer.status_code == (403 if name in ("play", "download") else 404), name
        assert "Evening" not in answer.text, name
        assert organization.song["id"] not in answer.text, name
    assert normalized(told["open"]) == normalized(unknown)
    assert server.outcome_of(told["open"]) == ("refused", "suspended")
    assert server.outcome_of(told["page"]) == ("refused", "suspended")
    assert kept(server) == before
    lines = server.audit("--share", link["id"])[counted:]
    assert lines
    assert {(line["outcome"], line["reason"]) for line in lines} == {("refused", "suspended")}

    organization.resume()
    assert organization.owner.get(f"/share/{link['id']}").json()["opens"] == opens
    assert kept(server) == before
    for name, asked in doors.items():
        assert listener.request(**asked).status_code == before_it[name].status_code, name


def test_its_keys_say_so_and_write_nothing(server: Server, organization: Organization) -> None:
    owner = organization.owner
    link = share(owner, organization.song["id"])
    path = begin(owner, 100)
    assert send(owner, path, 0, b"x" * 10).status_code == 204
    organization.suspend()
    before = kept(server)
    refused = [
        httpx.get(f"{server.url}/v1/caller", headers=owner.headers),
        owner.get("/tracks"),
        owner.post("/collections", json={"name": "B"}),
        owner.delete(f"/share/{link['id']}"),
        owner.post("/keys", json={"scopes": ["read"]}),
        send(owner, path, 10, b"x"),
    ]
    assert {code_of(answer) for answer in refused} == {(403, "ORGANIZATION_SUSPENDED")}
    # A key that holds no more says that, not how its organisation stands.
    nobody = httpx.get(f"{server.url}/v1/caller", headers={"X-API-Key": "ak_" + "0" * 40})
    assert code_of(nobody) == (401, "INVALID_API_KEY")
    assert kept(server) == before
    organization.resume()
    assert offset_of(owner, path) == 10
    assert owner.get(f"/share/{link['id']}").json()["state"] == "active"


def test_what_ended_meanwhile_has_ended(
    server: Server, organization: Organization, listener: httpx.Client
) -> None:
    links = {
        reason: share(organization.owner, organization.song["id"])
        for reason in ("expired", "revoked")
    }
    organization.owner.delete(f"/share/{links['revoked']['id']}")
    organization.suspend()
    now_us = time.time_ns() // 1000
    number = number_of(links["expired"]["id"])
    server.change("UPDATE shares SET expires_at = ? WHERE id = ?", now_us + 300_000, number)
    answer = listener.get(token_path(links["expired"]))
    assert server.outcome_of(answer) == ("refused", "suspended")
    time.sleep(0.4)
    for is_over in (False, True):
        if is_over:
            organization.resume()
        for reason, link in links.items():
            assert server.outcome_of(listener.get(token_path(link))) == ("refused", reason)


def test_others_notice_nothing(
    server: Server, owner: httpx.Client, organization: Organization, song: Path
) -> None:
    """Neither the other organisations, nor what their users saved of others'; but what is the suspended
    one's plays for nobody."""
    mine = upload(owner, song, title="Mine")
    with server.listener() as listener:
        link, theirs = share(owner, mine["id"]), share(organization.owner, organization.song["id"])
        saved = owner.post(f"{server.url}{token_path(theirs)}/save")
        assert saved.status_code == 201, saved.text
        path = f"/tracks/{organization.song['id']}"
        address = owner.get(path).json()["playback_url"]
        assert httpx.get(address).status_code in (200, 206)
        organization.suspend()
        assert listener.get(token_path(link)).status_code == 200
        assert httpx.get(owner.get(f"/tracks/{mine['id']}").json()["playback_url"]).is_success
        # A bucket's address, once given, is good to its end: a new one isn't given.
        if SENDS_AUDIO:
            assert httpx.get(address).status_code == 403
        assert httpx.get(owner.get(path).json()["playback_url"]).status_code == 403
        organization.resume()
        assert httpx.get(owner.get(path).json()["playback_url"]).is_success


def test_an_event_stream_ends_within_two_seconds(
    organization: Organization, listener: httpx.Client
) -> None:
    link = share(organization.owner, organization.song["id"])
    session = {"Listen-Session": listener.get(token_path(link)).headers["listen-session"]}
    told: list[str] = []
    with listener.stream("GET", token_path(link) + "/events", headers=session) as answer:
        reading = threading.Thread(target=lambda: told.extend(answer.iter_lines()))
        reading.start()
        organization.suspend()
        suspended_at = time.monotonic()
        reading.join(5)
        assert time.monotonic() - suspended_at < 4
    assert "event: ended" in told


@of_folder
def test_a_running_stream_is_cut(
    server: Server, organization: Organization, tmp_path: Path
) -> None:
    song = upload(organization.owner, make("flac", tmp_path / "long.flac", sample_count=6_000_000))
    link = share(organization.owner, song["id"])
    address = httpx.get(server.url + token_path(link)).json()["track"]["playback_url"]
    own = song["playback_url"]
    with SlowReader(address, 256_000) as heard, SlowReader(own, FULL_SPEED) as by_owner:
        time.sleep(1.0)
        assert not heard.is_ended
        assert heard.received > 100_000
        organization.suspend()
        before = (heard.arrived(), by_owner.arrived())
        assert heard.finish(within_seconds=20)
        assert by_owner.finish(within_seconds=20)
        assert heard.received - before[0] <= MOST_BYTES_AFTER
        assert by_owner.received - before[1] <= MOST_BYTES_AFTER


def test_an_upload_under_way_is_not_kept(
    server: Server, organization: Organization, song: Path
) -> None:
    """It's read to its end, and then its key holds no more. No bytes of it stay."""
    before, files = kept(server), left_behind(server)
    data, half = song.read_bytes(), threading.Event()
    going_on = threading.Event()
    answers: list[httpx.Response] = []

    def in_two(form: bytes) -> Iterator[bytes]:
        yield form[: len(form) // 2]
        half.set()
        going_on.wait(30)
        yield form[len(form) // 2 :]

    def send_slowly() -> None:
        asked = httpx.Request(
            "POST", server.url, data={"engine": "studio"}, files={"file": ("b.mp3", data + b"\0")}
        )
        headers = {"Content-Type": asked.headers["content-type"]}
        form = asked.read()
        answers.append(organization.owner.post("/tracks", content=in_two(form), headers=headers))

    sending = threading.Thread(target=send_slowly)
    sending.start()
    assert half.wait(10)
    time.sleep(0.3)
    organization.suspend()
    going_on.set()
    sending.join(60)
    assert code_of(answers[0]) == (403, "ORGANIZATION_SUSPENDED")
    assert kept(server) == before
    assert left_behind(server) == files


def test_lists_say_so_and_twice_is_once(server: Server, organization: Organization) -> None:
    def states() -> set[str]:
        shown: list[str] = []
        for command in ("org", "user", "key"):
            rows: Any = server.people(command, "list")
            shown += [row["state"] for row in rows if row["organization_id"] == organization.id]
        assert len(shown) == 3
        return set(shown)

    assert states() == {"active"}
    first = server.people("org", "suspend", organization.id)
    assert server.people("org", "suspend", organization.id) == first
    assert states() == {"suspended"}
    assert server.people("org", "resume", organization.id)["was_suspended"] is True
    assert server.people("org", "resume", organization.id)["was_suspended"] is False
    assert states() == {"active"}
    for command in ("suspend", "resume"):
        unknown = server.cli("org", command, "org_000000000000")
        assert (unknown.returncode, unknown.stdout) == (1, "")
        assert "there is no organisation org_000000000000" in unknown.stderr
