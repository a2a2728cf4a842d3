"""An instance that is moved into PostgreSQL answers every open as it did, and what was left is unchanged.

With LISTENLINK_TEST_FULL=1: 100,000 links, a million audit lines, 1,000 opens.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
from pathlib import Path
from typing import Any

import httpx

import servers
from cast import Server, run_forked, share, upload
from engines import POSTGRESQL, SQLITE
from listenlink.clock import DAY_US, Clock
from listenlink.model.share_token import digest, new_token
from media.make_audio import make

IS_FULL = bool(os.environ.get("LISTENLINK_TEST_FULL"))
LINKS, LINES, ASKED = (100_000, 1_000_000, 1000) if IS_FULL else (600, 4000, 30)
_COPY = """
INSERT INTO shares (id, token_digest, organization_id, creator_id, track_id, collection_id, visibility,
    max_opens, opens, expires_at, revoked_at, created_at)
SELECT ?, ?, organization_id, creator_id, track_id, collection_id, visibility, ?, ?, ?, ?, created_at
FROM shares WHERE id = ?
"""
_LINES = """
INSERT INTO audit (at, outcome, reason, share_id, trace, client_id, agent, referrer)
VALUES (?, 1, NULL, ?, ?, 1, 0, ?)
"""


def fill(server: Server, original: str) -> list[str]:
    """Many links in every state, with opens of the last 60 days; their tokens."""
    number, now_us = int(original.removeprefix("mslink_"), 16), Clock().now_us()
    tokens = [new_token() for _ in range(LINKS)]
    kinds = [(None, 0, None, None), (5, 2, None, None), (5, 5, None, None), (None, 0, 1, None),
             (None, 0, None, 1), (None, 0, now_us + DAY_US, None)]  # fmt: skip
    with sqlite3.connect(server.database) as connection:
        connection.executemany(
            _COPY,
            (
                (1000 + place, digest(token), *kinds[place % len(kinds)], number)
                for place, token in enumerate(tokens)
            ),
        )
        connection.executemany(
            _LINES,
            (
                (
                    now_us - (LINES - line) * 60 * DAY_US // LINES,
                    1000 + len(kinds) * secrets.randbelow(LINKS // len(kinds)),
                    secrets.randbits(62),
                    "mail.example" if line % 3 else None,
                )
                for line in range(LINES)
            ),
        )
    connection.close()
    return tokens


def told(answer: httpx.Response) -> tuple[int, Any]:
    """What an open told, without what is new each time."""
    body = answer.json()
    body.pop("error", {}).pop("trace_id", None)
    if body.get("track"):
        body["track"].pop("playback_url")
    return answer.status_code, body


def ask(server: Server, tokens: list[str]) -> list[tuple[int, Any]]:
    return [told(open_at_last(server, token)) for token in tokens]


def open_at_last(server: Server, token: str) -> httpx.Response:
    """The answer; "too busy to say" is none, and asked again a few times."""
    with server.listener() as listener:
        for _ in range(5):
            answer = listener.get(f"/v1/music/shared/{token}")
            if answer.status_code != 503:
                break
    return answer


def contents(database: Path) -> bytes:
    """A digest of everything in the database."""
    connection = sqlite3.connect(database)
    lines = hashlib.sha256("\n".join(connection.iterdump()).encode())
    connection.close()
    return lines.digest()


def counted(server: Server) -> list[tuple[str, int]]:
    """The opens that the owner is told, of some links."""
    with server.owner() as owner:
        listed = owner.get("/share", params={"limit": 100}).raise_for_status().json()
    return [(link["id"], link["opens"]) for link in listed["items"]]


Answers = tuple[list[tuple[int, Any]], list[tuple[str, int]]]


def answers(server: Server, tokens: list[str]) -> Answers:
    """What a server tells listeners of these links, and their owner."""
    server.start()
    try:
        return ask(server, tokens), counted(server)
    finally:
        server.stop()


def sample(tokens: list[str]) -> list[str]:
    """Some of them, and one of every kind."""
    step = max(1, LINKS // ASKED)
    return [token for place, token in enumerate(tokens) if place % step == step // 2] + tokens[:6]


def test_a_moved_instance_answers_as_before(tmp_path: Path) -> None:
    here = Server(tmp_path / "data", {"TRUSTED_PROXIES": "127.0.0.1"}, engine=SQLITE)
    here.create()
    here.start()
    with here.owner() as owner:
        track = upload(owner, make("wav16", tmp_path / "a.wav", sample_count=5000))
        original = share(owner, track["id"])["id"]
    here.wait_until_derived()
    here.stop()
    tokens = fill(here, original)
    before = contents(here.database)
    url = servers.new_database()
    moving = ("move", "--from", f"sqlite:{here.data}", "--to", url, "--json")
    moved = run_forked(*moving)
    assert moved.returncode == 0, moved.stderr
    sums = json.loads(moved.stdout)
    assert (sums["shares"]["rows"], sums["audit"]["rows"]) == (LINKS + 1, LINES)
    check_that_it_is_marked(here, url)
    here.change("UPDATE instance SET moved_to = NULL")
    assert contents(here.database) == before, "nothing but the mark"
    again = run_forked(*moving)
    assert again.returncode == 1
    assert "isn't empty" in again.stderr
    assert contents(here.database) == before, "no mark, because nothing was moved"

    there = Server(
        here.data,
        {"TRUSTED_PROXIES": "127.0.0.1", "DATABASE_URL": url},
        organization_id=here.organization_id,
        api_key=here.api_key,
        engine=POSTGRESQL,
    )
    sampled = sample(tokens)
    expected = answers(here, sampled)
    assert {status for status, _ in expected[0]} == {200, 404}
    assert answers(there, sampled) == expected
    assert there.query("SELECT id FROM instance") == here.query("SELECT id FROM instance")


def check_that_it_is_marked(here: Server, url: str) -> None:
    """Whatever would use the folder without the setting says where the instance is, without a password."""
    folder, where = str(here.data), f"postgresql://{url.rpartition('@')[2]}"
    commands: list[tuple[str, ...]] = [
        ("serve", "--data", folder, "--port", str(here.port)),
        ("demo", "--data", folder, "--port", str(here.port)),
        ("backup", "--data", folder, "--to", folder + ".backup"),
        ("audit", "--data", folder),
        ("org", "list", "--data", folder),
        ("migrate", "--data", folder),
        ("init", "--data", folder),
        ("move", "--from", f"sqlite:{folder}", "--to", url),
    ]
    for command in commands:
        refused = run_forked(*command)
        assert (refused.returncode, refused.stdout) == (1, ""), command
        assert refused.stderr == (
            f"listenlink: {folder} was moved to {where}: set LISTENLINK_DATABASE_URL to that; to go back "
            f"to what was here before: listenlink move --from sqlite:{folder} --undo\n"
        )
    assert run_forked("org", "list", "--data", folder, DATABASE_URL=url).returncode == 0


def test_a_move_is_undone_by_one_command_and_shows_no_password(tmp_path: Path) -> None:
    here = Server(tmp_path / "data", engine=SQLITE)
    here.create()
    undo = ("move", "--from", f"sqlite:{here.data}", "--undo")
    assert "wasn't moved" in run_forked(*undo).stderr
    url = servers.new_database().replace("postgres@", "postgres:secret@") + "?password=secret"
    assert run_forked("move", "--from", f"sqlite:{here.data}", "--to", url).returncode == 0
    refused = run_forked("org", "list", "--data", str(here.data))
    assert refused.returncode == 1
    done = run_forked(*undo)
    assert (done.returncode, done.stdout.count("\n")) == (0, 2), done.stderr
    told = here.query("SELECT * FROM instance")
    assert "secret" not in refused.stderr + done.stdout + str(told)
    assert run_forked("org", "list", "--data", str(here.data)).returncode == 0
