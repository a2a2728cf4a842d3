"""Which Pythons it's for: said alike everywhere, and true of each Python on this machine.

With `LISTENLINK_TEST_FULL=1` each sets up an environment from the lock file, which is fetched, and serves.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest

from ports import free_port

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OLDEST = (3, 11)
# The first whose compiler reads annotations, and so the file that says it's too old.
FIRST_TO_SAY_SO = (3, 6)
VERSION = "import sys; print(*sys.version_info[:3], sys.executable, sep='|')"


def pythons() -> dict[tuple[int, ...], str]:
    """The other CPythons on this machine, by version: on the path, or installed by pyenv."""
    names = [f"python3.{minor}" for minor in range(6, 40)] + ["python3"]
    found = [path for name in names if (path := shutil.which(name))]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found += map(str, sorted(pyenv.glob("versions/3.*/bin/python3")))
    versions: dict[tuple[int, ...], str] = {}
    for path in found:
        said = subprocess.run([path, "-c", VERSION], capture_output=True, text=True, check=False)
        if said.returncode == 0:  # A shim of pyenv's may lead nowhere.
            *version, where = said.stdout.strip().split("|")
            versions.setdefault(tuple(map(int, version)), where)
    return {one: path for one, path in versions.items() if one != sys.version_info[:3]}


def newer() -> dict[tuple[int, ...], str]:
    """Those that it's for; skips where there are none besides the tests' own."""
    found = {version: path for version, path in pythons().items() if version >= OLDEST}
    if not found:
        pytest.skip("there is no other Python on this machine")
    return found


def test_all_say_which_pythons_it_is_for() -> None:
    named = [
        tuple(map(int, text.rpartition(":: ")[2].split(".")))
        for text in PROJECT["project"]["classifiers"]
        if re.search(r"Python :: \d+\.\d", text)
    ]
    oldest = ".".join(map(str, OLDEST))
    assert named[0] == OLDEST
    assert named == [(3, minor) for minor in range(11, 11 + len(named))]
    assert PROJECT["project"]["requires-python"] == f">={oldest}"
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    makefile = (ROOT / "Makefile").read_text()
    tried = re.search(r"foreach one,([^,]*),", makefile)
    assert tried is not None
    assert tried[1].split() == [*(f"python3.{minor}" for _, minor in named), "python3"]
    assert f"sys.version_info >= {OLDEST}" in makefile
    assert f"--python-version {oldest} " in makefile
    said = f"Python {oldest} to {'.'.join(map(str, named[-1]))}"
    for name in ("README.md", "CONTRIBUTING.md", "docs/operating.md"):
        assert said in " ".join((ROOT / name).read_text().split()), name
    for name in ("__init__", "__main__"):
        assert f"version_info < {OLDEST}" in (ROOT / f"src/listenlink/{name}.py").read_text()


def test_other_pythons_compile_it_and_have_what_it_imports() -> None:
    script, source = ROOT / "tests/house/reads_source.py", ROOT / "src/listenlink"
    for version, path in newer().items():
        said = subprocess.run(
            [path, "-I", script, source, *sorted(sys.stdlib_module_names)],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert (said.returncode, said.stdout, said.stderr) == (0, "", ""), version


def test_what_reads_the_source_finds_what_a_python_lacks(tmp_path: Path) -> None:
    script = ROOT / "tests/house/reads_source.py"
    (tmp_path / "gone.py").write_text("import json.gone\nfrom os import path, gone_too\n")
    (tmp_path / "wrong.py").write_text("'\\d'\n")
    (tmp_path / "worse.py").write_text("def\n")
    (tmp_path / "right.py").write_text("import nothing_of_ours\nfrom os import path\n")
    said = subprocess.run(
        [sys.executable, "-I", script, tmp_path, "os", "json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    files = [Path(line.partition(":")[0]).name for line in said.stdout.splitlines()]
    assert files == ["gone.py", "gone.py", "worse.py", "wrong.py"]


def test_an_older_python_is_told_so_in_one_line() -> None:
    older = {one: path for one, path in pythons().items() if FIRST_TO_SAY_SO <= one < OLDEST}
    if not older:
        pytest.skip("there is no older Python on this machine")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    for version, path in older.items():
        said = subprocess.run(
            [path, "-m", "listenlink", "serve"], env=environment,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        here = ".".join(map(str, version))
        needed = f"listenlink: Python 3.11 or newer is needed, and this is {here}.\n"
        assert (said.returncode, said.stdout, said.stderr) == (1, "", needed)


@pytest.mark.timeout(1800)
def test_other_pythons_serve_what_make_run_promises(tmp_path: Path) -> None:
    if not os.environ.get("LISTENLINK_TEST_FULL"):
        pytest.skip("LISTENLINK_TEST_FULL=1 has each Python fetch what it needs")
    for version, path in newer().items():
        clone = tmp_path / ".".join(map(str, version))
        clone.mkdir()
        for name in ("Makefile", "pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, clone)
        for lock in ROOT.glob("*.lock"):
            shutil.copy(lock, clone)
        shutil.copytree(ROOT / "src", clone / "src")
        opens_a_link(clone, path)


def opens_a_link(clone: Path, python: str) -> None:
    """`make run` there with this Python, a link that it prints, and Ctrl-C."""
    mine = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    environment = {name: value for name, value in os.environ.items() if name not in mine}
    server = subprocess.Popen(
        ["make", "run", f"PYTHON={python}", f"PORT={free_port()}"], cwd=clone, env=environment,
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert server.stdout is not None
    try:
        links = (re.search(r"http\S+shr_\w+", line) for line in server.stdout)
        link = next(found[0] for found in links if found)
        opened = httpx.get(link, headers={"Accept": "application/json"})
        assert (opened.status_code, opened.json()["available"]) == (200, True)
    finally:
        os.killpg(server.pid, signal.SIGINT)
        # To the end of what the server prints: it has ended too. make may have died of the signal itself.
        server.communicate(timeout=30)
        assert server.returncode in (0, 2, 130, -signal.SIGINT)
