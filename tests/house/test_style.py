"""The house's rules that no other tool holds: sizes, words, lock files."""

from __future__ import annotations

import ast
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES_IN_A_FILE = 250
MOST_LINES_IN_A_FUNCTION = 40
UNWANTED_NAMES = {"utils", "helpers", "common", "core", "base", "manager", "service", "misc"}
SOURCES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "tests").rglob("*.py")])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text()
    is_migration = "versions" in path.parts
    assert is_migration or len(text.splitlines()) <= MOST_LINES_IN_A_FILE
    assert path.stem not in UNWANTED_NAMES
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module says what lives in it"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not is_migration:
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= MOST_LINES_IN_A_FUNCTION, node.name


@pytest.mark.parametrize("path", sorted((ROOT / "src").rglob("*.js")), ids=lambda path: path.name)
def test_scripts_are_short_and_say_what_they_are(path: Path) -> None:
    """The length of functions is the linter's (biome.json)."""
    lines = path.read_text().splitlines()
    assert len(lines) <= MOST_LINES_IN_A_FILE
    assert lines[0].startswith("// ")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "src").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_what_is_public_is_described(path: Path) -> None:
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("_"):
            continue
        assert ast.get_docstring(node), node.name
        for member in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                is_known = member.name.startswith("_") or hasattr(io.RawIOBase, member.name)
                assert is_known or ast.get_docstring(member), member.name


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_lock_files_are_hashed_and_name_no_host(name: str) -> None:
    text = (ROOT / name).read_text()
    pinned = re.findall(r"^[a-zA-Z0-9._-]+==", text, re.MULTILINE)
    assert len(pinned) > 20
    assert "://" not in text
    blocks = re.split(r"^(?=[a-zA-Z0-9])", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)


def test_british_licence_and_one_word_per_idea() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text().replace("licenses/by", "")  # Where Creative Commons has them.
        for word in re.findall(r"\blicense\w*", text, re.IGNORECASE):
            assert word in ("License", "license"), path
            # OpenAPI's word, and schema.org's.
            assert path.name in ("routes.py", "linked_data.py"), f"{path}: licence"
