"""Removing a user: their keys end, what they had ends or is an owner's, and nobody can say who they were."""

from __future__ import annotations

import asyncio
import os
import pty
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import engines
from cast import Server, clean_environment, upload, wait_for_sound
from engines import of_sqlite
from fork_server import Forked
from journeys.faces import Beside
from journeys.leaving import Member, get, occupied
from journeys.refused import number_of, token_path
from media.make_audio import make
from pieces import begin, left_behind
from stored import stored_audio


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "song.wav", sample_count=50_000)


@pytest.fixture(scope="module")
def heir(server: Server) -> Iterator[Member]:
    """An owner, by whom no test leaves anything but new things."""
    made = Member(server, "heir@localhost.example", "owner")
    yield made
    made.client.close()


def is_nowhere(server: Server, *texts: str) -> None:
    kept = engines.dump(server.backend)
    assert b"heir@localhost.example" in kept, "nothing could be found"
    for text in texts:
        assert text.encode() not in kept, text


def test_what_is_handed_over_goes_on(
    server: Server, heir: Member, song: Path, listener: httpx.Client
) -> None:
    member = Member(server, "ana.handing@localhost.example")
    before = left_behind(server)
    has = occupied(member, song, title="Handed")
    # One of which they have no edge themselves, one that the owner has saved.
    hidden = upload(member.client, song, title="Hidden")
    member.client.delete(f"/tracks/{hidden['id']}/save").raise_for_status()
    assert heir.client.post(server.url + token_path(has["link"]) + "/save").status_code == 201
    assert listener.get(token_path(has["link"])).status_code == 200
    opened = member.client.get(f"/share/{has['link']['id']}").json()

    told = member.remove("--hand-over", "--to", heir.email.upper())
    (row,) = told["removed_from"]
    assert (row["tracks"], row["collections"], row["links"]) == (2, 1, 2)
    assert row["became"] == f"handed to {heir.email}"
    assert told["is_forgotten"] is True
    assert member.code() == "INVALID_API_KEY"
    opened["created_by"] = heir.user_id
    assert heir.client.get(f"/share/{has['link']['id']}").json() == opened
    assert heir.client.get(f"/collections/{has['collection']['id']}").json()["track_count"] == 1
    listed = {track["id"] for track in heir.client.get("/tracks").json()["items"]}
    assert {has["track"]["id"], hidden["id"]} <= listed
    assert server.query(
        "SELECT source, share_id FROM library WHERE track_id = ?", number_of(has["track"]["id"])
    ) == [("own", None)]
    for link in (has["link"], has["album"]):
        assert listener.get(token_path(link)).json()["available"] is True
    if engines.SENDS_AUDIO:
        assert get(has["track"]["playback_url"]).status_code == 403
    assert heir.client.delete(f"/share/{has['album']['id']}").status_code == 200
    assert member.row_count() == 0
    assert left_behind(server) == before
    assert server.query("SELECT 1 FROM users WHERE id = ?", number_of(member.user_id)) == []
    is_nowhere(server, "ana.handing")
    # Somebody of the same address is somebody new.
    assert Member(server, member.email).user_id != member.user_id


def test_what_ends_leaves_nothing_to_hear_or_read(
    server: Server, heir: Member, listener: httpx.Client, tmp_path: Path
) -> None:
    member = Member(server, "bo.ending@localhost.example")
    has = occupied(member, make("wav16", tmp_path / "b.wav", sample_count=60_000), title="Farewell")
    assert heir.client.post(server.url + token_path(has["link"]) + "/save").status_code == 201
    listener.get(token_path(has["link"])).raise_for_status()
    lines, kept = server.audit("--share", has["link"]["id"]), set(stored_audio(server))
    wait_for_sound(member.client, has["track"]["id"])

    assert member.remove("--end-links")["removed_from"][0]["became"] == "deleted, the links ended"
    assert member.code() == "INVALID_API_KEY"
    for link in (has["link"], has["album"]):
        answer = listener.get(token_path(link))
        assert answer.status_code == 404
        assert server.outcome_of(answer) == ("refused", "revoked")
    assert heir.client.get(f"/tracks/{has['track']['id']}").status_code == 404
    assert len(set(stored_audio(server)) & kept) == len(kept) - 1
    assert server.audit("--share", has["link"]["id"])[: len(lines)] == lines
    assert member.row_count() == 0
    (email,) = server.query("SELECT email FROM users WHERE id = ?", number_of(member.user_id))
    assert email == (f"removed {member.user_id}",)
    is_nowhere(server, "bo.ending", "Farewell")
    again = server.cli("user", "remove", member.user_id)
    assert (again.returncode, again.stdout) == (1, "")


def test_nobody_is_asked_off_a_terminal_and_nothing_is_done(
    server: Server, heir: Member, song: Path
) -> None:
    member = Member(server, "cy@localhost.example")
    has = occupied(member, song)
    for options, said in (
        ((), "say --hand-over, --end-links (which deletes the music), or both"),
        (("--to", member.email), "isn't another owner of"),
        (("--to", "nobody@localhost.example"), "isn't another owner of"),
        (("--org", "org_000000000000", "--end-links"), "there is no organisation"),
    ):
        done = server.cli("user", "remove", member.email, *options)
        assert (done.returncode, done.stdout) == (1, ""), options
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert member.code() == "good"
    assert member.client.get(f"/share/{has['link']['id']}").json()["state"] == "active"
    # Both: the links end, the music stays.
    told = member.remove("--end-links", "--hand-over", "--to", heir.email)["removed_from"][0]
    assert told["became"] == f"handed to {heir.email}, the links ended"
    assert heir.client.get(f"/share/{has['link']['id']}").json()["state"] == "revoked"
    assert heir.client.get(f"/tracks/{has['track']['id']}").status_code == 200


