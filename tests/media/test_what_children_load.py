"""A child loads what it needs and nothing of what the server does: it's started for each file."""

from __future__ import annotations

import subprocess
import sys

import pytest

_OF_THE_SERVER = [
    "asyncio",
    "structlog",
    "sqlalchemy",
    "litestar",
    "listenlink.media.sandbox.child",
]


@pytest.mark.parametrize(
    "child",
    [
        "probe",
        "tag_child",
        "derive_child",
        "cover_child",
        "preview_child",
        "embed_child",
        "manifest_child",
    ],
)
def test_a_child_loads_nothing_of_the_servers(child: str) -> None:
    asked = (
        f"import sys, listenlink.media.sandbox.{child}\n"
        f"print([name for name in {_OF_THE_SERVER} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", asked], capture_output=True, check=True, timeout=60
    )
    assert done.stdout == b"[]\n"
