"""The commands as somebody at a terminal meets them: what is said, and that what is said works."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

import fork_server
from cast import (
    LISTENLINK,
    Server,
    clean_environment,
    free_port,
    run_cli,
    run_forked,
    share,
    upload,
)
from listenlink import __version__
from listenlink.cli import owning
from listenlink.cli.own_command import own_command
from media.make_audio import make

Refused = Callable[..., str]


@pytest.fixture(scope="module")
def settings(server: Server) -> dict[str, str]:
    """What an owner's commands need."""
    return {"SERVER": server.url, "API_KEY": server.api_key}


@pytest.fixture(scope="module")
def track_id(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))["id"])


def test_the_release_is_told() -> None:
    assert run_cli("--version").stdout == f"listenlink {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["share"], "missing argument 'TARGET'; see: listenlink share --help"),
        (["shrae"], "no such command 'shrae'. Did you mean 'share'?"),
        (
            ["serve", "--port", "many"],
            "--port: must be a whole number; see: listenlink serve --help",
        ),
        (["serve", "--prot", "1"], "no such option: --prot"),
        (["key", "revoke"], "missing argument 'KEY_ID'; see: listenlink key revoke --help"),
    ],
)
def test_what_is_no_command_is_said_in_one_line(
    arguments: list[str], said: str, refused: Refused
) -> None:
    assert said in refused(*arguments, status=2)


def test_help_has_no_frames_no_colours_and_80_columns() -> None:
    for command in ([], ["share"], ["upload"], ["serve"], ["org"], ["audit"]):
        done = fork_server.run((*command, "--help"), clean_environment() | {"COLUMNS": "80"})
        assert done.returncode == 0, done.stderr
        said = done.stdout
        assert said.startswith("Usage: listenlink ")
        assert not re.search("[─│\x1b]", said)
        assert max(map(len, said.splitlines())) <= 80
        assert "<bool>" not in said


