"""What is running when a key ends, a user is removed or an organisation is suspended: cut, or not written."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from cast import Server, share, upload
from engines import of_folder
from journeys.leaving import InTwo, Member, Organization, code_of, get, kept
from journeys.refused import token_path
from live.slow_reader import FULL_SPEED, MOST_BYTES_AFTER, SlowReader
from media.make_audio import make
from pieces import begin, left_behind, offset_of, send


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
def test_what_plays_of_a_suspended_organisation_is_cut(
    server: Server, organization: Organization, tmp_path: Path
) -> None:
    song = upload(organization.owner, make("flac", tmp_path / "long.flac", sample_count=6_000_000))
    link = share(organization.owner, song["id"])
    address = get(server.url + token_path(link)).json()["track"]["playback_url"]
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


@of_folder
def test_what_plays_by_a_removed_user_is_cut(server: Server, tmp_path: Path) -> None:
    member = Member(server, "hal@localhost.example")
    song = upload(member.client, make("flac", tmp_path / "long.flac", sample_count=6_000_000))
    link = share(member.client, song["id"])
    address = get(server.url + token_path(link)).json()["track"]["playback_url"]
    session = {"Listen-Session": get(server.url + token_path(link)).headers["listen-session"]}
    events_url, told = server.url + token_path(link) + "/events", list[str]()
    with (
        SlowReader(address, 256_000) as heard,
        SlowReader(song["playback_url"], 256_000) as by_owner,
        httpx.stream("GET", events_url, headers=session, timeout=30) as events,
    ):
        reading = threading.Thread(target=lambda: told.extend(events.iter_lines()))
        reading.start()
        time.sleep(1.0)
        assert heard.received > 100_000
        assert by_owner.received > 100_000
        member.remove("--end-links")
        before = (heard.arrived(), by_owner.arrived())
        assert heard.finish(within_seconds=20)
        assert by_owner.finish(within_seconds=20)
        assert heard.received - before[0] <= MOST_BYTES_AFTER
        assert by_owner.received - before[1] <= MOST_BYTES_AFTER
        reading.join(5)
    assert "event: ended" in told


def form_of(server: Server, data: bytes) -> tuple[bytes, dict[str, str]]:
    """The body and the header of an upload by form."""
    asked = httpx.Request(
        "POST", server.url, data={"engine": "studio"}, files={"file": ("b.wav", data)}
    )
    return asked.read(), {"Content-Type": asked.headers["content-type"]}


def sent_slowly(send_it: Callable[[Any], httpx.Response], body: InTwo) -> list[httpx.Response]:
    """Begin a request, and return when half of its body has been sent; the answer is in the list later."""
    answers: list[httpx.Response] = []
    threading.Thread(target=lambda: answers.append(send_it(body)), daemon=True).start()
    body.wait_for_half()
    time.sleep(0.3)
    return answers


def answer_in(answers: list[httpx.Response]) -> httpx.Response:
    deadline = time.monotonic() + 60
    while not answers:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return answers[0]


def test_an_upload_under_way_is_not_kept(
    server: Server, organization: Organization, evening: Path
) -> None:
    """It's read to its end, and then its key holds no more. No bytes of it stay."""
    before, files = kept(server), left_behind(server)
    form, kind = form_of(server, evening.read_bytes() + b"\0")
    body = InTwo(form)
    answers = sent_slowly(
        lambda it: organization.owner.post("/tracks", content=it, headers=kind), body
    )
    organization.suspend()
    body.go_on()
    assert code_of(answer_in(answers)) == (403, "ORGANIZATION_SUSPENDED")
    assert kept(server) == before
    assert left_behind(server) == files


def test_a_piece_under_way_leaves_nothing(server: Server) -> None:
    """Its upload is discarded while it's arriving, and so is what arrives."""
    member = Member(server, "ida@localhost.example")
    before = left_behind(server)
    path, body = begin(member.client, 1000), InTwo(b"x" * 200)
    answers = sent_slowly(lambda it: send(member.client, path, 0, it), body)
    member.remove()
    body.go_on()
    assert answer_in(answers).status_code == 404
    assert left_behind(server) == before


def test_a_key_ends_alone(server: Server, listener: httpx.Client, tmp_path: Path) -> None:
    """Its user keeps their other keys, also those that it made, their links and whatever runs. Only what is
    still to be written with it isn't: not even by a request that began before."""
    data = make("wav16", tmp_path / "a.wav", sample_count=400_000).read_bytes()
    ends = server.new_member("owner")
    with server.owner(ends["api_key"]) as ending, server.owner(ends["api_key"]) as beside:
        minted = ending.post("/keys", json={"scopes": ["read", "write", "share"]}).json()
        track = upload(ending, tmp_path / "a.wav")
        link = share(ending, track["id"])
        opened = listener.get(token_path(link))
        session = {"Listen-Session": opened.headers["listen-session"]}
        path = begin(ending, len(data))
        form, kind = form_of(server, data + b"\0\0")
        whole, piece = InTwo(form), InTwo(data[:5000])
        uploading = sent_slowly(lambda it: beside.post("/tracks", content=it, headers=kind), whole)
        sending = sent_slowly(lambda it: send(ending, path, 0, it), piece)
        tracks = server.query("SELECT count(*) FROM tracks")
        server.people("key", "revoke", ends["key_id"])
        whole.go_on()
        piece.go_on()
        assert code_of(answer_in(uploading)) == (401, "API_KEY_DEACTIVATED")
        assert server.query("SELECT count(*) FROM tracks") == tracks
        # The piece was one of the user's: it has arrived, and another key of theirs goes on.
        assert answer_in(sending).status_code == 204
        assert send(ending, path, 5000, data[5000:]).status_code == 401
    with server.owner(minted["api_key"]) as other:
        assert offset_of(other, path) == 5000
        assert send(other, path, 5000, data[5000:]).status_code == 204
        assert other.get(f"/share/{link['id']}").json()["state"] == "active"
        assert get(track["playback_url"]).status_code == 200
    renewed = listener.get(token_path(link), headers=session)
    assert renewed.json()["available"] is True
    assert renewed.headers["listen-session"] == session["Listen-Session"]
