"""The command line as somebody uses it: init, serve, upload, share, revoke, audit.

One way through it is gone by programs that are started, the rest by forked ones.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from cast import Server, run_cli, run_forked
from media.make_audio import make


def test_init_shows_ids_and_a_key_and_refuses_a_second_time(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    made = run_cli(
        "init", "--data", str(folder), "--org", "Label", "--user", "a@b.example", "--json"
    )
    told = json.loads(made.stdout)
    assert next(iter(told)) == "desk_url"
    assert re.fullmatch(r"http://localhost:\d+/desk/welcome#[0-9a-f]{64}", told["desk_url"])
    assert re.fullmatch("org_[0-9a-f]{12}", told["organization_id"])
    assert re.fullmatch("user_[0-9a-f]{12}", told["user_id"])
    assert re.fullmatch("ak_[0-9a-f]{40}", told["api_key"])
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    again = run_cli("init", "--data", str(folder))
    assert again.returncode == 1
    assert "already an instance" in again.stderr
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_init_leaves_other_peoples_folders_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    refused = run_forked("init", "--data", str(tmp_path))
    assert refused.returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


def test_from_a_file_to_a_listener_and_back(server: Server, tmp_path: Path) -> None:
    settings = {"SERVER": server.url, "API_KEY": server.api_key}
    song = make("flac", tmp_path / "My Song.flac")
    uploaded = run_cli(
        "upload", str(song), "--engine", "studio", "--instrumental", "--json", **settings
    )
    track = json.loads(uploaded.stdout)
    assert (track["title"], track["instrumental"]) == ("My Song", True)
    shared = run_cli(
        "share", track["id"], "--max-opens", "5", "--label", "Anna", "--expires-in-days", "7", "--json",
        **settings,
    )  # fmt: skip
    link = json.loads(shared.stdout)
    assert (link["max_opens"], link["label"]) == (5, "Anna")
    opened = httpx.get(link["url"])
    assert opened.json()["available"] is True
    revoked = run_cli("revoke", link["id"], "--json", **settings)
    assert json.loads(revoked.stdout)["success"] is True
    assert httpx.get(link["url"]).status_code == 404
    lines = server.audit("--share", link["id"])
    assert server.audit("--share", f"<{link['url']}>") == lines
    unknown = server.cli("audit", "--share", "shr_" + "0" * 32)
    assert (unknown.returncode, len(unknown.stderr.splitlines())) == (1, 1)
    assert "--share: no link has this address now" in unknown.stderr
    assert [(line["outcome"], line["reason"]) for line in lines] == [
        ("opened", None),
        ("refused", "revoked"),
    ]
    assert lines[0]["trace_id"] == opened.headers["x-request-id"]
    assert {line["share_id"] for line in lines} == {link["id"]}
    assert {"at", "outcome", "reason", "share_id", "trace_id"} <= set(lines[0])


def test_without_json_people_read_plain_lines(server: Server, tmp_path: Path) -> None:
    settings = {"SERVER": server.url, "API_KEY": server.api_key}
    song = make("wav16", tmp_path / "a.wav")
    said = run_forked("upload", str(song), "--engine", "mystery", **settings).stdout
    track_id = said.split()[0]
    assert "unclear" in said
    url = run_forked("share", track_id, **settings).stdout.splitlines()[0]
    assert url.startswith(server.url + "/v1/music/shared/shr_")


def test_one_bad_file_does_not_stop_the_others(server: Server, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_text("nothing to hear")
    good = make("wav16", tmp_path / "good.wav")
    done = run_forked(
        "upload", str(tmp_path / "bad.wav"), str(tmp_path / "missing.wav"), str(good), "--engine", "studio",
        "--json", SERVER=server.url, API_KEY=server.api_key,
    )  # fmt: skip
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    # As each one ends: several are on their way at once.
    assert {line.get("error", line.get("id", "")[:7]) for line in lines} == {
        "VALIDATION_ERROR",
        "FileNotFoundError",
        "mtrack_",
    }


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["share", "nonsense"], {}, "neither a track"),
        (["share", "mtrack_000000000000"], {"API_KEY": "ak_" + "0" * 40}, "INVALID_API_KEY"),
        (["revoke", "mslink_000000000000"], {"SERVER": "http://127.0.0.1:9"}, "can't be reached"),
        (["serve", "--data", "/nonexistent"], {}, "isn't an instance"),
        (["serve"], {"PORT": "many"}, "LISTENLINK_PORT"),
        (["serve"], {"TRUSTED_PROXIES": "everybody"}, "LISTENLINK_TRUSTED_PROXIES"),
        (["serve"], {"PUBLIC_URL": "music.example"}, "LISTENLINK_PUBLIC_URL"),
        (["serve", "--host", "0.0.0.0"], {}, "LISTENLINK_PUBLIC_URL"),  # noqa: S104
        (["serve"], {"RESOLVE_LIMIT_PER_MINUTE": "-1"}, "LISTENLINK_RESOLVE_LIMIT_PER_MINUTE"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    server: Server, arguments: list[str], settings: dict[str, str], said: str
) -> None:
    done = run_forked(*arguments, **({"SERVER": server.url, "API_KEY": server.api_key} | settings))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr


def test_a_taken_port_is_said(server: Server, tmp_path: Path) -> None:
    other = Server(tmp_path / "data", port=server.port)
    other.create()
    refused = other.cli("serve", "--port", str(server.port))
    assert refused.returncode == 1
    assert f":{server.port} can't be listened on" in refused.stderr


def test_help_answers_without_loading_the_server() -> None:
    script = (
        "import sys, listenlink.cli as cli\n"
        "try:\n    cli.app(['--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'litestar', 'sqlalchemy', 'granian', 'av', 'numpy', 'httpx'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "revoke" in done.stdout


def test_the_client_loads_none_of_the_server() -> None:
    script = (
        "import sys\nfrom listenlink import Client\nClient()\n"
        "assert not {'litestar', 'sqlalchemy', 'granian', 'av', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
