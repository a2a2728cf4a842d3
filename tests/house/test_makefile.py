"""`make` sets up .venv whole or not at all, and says in one line if it can't."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# It's of this version; its environments have a pip that installs nothing, and fails if it's told to.
PYTHON = r"""#!/bin/sh
case "$1" in
-c) exec {real} -c "import sys; sys.version_info = {version}; sys.version = '3.9.18 …'
sys.executable = '$(realpath "$0")'
$2";;
esac
mkdir -p .venv/bin
printf '%s\n' '#!/bin/sh' 'test ! -e fails || [ "$1" = --version ]' > .venv/bin/pip
ln -s "$(realpath "$0")" .venv/bin/python
chmod +x .venv/bin/pip
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    if shutil.which("make") is None:
        pytest.skip("make isn't installed")
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for name, version in (("old", "(3, 9)"), ("new", "(3, 11)"), ("newer", "(3, 12)")):
        python = tmp_path / name
        python.write_text(PYTHON.format(real=sys.executable, version=version))
        python.chmod(0o755)
    return tmp_path


def make(clone: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    # This very test may be run by make, which says so to those below it.
    mine = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    environment = {name: value for name, value in os.environ.items() if name not in mine} | more
    return subprocess.run(
        ["make", *arguments],
        cwd=clone, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("python", ["./old", "nosuchpython"])
def test_an_old_python_is_said_in_one_line_and_leaves_nothing(clone: Path, python: str) -> None:
    for target in ("run", "setup"):
        said = make(clone, target, f"PYTHON={python}")
        assert said.returncode == 2
        assert len(said.stderr.splitlines()) == 1, said.stderr
        assert "Python 3.11 or newer is needed" in said.stderr
        assert f"and {python} is {'3.9.18' if python == './old' else 'none'}:" in said.stderr
        assert said.stdout == ""
        assert not (clone / ".venv").exists()


def test_what_an_interrupted_run_left_is_made_anew(clone: Path) -> None:
    half, fails = clone / ".venv" / "half", clone / "fails"
    given = (".venv/.run", "PYTHON=./new")
    assert make(clone, *given).returncode == 0
    half.touch()
    assert make(clone, *given).returncode == 0
    assert half.exists()  # What is whole stays.
    # Now new requirements can't be installed, as if somebody had pressed Ctrl-C meanwhile.
    fails.touch()
    later = (clone / ".venv" / ".run").stat().st_mtime + 10
    os.utime(clone / "requirements.lock", (later, later))
    assert make(clone, *given).returncode != 0
    fails.unlink()
    assert make(clone, *given).returncode == 0
    assert not half.exists()


def test_where_there_is_only_an_old_python_it_is_named(clone: Path) -> None:
    programs = clone / "programs"
    programs.mkdir()
    for name in ("python3", "python3.9"):
        (programs / name).symlink_to(clone / "old")
    for name in ("make", "sh", "cat", "realpath"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    said = make(clone, "test", PATH=str(programs))
    assert (said.returncode, said.stdout, len(said.stderr.splitlines())) == (2, "", 1)
    assert "3.11 or newer is needed, and python3 is 3.9.18: make test PYTHON=" in said.stderr


def test_what_was_set_up_by_another_python_or_elsewhere_is_made_anew(clone: Path) -> None:
    marked = Path(".venv", "marked")

    def is_made_anew(there: Path, *given: str) -> bool:
        said = make(there, ".venv/.run", *given)
        assert said.returncode == 0, said.stderr
        anew = not (there / marked).exists()
        (there / marked).touch()
        return anew

    assert is_made_anew(clone, "PYTHON=./new")
    assert not is_made_anew(clone, "PYTHON=./new")
    assert not is_made_anew(clone)  # Whoever names none means the one that it's of.
    assert is_made_anew(clone, "PYTHON=./newer")
    assert not is_made_anew(clone)
    moved = clone.rename(clone.with_name("moved"))
    (moved / ".venv/bin/python").unlink()
    (moved / ".venv/bin/python").symlink_to(moved / "newer")
    assert is_made_anew(moved, "PYTHON=./newer")
    (moved / "newer").unlink()
    assert is_made_anew(moved, "PYTHON=./new")
    # By another version in the same place.
    (moved / "new").write_text((moved / "new").read_text().replace("(3, 11)", "(3, 13)"))
    assert is_made_anew(moved, "PYTHON=./new")
