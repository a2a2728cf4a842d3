"""What a server is made of is written down: every package with its digests and its licence."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from trust.figures import figure

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "write_sbom.py"
# What may be passed on with a program under Apache-2.0, without more than naming it.
GIVEN_FREELY = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU",
    "MPL-2.0", "OFL-1.1", "PSF-2.0", "Zlib",
}  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    target = tmp_path_factory.mktemp("sbom") / "sbom.json"
    subprocess.run([sys.executable, SCRIPT, target], check=True, capture_output=True, timeout=60)
    made: dict[str, Any] = json.loads(target.read_text())
    return made


def parts(written: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = written["components"]
    return found


def test_it_is_cyclonedx(written: dict[str, Any]) -> None:
    spec = find_spec("cyclonedx")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "schema" / "_res"
    schema = json.loads((folder / "bom-1.6.SNAPSHOT.schema.json").read_text())
    others = [
        (f"http://cyclonedx.org/schema/{name}", json.loads((folder / name).read_text()))
        for name in ("spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json")
    ]
    registry = jsonschema_rs.Registry(others)
    validator = jsonschema_rs.Draft7Validator(schema, registry=registry)
    assert validator.is_valid(written), [str(one) for one in validator.iter_errors(written)][:3]


def test_everything_that_is_locked_is_in_it_by_its_digests(written: dict[str, Any]) -> None:
    lock = (ROOT / "requirements.lock").read_text()
    locked = set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==", lock, re.MULTILINE))
    named = {str(part["name"]) for part in parts(written)}
    # What isn't installed on this machine is of others: Windows, or another Python.
    assert locked - named <= {"async-timeout", "colorama", "uvloop"}
    assert named <= locked
    figure("parts with a digest", sum(bool(part["hashes"]) for part in parts(written)))
    for part in parts(written):
        assert part["hashes"], part["name"]
        for digest in part["hashes"]:
            assert digest["content"] in lock


def test_licences_are_written_down_and_none_binds_more_than_ours(
    written: dict[str, Any],
) -> None:
    page = (ROOT / "docs" / "licences.md").read_text()
    for part in parts(written):
        (licence,) = part["licenses"]
        assert set(re.split(" AND | OR ", licence["expression"])) <= GIVEN_FREELY, part
        assert f"| {part['name']} | {licence['expression']} |" in page, "make sbom"
