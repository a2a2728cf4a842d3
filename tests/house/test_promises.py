"""README.md and SECURITY.md promise what a test holds, and nothing else: `promises.toml` says which, for each
sentence.

Who changes a promise says anew what holds it; who removes such a test learns what is no longer held.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
SECTIONS = [
    ("README.md", "What you can rely on"),
    ("SECURITY.md", "What the design promises"),
    ("SECURITY.md", "What suspension and removal mean"),
    ("SECURITY.md", "What revocation means"),
]
GROWING = [
    ("SECURITY.md", "What a stranger can make grow"),
    ("SECURITY.md", "What a user can make grow"),
]
_MAP: dict[str, Any] = tomllib.loads((TESTS / "house" / "promises.toml").read_text())
LISTED: list[dict[str, Any]] = _MAP["promise"]
_PARAGRAPH = re.compile(r"\n(?=- )|\n\n")
_SENTENCE = re.compile(r"(?<=[.?])\s+(?=[A-Z`])")


def section(file: str, title: str) -> str:
    return (ROOT / file).read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def sentences(text: str) -> list[str]:
    paragraphs = [" ".join(part.split()).removeprefix("- ") for part in _PARAGRAPH.split(text)]
    return [sentence for part in paragraphs for sentence in _SENTENCE.split(part) if sentence]


def does_exist(named: str) -> bool:
    file, _, test = named.partition("::")
    path = TESTS / file
    return (
        path.exists() and re.search(rf"^(async )?def {test}\(", path.read_text(), re.M) is not None
    )


@pytest.mark.parametrize(("file", "title"), SECTIONS)
def test_each_sentence_that_promises_says_what_holds_it(file: str, title: str) -> None:
    promised = sentences(section(file, title))
    assert len(promised) > 1
    listed = [one["says"] for one in LISTED if one["in"] == file]
    assert [sentence for sentence in promised if sentence not in listed] == []


def test_nothing_is_listed_that_is_not_promised() -> None:
    for file in {file for file, _ in SECTIONS}:
        parts = [section(name, title) for name, title in SECTIONS if name == file]
        promised = {sentence for part in parts for sentence in sentences(part)}
        assert {one["says"] for one in LISTED if one["in"] == file} == promised


@pytest.mark.parametrize("promise", LISTED, ids=lambda one: str(one["says"])[:40])
def test_what_holds_a_promise_is_there(promise: dict[str, Any]) -> None:
    held_by = promise.get("held_by", [])
    assert bool(held_by) is not bool(promise.get("why"))
    assert [named for named in held_by if not does_exist(named)] == []


def test_each_section_of_the_api_s_page_names_tests_that_are_there() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    assert set(_MAP["sections"]) == set(re.findall(r"^###? (.+)$", text, re.M))
    for title, files in _MAP["sections"].items():
        assert files, title
        assert [file for file in files if not (TESTS / file).exists()] == [], title


@pytest.mark.parametrize(("file", "title"), GROWING)
def test_what_can_grow_names_tests_that_are_there(file: str, title: str) -> None:
    text = section(file, title)
    rows = re.findall(r"^\| .* \| (`\S+\.py`(?:, `\S+\.py`)*) \|$", text, re.M)
    assert len(rows) == len(re.findall(r"^\| ", text, re.M)) - 1 > 8
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert [name for name in named if not (TESTS / name).exists()] == []


def test_the_threat_model_names_tests_that_are_there() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text()
    named = re.findall(r"`(\w+/test_\w+\.py)`", text)
    assert len(named) > 20
    assert [name for name in named if not (TESTS / name).exists()] == []


def test_the_threat_model_names_modules_and_checks_that_are_there() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text()
    rows = [row.split("|")[1:-1] for row in text.splitlines() if row.startswith("| ")][1:]
    assert {len(row) for row in rows} == {6}
    places = [place for row in rows for place in re.findall(r"`([^`]+)`", row[3])]
    assert len(places) > 40
    assert [place for place in places if not (ROOT / "src" / "listenlink" / place).exists()] == []
    checks = {
        check["id"]
        for check in tomllib.loads((TESTS / "trust" / "checks.toml").read_text())["check"]
    }
    measured = {name for row in rows for name in row[5].split()}
    assert len(measured) > 25
    assert measured <= checks
