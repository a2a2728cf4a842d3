"""What failed and is tried once more is bounded, as the first try is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

_HANGS = """
import time

tries = []

def test_once_it_has_failed_it_hangs():
    tries.append(1)
    assert len(tries) > 1
    time.sleep(100)
"""


def test_a_second_try_ends(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(_HANGS)
    began = time.monotonic()
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "conftest", "-o", "timeout=2",
            "-p", "no:cacheprovider", "test_it.py",
        ],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip
    assert time.monotonic() - began < 60
    assert "Timeout" in done.stdout, done.stdout
    assert "1 failed, 1 rerun" in done.stdout
