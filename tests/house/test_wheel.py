"""What is installed is whole: a wheel holds every file of the package."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_wheel_has_every_file_of_the_package(tmp_path: Path) -> None:
    """Pages, their catalogues and assets too, which are no Python."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "src" / "listenlink"
    files = {
        str(path.relative_to(package.parent))
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert files <= held
    kinds = {Path(name).suffix for name in held}
    assert {".po", ".html", ".js", ".css", ".svg", ".toml", ".py", ".opus"} <= kinds
