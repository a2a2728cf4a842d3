"""The documentation holds: settings, routes, commands and paths it names are the program's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import typer.main

from listenlink.cli import app
from listenlink.errors import ProblemKind
from listenlink.settings import PREFIX, Settings
from listenlink.store.database.postgres import MOST_CONNECTIONS
from listenlink.web import routes
from listenlink.web.api import routes as api_routes
from listenlink.web.desk import routes as desk_routes
from listenlink.web.problem_table import TABLE
from listenlink.web.routes import FOR_ANYBODY, FOR_OWNERS, FOR_PEOPLE

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


def _path_of(handler_path: str) -> str:
    return re.sub(r"\{(\w+):str\}", r"{\1}", handler_path)


def _declared() -> set[tuple[str, str, str]]:
    """The path, method and scope of every route that is answered, `anybody` where none is needed.

    HEAD stands only where it's a route's own, not where the front makes it of GET; OPTIONS nowhere.
    """
    return {
        (_path_of(path), method, _scope_of(handler))
        for handler in [*FOR_ANYBODY, *FOR_OWNERS, *FOR_PEOPLE]
        for path in handler.paths
        for method in handler.http_methods
        if method != "OPTIONS"
    }


def _scope_of(handler: Any) -> str:
    if handler.opt.get("public"):
        return "anybody"
    if whom := str(handler.opt.get("desk", "")):
        return {"person": "who is signed in", "owner": "an owner who is signed in"}.get(whom, whom)
    return "any key" if handler.opt.get("any_scope") else f"scope `{handler.opt['scope']}`"


def test_the_table_of_routes_is_the_program_s() -> None:
    """Each with its methods and who may call it, and none besides."""
    text = (ROOT / "docs" / "api.md").read_text()
    rows = re.findall(r"^\| ((?:`[A-Z]+` ?)+) \| (`/[^|]*) \| ([^|]*) \|$", text, re.MULTILINE)
    described = {
        (path, method, "anybody" if who.startswith("anybody") else who.partition(" of any")[0])
        for methods, paths, who in rows
        for method in re.findall("[A-Z]+", methods)
        for path in re.findall(r"`([^`]+)`", paths)
    }
    declared = _declared()
    # The front makes a HEAD of every GET; some need to be told of.
    made = {(path, "HEAD", who) for path, method, who in declared if method == "GET"}
    assert described - (made - declared) == declared


def test_the_comments_of_the_route_table_are_true() -> None:
    """`handler,  # scope METHODS path`, with `{…}` for the ids that didn't fit."""
    text = "".join(Path(str(one.__file__)).read_text() for one in (routes, api_routes, desk_routes))
    rows = re.findall(r"^    (\w+)\.(\w+),  # +(.*?)((?:[A-Z]+ +)+)(/\S*)$", text, re.MULTILINE)
    handlers = [*FOR_ANYBODY, *FOR_OWNERS, *FOR_PEOPLE]
    assert len(rows) == len(handlers)
    for (_, name, scope, methods, path), handler in zip(rows, handlers, strict=True):
        assert handler.fn.__name__ == name
        assert {_path_of(one) for one in handler.paths} & {path} or _fits(path, handler.paths), name
        own = set(handler.http_methods) - {"OPTIONS"}
        assert own <= set(methods.split()) <= own | ({"HEAD"} if "GET" in own else set()), name
        known = {"anybody": "", "any key": "any"}
        wanted = known.get(_scope_of(handler), str(handler.opt.get("scope")))
        wanted = handler.opt.get("desk", wanted)
        assert scope.strip() == wanted, name


def _fits(written: str, paths: Iterable[str]) -> bool:
    pattern = re.escape(written).replace(r"\{…\}", r"\{\w+\}")
    return any(re.fullmatch(pattern, _path_of(path)) for path in paths)


def test_the_files_that_the_architecture_names_are_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = set(re.findall(r"`((?:\w+/)+\w+\.\w+)`", text)) | set(
        re.findall(r"`((?:\w+/)+)`", text)
    )
    assert len(named) > 30
    for path in named:
        assert (ROOT / "src" / "listenlink" / path).exists() or (ROOT / path).exists(), path


def test_every_error_code_is_described() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    assert set(TABLE) == set(ProblemKind)
    for told in TABLE.values():
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
