"""What other programs make of the OpenAPI document: validators, linters, clients generated from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, clean_environment
from engines import of_folder
from media.make_audio import make

pytestmark = of_folder

HERE = Path(__file__).parents[1] / "programs"
INSTALLED = Path(__file__).parents[2] / "build" / "programs"
PYTHON, NODE_PROGRAMS = INSTALLED / "venv" / "bin", INSTALLED / "node_modules" / ".bin"
NOT_INSTALLED = "isn't installed: sh scripts/test-tools.sh does it"


@pytest.fixture(scope="module")
def document(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    path.write_bytes(httpx.get(server.url + "/schema/openapi.json").content)
    return path


def program(folder: Path, name: str) -> str:
    if not (folder / name).exists() or (folder == NODE_PROGRAMS and not shutil.which("node")):
        pytest.skip(f"{name} {NOT_INSTALLED}")
    return str(folder / name)


def run(*command: str | Path, **more: str) -> str:
    environment = clean_environment() | {"REDOCLY_TELEMETRY": "off", "NO_COLOR": "1"} | more
    done = subprocess.run(
        [*map(str, command)], env=environment,
        capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_document_is_valid(document: Path) -> None:
    assert "OK" in run(program(PYTHON, "openapi-spec-validator"), document)


def test_redocly_has_nothing_to_say(document: Path) -> None:
    said = run(
        program(NODE_PROGRAMS, "redocly"), "lint", "--config", HERE / "redocly.yaml", document
    )
    assert "warning" not in said.lower().replace("deprecation warning", "")


def test_spectral_has_nothing_to_say(document: Path) -> None:
    lint = ("lint", "--fail-severity", "hint", "--ruleset", HERE / "spectral.yaml")
    assert "No results" in run(program(NODE_PROGRAMS, "spectral"), *lint, document)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return make("wav16", tmp_path / "song.wav")


def told(server: Server, song: Path, *command: str | Path, **more: str) -> dict[str, Any]:
    said = run(*command, server.url, server.organization_id, server.api_key, song, **more)
    answers: dict[str, Any] = json.loads(said)
    return answers


def test_a_generated_python_client_does_what_ours_does(
    server: Server, document: Path, song: Path, tmp_path: Path
) -> None:
    """It counts one open, though it opens twice: the second time with the session."""
    generated = tmp_path / "listenlink_generated"
    run(
        program(PYTHON, "openapi-python-client"), "generate", "--meta", "none", "--fail-on-warning",
        "--path", document, "--config", HERE / "openapi-python-client.yaml", "--output-path", generated,
    )  # fmt: skip
    saw = told(server, song, PYTHON / "python", HERE / "journey.py", PYTHONPATH=os.fspath(tmp_path))
    assert saw == {
        "uploaded": [201, 1.5, "creation"], "created_now": True, "bare": True,
        "view": [True, "personal_only"], "renewed": [200, True], "spent": [404, True],
        "artist": None, "heard": 204, "download": True, "part": [206, 4, "bytes 0-3/"], "same": 304,
        "opens": 1, "state": "spent", "revoked": "Share link revoked.",
        "after": [404, "RESOURCE_NOT_FOUND"], "pieces": [True, "Pieces"],
        "listed": saw["listed"],
    }  # fmt: skip
    assert {"Generated", "Pieces"} <= set(saw["listed"])


def test_a_typed_typescript_client_does_what_ours_does(
    server: Server, document: Path, song: Path, tmp_path: Path
) -> None:
    """Its types are checked by the compiler; what it then does is the same."""
    generator, compiler = (
        program(NODE_PROGRAMS, "openapi-typescript"),
        program(NODE_PROGRAMS, "tsc"),
    )
    run(generator, document, "-o", tmp_path / "api.ts")
    for name in ("journey.ts", "tsconfig.json", "package.json"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(INSTALLED / "node_modules")
    run(compiler, "-p", tmp_path)
    saw = told(server, song, "node", tmp_path / "journey.js")
    assert saw == {
        "uploaded": [1.5, "focus"], "bare": True, "view": ["track", "personal_only"],
        "renewed": [200, True], "spent": [404, "RESOURCE_NOT_FOUND"], "details": ["Typed"],
        "heard": 204, "opens": 1, "state": "spent", "revoked": "Share link revoked.",
        "after": [404, "This share link is no longer available."],
    }  # fmt: skip