def test_a_misspelled_variable_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    given = {
        "LISTENLINK_PROT": "1",
        "LISTENLINK_PUBLICURL": "x",
        "LISTNLINK_PORT": "1",
        "LISTENLINK_XYZ": "1",
    }
    done = subprocess.run(
        [*LISTENLINK, "org", "list", "--data", str(tmp_path)],
        env=clean_environment(PORT="8484", TEST_FULL="1") | {"LISTEN_FDS": "1", "LISTS": "1"} | given,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert set(done.stderr.splitlines()) == {
        "listenlink: LISTENLINK_PROT isn't a setting; is LISTENLINK_PORT meant?",
        "listenlink: LISTENLINK_PUBLICURL isn't a setting; is LISTENLINK_PUBLIC_URL meant?",
        "listenlink: LISTNLINK_PORT isn't a setting; is LISTENLINK_PORT meant?",
        "listenlink: LISTENLINK_XYZ isn't a setting, and is ignored",
        f"listenlink: {tmp_path} isn't an instance",
    }


# --- links ---


def test_a_new_link_says_its_terms_and_the_commands_that_show_and_close_it(
    track_id: str, settings: dict[str, str]
) -> None:
    said = run_forked("share", track_id, "--max-opens", "5", "--expires-in-days", "30", **settings)
    url, terms, seeing, closing = said.stdout.splitlines()
    day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    assert re.fullmatch(
        rf"mslink_[0-9a-f]{{12}}  opens 5 times, until {day}T[0-9:]+Z, "
        "for whoever has it, without download",
        terms,
    )
    without = run_forked(
        "share", track_id, "--visibility", "public", "--allow-download", **settings
    )
    assert without.stdout.splitlines()[1].endswith(
        "  opens without limit, without end, public, with download"
    )
    # The commands work as they're printed.
    for line, wanted in ((seeing, url), (closing, terms.split()[0])):
        done = subprocess.run(
            ["sh", "-c", line.partition("  ")[2]], env=clean_environment(**settings),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert wanted in done.stdout
    assert httpx.get(url).status_code == 404


@pytest.mark.parametrize("days", ["365", "91", "0", "-1"])
def test_an_end_that_would_not_be_kept_is_refused(
    track_id: str, owner: httpx.Client, settings: dict[str, str], days: str, refused: Refused
) -> None:
    before = owner.get("/share").json()
    line = refused("share", track_id, "--expires-in-days", days, **settings)
    assert "--expires-in-days: must be a whole number from 1 to 90" in line
    assert owner.get("/share").json() == before


@pytest.mark.parametrize(
    ("options", "option"),
    [
        (["--max-opens", "0"], "--max-opens"),
        (["--visibility", "secret"], "--visibility"),
        (["--label", "x" * 5000], "--label"),
    ],
)
def test_a_term_that_cannot_be_names_its_option(
    track_id: str, settings: dict[str, str], options: list[str], option: str, refused: Refused
) -> None:
    assert refused("share", track_id, *options, **settings).startswith(f"listenlink: {option}: ")


@pytest.mark.parametrize("form", ["url", "token", "url with a dot", "id"])
def test_a_link_is_closed_by_whatever_its_owner_has_of_it(
    track_id: str, owner: httpx.Client, settings: dict[str, str], form: str
) -> None:
    link = share(owner, track_id)
    given = {
        "url": link["url"], "token": link["token"], "url with a dot": f"<{link['url']}>.", "id": link["id"],
    }[form]  # fmt: skip
    said = run_forked("revoke", given, **settings)
    assert (said.returncode, said.stdout) == (0, f"{link['id']}: Share link revoked.\n")
    assert httpx.get(link["url"]).status_code == 404


def test_who_has_anothers_link_cannot_close_it(
    server: Server, track_id: str, owner: httpx.Client, settings: dict[str, str], refused: Refused
) -> None:
    link = share(owner, track_id)
    stranger = settings | {"API_KEY": server.new_member()["api_key"]}
    for given in (link["url"], link["id"]):
        line = refused("revoke", given, **stranger)
        assert line.startswith("listenlink: nothing was closed: ")
    assert httpx.get(link["url"]).status_code == 200
    for given in ("mtrack_000000000000", "https://music.example/", ""):
        assert "nothing was closed: " in refused("revoke", given, **settings)
    unknown = refused("revoke", "shr_" + "0" * 32, **settings)
    assert f"nothing was closed: {server.url} has no link of yours" in unknown


def test_what_is_wrong_with_the_server_or_the_key_names_the_option(
    settings: dict[str, str], refused: Refused
) -> None:
    for wrong, option in (
        ({"SERVER": f"http://127.0.0.1:{free_port()}"}, "--server"),
        ({"SERVER": "http://[nonsense"}, "--server"),
        ({"API_KEY": "ak_" + "0" * 40}, "--api-key"),
        ({"API_KEY": "schlüssel"}, "--api-key"),
    ):
        assert option in refused("revoke", "mslink_000000000000", **(settings | wrong))


def test_only_what_a_phone_can_open_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    for url in ("http://127.0.0.1:8484/x", "http://localhost:8484/x", "http://[::1]:8484/x"):
        assert not owning.print_qr(url)
    assert capsys.readouterr().out == ""
    assert owning.print_qr("http://192.0.2.7:8484/x")
    assert "█" in capsys.readouterr().out


def test_a_printed_command_is_called_as_this_one_was(monkeypatch: pytest.MonkeyPatch) -> None:
    script, here = Path(sys.executable).with_name("listenlink"), str(Path(sys.executable).parent)
    python = f"{shlex.quote(sys.executable)} -m listenlink"
    for path, called, begins in (
        (here, str(script), "listenlink x"),
        ("/usr/bin", ".venv/bin/listenlink", ".venv/bin/listenlink x"),
        ("/usr/bin", "/some/where/__main__.py", f"{python} x"),
    ):
        monkeypatch.setenv("PATH", path)
        monkeypatch.setattr(sys, "argv", [called])
        assert own_command("x", "a b") == f"{begins} 'a b'"


@pytest.mark.parametrize("kind", ["empty", "without audio"])
def test_a_folder_without_audio_is_said(
    tmp_path: Path, settings: dict[str, str], kind: str, refused: Refused
) -> None:
    if kind == "without audio":
        (tmp_path / "letters.txt").write_text("dear")
    line = refused("upload", str(tmp_path), "--engine", "studio", **settings)
    assert line == f"listenlink: {tmp_path}: no audio files are in it"


def test_a_folder_without_audio_does_not_keep_others_from_being_uploaded(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    (tmp_path / "none").mkdir()
    song = make("wav16", tmp_path / "song.wav")
    given = ["upload", str(tmp_path / "none"), str(song), "--engine", "studio"]
    done = run_forked(*given, **settings)
    assert done.returncode == 1
    assert "none: no audio files are in it" in done.stderr
    assert done.stdout.startswith("mtrack_")
