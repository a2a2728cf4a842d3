"""A track's versions by commands, and links' passwords at a terminal."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, run_forked, share, upload
from commands import LISTENLINK, clean_environment
from journeys.versioned import heard, listed, sounds
from live.on_a_terminal import Terminal


@pytest.fixture(scope="module")
def settings(server: Server) -> dict[str, str]:
    return {"SERVER": server.url, "API_KEY": server.api_key}


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Of 2, 3, 4, 5 and 6 seconds."""
    return sounds(tmp_path_factory.mktemp("audio"), 5)


@pytest.fixture
def song(owner: httpx.Client, takes: list[Path]) -> dict[str, Any]:
    return upload(owner, takes[0], title="Harbour")


def run(settings: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    done = run_forked("tracks", *arguments, **settings)
    return done.returncode, done.stdout, done.stderr


def current(owner: httpx.Client, track: str) -> int:
    (number,) = [int(one["version"]) for one in listed(owner, track) if one["current"]]
    return number


def test_a_version_is_put_in_listed_made_current_and_removed(
    settings: dict[str, str],
    owner: httpx.Client,
    listener: httpx.Client,
    song: dict[str, Any],
    takes: list[Path],
) -> None:
    track, link = song["id"], share(owner, song["id"])
    status, told, _ = run(settings, "replace", track, str(takes[1]))
    assert status == 0
    assert told.splitlines()[0] == f"{track}  Harbour  version 2, 0:03"
    assert heard(listener, link) == takes[1].read_bytes()
    status, told, _ = run(settings, "replace", track, str(takes[2]), "--json")
    assert (status, json.loads(told)["version"]) == (0, 3)
    status, told, _ = run(settings, "versions", track)
    rows = [row.split("\t") for row in told.splitlines()]
    assert status == 0
    assert [(row[0], row[1]) for row in rows] == [("3", "4.0"), ("2", "3.0"), ("1", "2.0")]
    assert [row[-1] for row in rows] == ["current", "", ""]
    status, told, _ = run(settings, "versions", track, "--json")
    assert [one["version"] for one in json.loads(told)["items"]] == [3, 2, 1]
    assert run(settings, "use-version", track, "2")[0] == 0
    assert heard(listener, link) == takes[1].read_bytes()
    status, told, said = run(settings, "remove-version", track, "1")
    assert status == 1  # Nobody can be asked.
    assert run(settings, "remove-version", track, "1", "--yes")[0] == 0
    assert [one["removed"] for one in listed(owner, track)] == [False, False, True]
    # What is current is removed with its track alone; and what there isn't is said in one line.
    for arguments in (
        ("remove-version", track, "2", "--yes"),
        ("use-version", track, "1"),
        ("use-version", track, "9"),
        ("replace", track, "/no/such/file.wav"),
        ("versions", "mtrack_000000000000"),
        ("replace", "mshlink_x", str(takes[0])),
    ):
        status, told, said = run(settings, *arguments)
        assert (status, told, len(said.splitlines())) == (1, "", 1), (arguments, said)
        assert said.startswith("listenlink: "), said
    assert current(owner, track) == 2


def test_another_length_is_asked_about_before(
    settings: dict[str, str],
    owner: httpx.Client,
    song: dict[str, Any],
    takes: list[Path],
) -> None:
    track, long = song["id"], takes[4]
    status, told, said = run(settings, "replace", track, str(long))
    assert (status, told) == (1, "")
    assert "--yes: version 2 is 4.0 s longer than the current one" in said
    assert (current(owner, track), len(listed(owner, track))) == (1, 2)
    for keys, ended, number in ((b"n\n", 1, 1), (b"y\n", 0, 2)):
        terminal = Terminal(settings, "tracks", "use-version", track, "2")
        terminal.read_until("leaves it: ")
        assert "Version 2 is 4.0 s longer than the current one." in terminal.shown
        terminal.press(keys)
        status, shown = terminal.end()
        assert (status, "Traceback" in shown) == (ended, False)
        assert current(owner, track) == number
    assert run(settings, "use-version", track, "1", "--yes")[0] == 0
    assert current(owner, track) == 1


def test_a_password_is_typed_twice_and_never_shown(
    settings: dict[str, str], owner: httpx.Client, song: dict[str, Any], tmp_path: Path
) -> None:
    def typed(*words: str) -> tuple[int, str]:
        terminal = Terminal(settings, "share", song["id"], "--password")
        for question, word in zip(("The link's password: ", "Once more: "), words, strict=True):
            terminal.read_until(question)
            terminal.press(word.encode() + b"\n")
        return terminal.end()

    def links() -> list[bool]:
        items = owner.get("/share", params={"target_id": song["id"]}).json()["items"]
        return [one["has_password"] for one in items if one["target_id"] == song["id"]]

    status, shown = typed("harbour-lights", "harbour-light")
    assert (status, "isn't twice the same" in shown) == (1, True)
    status, shown = typed("short", "short")
    assert (status, "has 6 to 128 characters" in shown) == (1, True)
    assert links() == []
    status, shown = typed("harbour-lights", "harbour-lights")
    assert (status, "harbour-lights" in shown) == (0, False)
    assert links() == [True]
    (tmp_path / "word").write_text("harbour-lights\nmore\n")
    file = ("--password-file", str(tmp_path / "word"))
    for done in (
        share_with(settings, song, ("--password",), "harbour-lights\n"),
        run_forked("share", song["id"], *file, **settings),
    ):
        assert (done.returncode, "harbour-lights" in done.stdout + done.stderr) == (0, False)
    assert links() == [True] * 3
    for wrong in (
        ("--password", *file),
        ("--password-file", str(tmp_path / "none")),
    ):
        done = run_forked("share", song["id"], *wrong, **settings)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert len(links()) == 3


def share_with(
    settings: dict[str, str], song: dict[str, Any], arguments: tuple[str, ...], piped: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LISTENLINK, "share", song["id"], *arguments], env=clean_environment(**settings),
        input=piped, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
