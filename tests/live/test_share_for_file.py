"""`listenlink share --for FILE`: a link for each who is named there, or one line that says what is wrong."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, clean_environment, run_forked, upload
from commands import LISTENLINK
from media.make_audio import make

COUNT = "SELECT count(*) FROM shares"


@pytest.fixture(scope="module")
def settings(server: Server) -> dict[str, str]:
    return {"SERVER": server.url, "API_KEY": server.api_key}


@pytest.fixture(scope="module")
def track(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))["id"])


def links_of(settings: dict[str, str], track: str, data: bytes, folder: Path, *more: str) -> Any:
    file = folder / "names.csv"
    file.write_bytes(data)
    done = run_forked("share", track, "--for", str(file), "--json", *more, **settings)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)["items"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"Ana\nBen\n", [("Ana", 5), ("Ben", 5)]),
        ("\ufeffZoë, Köln\r\n\r\n=1\r\n".encode(), [("Zoë, Köln", 5), ("=1", 5)]),
        (
            b'\xef\xbb\xbfmax_opens;label;expires_in_days\r\n2;"Ana\r\nof all";3\r\n;"""B"" en";\r\n',
            [("Ana  of all", 2), ('"B" en', 5)],
        ),
    ],
)
def test_names_and_tables_become_links_in_their_order(
    settings: dict[str, str], track: str, tmp_path: Path, data: bytes, told: list[tuple[str, int]]
) -> None:
    links = links_of(settings, track, data, tmp_path, "--max-opens", "5")
    assert [(link["label"], link["max_opens"]) for link in links] == told


def test_a_table_for_spreadsheets_and_lines_for_programs(
    settings: dict[str, str], track: str, tmp_path: Path
) -> None:
    file = tmp_path / "names"
    file.write_text('=cmd|"x"\nAna\n')
    told = run_forked("share", track, "--for", str(file), "--csv", **settings)
    rows = list(csv.DictReader(io.StringIO(told.stdout, newline="")))
    assert [row["label"] for row in rows] == ['\'=cmd|"x"', "Ana"]
    assert [list(row) for row in rows] == [["label", "url", "max_opens", "expires_at", "id"]] * 2
    plain = run_forked("share", track, "--for", str(file), "--max-opens", "1", **settings)
    lines = [line.split("\t") for line in plain.stdout.splitlines()]
    assert [(line[0], line[2]) for line in lines] == [('=cmd|"x"', "1"), ("Ana", "1")]
    with httpx.Client() as listener:
        assert listener.get(lines[1][1]).status_code == 200


def test_what_is_piped_in_is_read_whatever_the_terminal_speaks(
    settings: dict[str, str], track: str
) -> None:
    done = subprocess.run(
        [*LISTENLINK, "share", track, "--for", "-", "--csv"], input="Zoë\n".encode(),
        env=clean_environment(**settings) | {"LC_ALL": "C", "PYTHONUTF8": "0"}, capture_output=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "\r\nZoë,http" in done.stdout.decode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("Ana\nBjörk\n".encode("cp1252"), "--for: line 2 isn't UTF-8: save the file as UTF-8"),
        ("Ana\n".encode("utf-16"), "--for: line 1 isn't UTF-8: save the file as UTF-8"),
        (b"", "--for: Nobody is named here."),
        (b"x\n" * 501, "--for: line 501: Name 1 to 500 at once."),
        (b"x" * 1_100_000, "--for: this is larger than 1 MiB"),
        (b"label,max_opens\nAna,1\n\nBen,0\n", "--for: line 4: This is a whole number from 1 to"),
        (b'label\nAna\n"Ben\n', "--for: line 3: A quotation mark is out of place."),
        (b"Ana\n\n" + b"x" * 121, "--for: line 3: "),
        (
            b"label,expires_in_days\nAna,\nBen,400\n",
            "--for: line 3: This is a whole number of days",
        ),
    ],
)
def test_what_can_not_be_is_one_line_and_nothing_is_made(
    server: Server, settings: dict[str, str], track: str, tmp_path: Path, data: bytes, said: str
) -> None:
    file, before = tmp_path / "names", server.query(COUNT)
    file.write_bytes(data)
    done = run_forked("share", track, "--for", str(file), **settings)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"listenlink: {said}"), done.stderr
    assert done.stderr.count("\n") == 1
    assert server.query(COUNT) == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--for", "/nowhere/names"), "--for: no such file"),
        (("--for", "/"), "--for: is a directory"),
        (("--for", "{file}", "--csv", "--json"), "--csv: not together with --json"),
        (("--csv",), "--csv: only together with --for"),
        (
            ("--for", "{file}", "--expires-at", "2020-01-01T00:00Z"),
            "--expires-at: This time is over.",
        ),
    ],
)
def test_an_option_that_can_not_be_is_named(
    server: Server,
    settings: dict[str, str],
    track: str,
    tmp_path: Path,
    more: tuple[str, ...],
    said: str,
) -> None:
    file, before = tmp_path / "names", server.query(COUNT)
    file.write_text("Ana\n")
    done = run_forked("share", track, *(one.format(file=file) for one in more), **settings)
    assert done.returncode == 1
    assert done.stderr.startswith(f"listenlink: {said}"), done.stderr
    assert server.query(COUNT) == before
