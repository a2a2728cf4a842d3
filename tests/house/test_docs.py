"""The documentation holds: settings, routes, commands and paths it names are the program's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from listenlink.cli import app
from listenlink.errors import ProblemKind
from listenlink.settings import PREFIX, Settings
from listenlink.store.postgres import MOST_CONNECTIONS
from listenlink.web.problems import _TABLE
from listenlink.web.routes import FOR_ANYBODY, FOR_OWNERS

ROOT = Path(__file__).parents[2]
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_every_setting_is_described_with_its_default() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    for name, field in Settings.model_fields.items():
        (row,) = [
            line
            for line in text.splitlines()
            if f"`{PREFIX}{name.upper()}`" in line and "|" in line
        ]
        if isinstance(field.default, int | str) and field.default is not None:
            assert str(field.default) in row.replace(",", ""), name
    named = set(re.findall(rf"`{PREFIX}([A-Z_]+)`", text))
    of_the_client = {"SERVER", "API_KEY"}
    assert named - of_the_client == {name.upper() for name in Settings.model_fields}


def test_how_many_connections_a_process_takes_is_told() -> None:
    text = (ROOT / "docs" / "operating.md").read_text()
    assert f"**at most {MOST_CONNECTIONS} connections**" in text
    parts = re.search(r"(\d) for opens, (\d) for playback, (\d) for all else and (\d)", text)
    assert parts is not None
    assert sum(map(int, parts.groups())) == MOST_CONNECTIONS


def test_every_route_is_described() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    for handler in [*FOR_ANYBODY, *FOR_OWNERS]:
        for path in handler.paths:
            written = re.sub(r"\{(\w+):str\}", r"{\1}", path)
            assert written in text, written


def test_every_error_code_is_described() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    assert set(_TABLE) == set(ProblemKind)
    for told in _TABLE.values():
        assert f"`{told.code}`" in text, told.code
        assert str(told.status) in text


def test_every_command_of_the_readme_is_one() -> None:
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    named = set(
        re.findall(r"^\s*(?:\$ )?(?:\S+/)?listenlink (\w+)", (ROOT / "README.md").read_text(), re.M)
    )
    assert named
    assert named <= known
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"(?:^|`)make (\w+)", (ROOT / "README.md").read_text(), re.M)) <= targets


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_the_docs_name_exist(path: Path) -> None:
    text = path.read_text()
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text):
        assert (path.parent / target).exists(), target
    for target in re.findall(r"`((?:src|tests|docs|bench|scripts)/[\w./-]+)`", text):
        assert (ROOT / target).exists(), target
