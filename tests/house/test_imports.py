"""What is loaded before anybody asks for it: nothing that another setting or process needs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import listenlink.web

WEB = Path(listenlink.web.__file__).parent
LATER = {
    "av": "the child that decodes",
    "numpy": "the child that decodes",
    "PIL": "the child that draws",
    "asyncpg": "PostgreSQL",
    "fido2": "passkeys",
    "redis": "shared limits",
    "obstore": "a bucket",
    "prometheus_client": "metrics",
}


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules of a process that could serve from the embedded database and a folder."""
    asked = "import sys, listenlink.app, listenlink.web.routes; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_client_loads_nothing_but_itself_and_the_shapes() -> None:
    asked = "import sys; before = {*sys.modules}; import listenlink.wire; print(*{*sys.modules} - before);"
    asked += "import listenlink.client; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    shapes, whole = (
        {one.split(".")[0] for one in line.split()} for line in done.stdout.splitlines()
    )
    assert shapes - {*sys.stdlib_module_names} <= {"listenlink", "msgspec", "typing_extensions"}
    ours = {one for one in done.stdout.split() if one.startswith("listenlink.")}
    assert {one.split(".")[1] for one in ours} == {"client", "wire"}
    assert not whole & {"litestar", "sqlalchemy", "pydantic", "typer", "granian"}


def test_it_is_the_server_that_was_loaded(loaded: set[str]) -> None:
    assert {"listenlink.web.front", "litestar", "sqlalchemy"} <= loaded


@pytest.mark.parametrize("module", LATER)
def test_what_only_others_need_is_not_loaded(loaded: set[str], module: str) -> None:
    assert module not in loaded, f"needed for {LATER[module]} alone"


def test_the_web_hands_the_database_on_and_asks_it_nothing() -> None:
    """The walls between folders hold what is imported; this is what can be reached without an import."""
    asked = []
    for path in sorted(WEB.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Attribute(
                    value=ast.Name(id="database")
                    | ast.Attribute(attr="database" | "_database" | "reader")
                ):
                    asked.append(f"{path.relative_to(WEB)}:{node.lineno} {ast.unparse(node)}")
    assert asked == [], "let an action ask"