def test_the_last_owner_needs_a_word(server: Server, song: Path) -> None:
    org = str(server.new_organization()["organization_id"])
    (first,) = server.query(
        "SELECT email FROM users JOIN memberships ON user_id = id WHERE organization_id = ?",
        number_of(org),
    )
    second = Member(server, "di@localhost.example", "owner", org)
    third = Member(server, "ed@localhost.example", "owner", org)
    upload(third.client, song)
    # The oldest other owner is the default.
    told = third.remove("--hand-over")["removed_from"][0]
    assert told["became"] == f"handed to {first[0]}"
    assert (
        server.people("user", "remove", first[0], "--hand-over")["removed_from"][0]["tracks"] == 1
    )
    for options in ((), ("--end-links",), ("--hand-over",)):
        refused = server.cli("user", "remove", second.email, *options)
        assert refused.returncode == 1
        assert "or say --last-owner" in refused.stderr or not options
    nobody = server.cli("user", "remove", second.email, "--hand-over", "--last-owner")
    assert "has no other owner to hand anything to" in nobody.stderr
    assert second.code() == "good"
    assert second.remove("--end-links", "--last-owner")["is_forgotten"] is True
    members: Any = server.people("user", "list", "--org", org)
    assert members == []


def test_from_one_organisation_only_that_one_is_left(
    server: Server, heir: Member, song: Path
) -> None:
    org = str(server.new_organization()["organization_id"])
    here, there = (Member(server, "flo@localhost.example", "member", org) for org in ("", org))
    assert here.user_id == there.user_id
    mine = upload(there.client, song)
    # Without music or links nothing needs to be said.
    told = here.remove("--org", here.org)
    assert (told["stays_in"], told["is_forgotten"]) == ([org], False)
    assert (here.code(), there.code()) == ("INVALID_API_KEY", "good")
    assert there.client.get(f"/tracks/{mine['id']}").status_code == 200
    assert there.remove("--end-links")["is_forgotten"] is True
    is_nowhere(server, "flo@localhost")


def test_on_a_terminal_it_asks(server: Server, heir: Member, song: Path) -> None:
    member = Member(server, "gus@localhost.example")
    upload(member.client, song)
    for typed, status in (("", 1), ("yes", 1), ("2", 0)):
        ours, theirs = pty.openpty()
        with os.fdopen(theirs, "w") as terminal:
            running = Forked(
                ["user", "remove", member.email, "--data", str(server.data)],
                clean_environment(**server.stored) | server.environment,
                terminal, terminal, given=theirs,
            )  # fmt: skip
        shown = b""
        while b"Which?" not in shown:
            shown += os.read(ours, 4096)
        assert b"1 track, 0 collections, 0 links" in shown
        assert b"hand all of it over, to " in shown
        assert member.code() == "good"
        os.write(ours, typed.encode() + b"\n")
        assert running.wait(60) == status
        os.close(ours)
        assert (member.code() == "good") == bool(status)


def test_what_another_node_has_of_it_goes_within_the_hour(
    server: Server, heir: Member, storage_credentials: None
) -> None:
    """Each node has the pieces that it took in its own folder, and the command runs on one of them."""
    kept = server.data / draft_of(heir)
    gone, fresh = (server.data / f"uploads/resumable-{n:012x}" for n in (0xABC, 0xABD))
    for path in (gone, fresh):
        path.write_bytes(b"RIFF")
    for path in (gone, kept):
        os.utime(path, (time.time() - 1000, time.time() - 1000))
    beside = Beside(server)
    try:
        asyncio.run(beside.instance.owning.resumer.remove_stale(time.time_ns() // 1000))
    finally:
        beside.close()
    assert [path.exists() for path in (gone, fresh, kept)] == [False, True, True]
    fresh.unlink()


def draft_of(heir: Member) -> str:
    """Where the draft of an upload is that is still arriving."""
    return "uploads/resumable-" + begin(heir.client, 100).rpartition("_")[2]


@of_sqlite
def test_an_address_stays_in_no_page_of_the_file(server: Server, heir: Member) -> None:
    """Among many, whose pages have been split and written again."""
    for number in range(400):
        server.change(
            "INSERT INTO users (id, email, created_at) VALUES (?, ?, 1)",
            1000 + number, f"crowd{number * 7919 % 400:03}.{'x' * 90}@localhost.example",
        )  # fmt: skip
    member = Member(server, f"jo.crowded.{'y' * 40}@localhost.example")
    for number in range(400, 600):
        server.change(
            "INSERT INTO users (id, email, created_at) VALUES (?, ?, 1)",
            1000 + number, f"jo.crowd{number}.{'x' * 90}@localhost.example",
        )  # fmt: skip
    assert b"jo.crowded" in engines.dump(server.backend)
    told = member.remove()
    assert told["is_forgotten"] is True
    is_nowhere(server, "jo.crowded")
