"""What is loaded before anybody asks for it: nothing that another setting or process needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

LATER = {
    "av": "the child that decodes",
    "numpy": "the child that decodes",
    "PIL": "the child that draws",
    "asyncpg": "PostgreSQL",
    "redis": "shared limits",
    "obstore": "a bucket",
    "prometheus_client": "metrics",
}


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules of a process that could serve from the embedded database and a folder."""
    asked = "import sys, listenlink.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_it_is_the_server_that_was_loaded(loaded: set[str]) -> None:
    assert {"listenlink.web.front", "litestar", "sqlalchemy"} <= loaded


@pytest.mark.parametrize("module", LATER)
def test_what_only_others_need_is_not_loaded(loaded: set[str], module: str) -> None:
    assert module not in loaded, f"needed for {LATER[module]} alone"
