"""An owner's commands as somebody at a terminal meets them: tables that fit, questions, hostile text."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import httpx
import pytest
from rich.cells import cell_len

from cast import Server, clean_environment, run_forked, share, upload
from commands import LISTENLINK as STARTED
from live.on_a_terminal import ENDS_WITHIN_SECONDS, Terminal
from media.make_audio import make

HOSTILE = "\x1b[2J\x07\u202egnp.\u2066evil\nmtrack_0\tx\x9b31m"
UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
WIDE = "夜の勉強会のための長い長い題名と、もっと長い題名"


@pytest.fixture(scope="module")
def settings(server: Server) -> dict[str, str]:
    return {"SERVER": server.url, "API_KEY": server.api_key}


@pytest.fixture(scope="module")
def tracks(
    server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """Three tracks: one of wide letters, one of what a terminal would obey, one like any other."""
    song = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav")
    made = [upload(owner, song, title=title, artist=artist)["id"]
            for title, artist in ((WIDE, "山田"), ("b", "b"), ("Plain", "Ana"))]  # fmt: skip
    number = int(made[1].removeprefix("mtrack_"), 16)
    server.change("UPDATE tracks SET title = ?, artist = ? WHERE id = ?", HOSTILE, HOSTILE, number)
    return made


def shown(settings: dict[str, str], *arguments: str, columns: int = 80) -> list[str]:
    status, said = Terminal(settings, *arguments, columns=columns).end()
    assert status == 0, said
    return said.splitlines()


@pytest.mark.parametrize("columns", [80, 66])
def test_a_table_fits_and_is_aligned_whatever_the_letters(
    settings: dict[str, str], tracks: list[str], columns: int
) -> None:
    heading, *lines = shown(settings, "tracks", "list", columns=columns)
    assert heading.split() == ["ID", "LENGTH", "LICENCE", "ARTIST", "TITLE"]
    assert [line.split()[0] for line in lines] == tracks[::-1]
    assert max(map(cell_len, lines)) <= columns
    begins = {
        cell_len(line[: line.rindex("  ") + 2]) for line in lines if "Plain" in line or "夜" in line
    }
    assert begins == {heading.index("TITLE")}
    assert lines[2].endswith("…")


def test_what_others_wrote_moves_no_terminal(
    server: Server, settings: dict[str, str], owner: httpx.Client, tracks: list[str]
) -> None:
    link = share(owner, tracks[1], label="x")
    number = int(link["id"].removeprefix("mslink_"), 16)
    server.change("UPDATE shares SET label = ? WHERE id = ?", HOSTILE, number)
    album = owner.post("/collections", json={"name": "x"}).json()["id"]
    owner.post(f"/collections/{album}/tracks", json={"track_id": tracks[1]}).raise_for_status()
    named = int(album.removeprefix("mcoll_"), 16)
    server.change(
        "UPDATE collections SET name = ?, description = ? WHERE id = ?", HOSTILE, HOSTILE, named
    )
    for command in (
        f"tracks show {tracks[1]}", f"collections show {album}", f"collection tracks {album}",
        "collections list", "links list", f"link show {link['id']}", f"tracks edit {tracks[1]} --with-voice",
        f"collection add {album} {tracks[0]}", f"links edit {link['id']} --max-opens 9",
        f"link rotate {link['id']}",
    ):  # fmt: skip
        done = run_forked(*command.split(), **settings)
        assert UNWANTED.search(done.stdout + done.stderr) is None, command
        assert "\nmtrack_0" not in done.stdout, command
    for command in ("tracks list", "collections list", "links list"):
        said = "\n".join(shown(settings, *command.split()))
        assert "evil" in said
        assert UNWANTED.search(said) is None, command


def test_who_is_asked_may_say_no_or_press_ctrl_c_or_say_yes(
    settings: dict[str, str], owner: httpx.Client, tracks: list[str]
) -> None:
    album = owner.post("/collections", json={"name": "Evening"}).json()["id"]
    share(owner, album)
    for keys, status, said in (
        (b"n\n", 1, "listenlink: nothing was removed"),
        (b"\x03", 130, ""),
        (b"\x04", 1, "listenlink: nothing was removed"),
        (b"y\n", 0, f"{album}: Collection deleted."),
    ):
        terminal = Terminal(settings, "collections", "remove", album)
        terminal.read_until("changes nothing: ")
        question = f"{album}  Evening, 0 tracks: one link to it opens. Removed, it's gone for good"
        assert question in terminal.shown
        terminal.press(keys)
        ended, shown_at_last = terminal.end()
        assert ended == status, shown_at_last
        assert said in shown_at_last.splitlines()[-1]
        assert "Traceback" not in shown_at_last
        is_gone = owner.get(f"/collections/{album}").status_code == 404
        assert is_gone == (status == 0)


def test_who_reads_no_further_is_nothing_to_complain_of(
    settings: dict[str, str], tracks: list[str]
) -> None:
    # Written at once, or at the end.
    ways = [(["tracks", "list"], "1"), (["tracks", "list"], ""), (["--help"], "")]
    for command, unbuffered in ways:
        process = subprocess.Popen(
            [*STARTED, *command], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=clean_environment(**settings) | {"PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaints = process.stderr.read()
        assert (process.wait(ENDS_WITHIN_SECONDS), complaints) == (1, "")
        process.stderr.close()


def test_nothing_yet_says_what_to_do_first(server: Server) -> None:
    settings = {"SERVER": server.url, "API_KEY": server.new_member()["api_key"]}
    for command, wanted in (
        ("tracks", "listenlink upload"),
        ("collections", "listenlink collection make"),
        ("links", "listenlink share"),
    ):
        (line,) = shown(settings, command, "list")
        assert wanted in line
        assert run_forked(command, "list", **settings).stdout == ""


def test_engines_are_told_with_what_a_listener_reads(settings: dict[str, str]) -> None:
    said = "\n".join(shown(settings, "engines", columns=100))
    assert "own_recording" in said
    assert "Personal use only: To be listened to, in private. Commercial use isn't allowed." in said
    assert "Unclear, as of any other engine: " in said


def test_the_new_key_is_shown_and_no_other_ever(
    server: Server, settings: dict[str, str], tmp_path: Path
) -> None:
    key, terms, told = shown(settings, "keys", "make", "--scopes", "read")
    assert re.fullmatch("ak_[0-9a-f]{40}", key)
    assert terms.endswith("  read, without end")
    assert told == "The API key is shown this once."
    number = terms.split()[0]
    for command in (
        ["keys", "list"],
        ["keys", "show", number],
        ["keys", "edit", number, "--no-end"],
    ):
        assert re.search("ak_[0-9a-f]{6}", run_forked(*command, **settings).stdout) is None
    terminal = Terminal(settings | {"API_KEY": server.api_key}, "keys", "remove", number)
    terminal.read_until("changes nothing: ")
    assert "the one that this command uses" not in terminal.shown
    terminal.press(b"y\n")
    assert terminal.end()[0] == 0
