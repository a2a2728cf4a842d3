"""A copy of the repository to break, with an environment of its own that imports the program from the copy.

The environment makes children do the same that are started with `python -I`, as the sandbox's are: they heed
no variable, only the installation that their Python belongs to.
"""

from __future__ import annotations

import compileall
import contextlib
import os
import py_compile
import shutil
import signal
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path

from mutants.listed import Mutant, mutate

_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "build", "dist", "node_modules", "listenlink-data", "__pycache__", ".*_cache",
    ".hypothesis",
)  # fmt: skip
_SECONDS_TO_TIDY_UP = 30
_SECONDS_OF_A_TEST = 90
# Plugins of pytest: they'd take longer to begin than many a test to notice something.
_UNNEEDED = ("cacheprovider", "schemathesis", "faker", "xdist")


class Tree:
    """The copy at `place`, in which one mutant at a time is alive."""

    def __init__(self, root: Path, place: Path) -> None:
        self.root = place / "tree"
        self._original = root
        self._environment = place / "venv"
        self._scratch = place / "tmp"
        self._running: subprocess.Popen[str] | None = None
        self.python = self._environment / "bin" / "python"

    def make(self) -> None:
        """Copy everything anew. What an interrupted run left, a live mutant too, goes with it."""
        shutil.rmtree(self.root.parent, ignore_errors=True)
        shutil.copytree(self._original, self.root, ignore=_LEFT_OUT, symlinks=True)
        venv.create(self._environment, symlinks=True, with_pip=False)
        paths = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
        (site,) = self._environment.glob("lib/python*/site-packages")
        # The environment's paths, but none of its .pth files, one of which leads to the checkout.
        lines = [str(self.root / "src"), *sorted(paths)]
        (site / "of_the_copy.pth").write_text("\n".join(lines) + "\n")
        shutil.copy(Path(__file__).with_name("unshrunk.py"), site)
        for program in Path(sys.executable).parent.iterdir():
            there = self.python.with_name(program.name)
            if not there.exists() and program.name != "listenlink":
                there.symlink_to(program)
        # Recognised as stale by their contents: two mutants of one file may have the same size and time.
        checked = py_compile.PycInvalidationMode.CHECKED_HASH
        compileall.compile_dir(self.root / "src", quiet=1, invalidation_mode=checked)

    def imports_from(self, package: str) -> Path:
        """Where a child without any variables imports this package from."""
        asked = f"import {package}; print({package}.__file__)"
        done = subprocess.run(
            [self.python, "-I", "-c", asked], env={}, capture_output=True, text=True, check=True
        )
        return Path(done.stdout.strip())

    @contextlib.contextmanager
    def alive(self, mutant: Mutant) -> Iterator[None]:
        """While the block runs, the copy has the mutant. Raises DoesNotApply."""
        path = self.root / mutant.file
        source = path.read_text()
        path.write_text(mutate(source, mutant))
        try:
            yield
        finally:
            path.write_text(source)

    def run(
        self, tests: Sequence[str], engines: str, within_seconds: float
    ) -> tuple[int | None, str]:
        """Run these tests until one fails; pytest's exit code, None if it took too long, and what it said."""
        kept = {name: value for name, value in os.environ.items() if name[:11] != "LISTENLINK_"}
        command = [
            str(self.python), "-m", "pytest", "-x", "-q", "--tb=line", f"--timeout={_SECONDS_OF_A_TEST}",
            f"--basetemp={self._scratch}", *(f"-pno:{name}" for name in _UNNEEDED), "-punshrunk", *tests,
        ]  # fmt: skip
        running = self._running = subprocess.Popen(
            command, cwd=self.root, env=kept | {"LISTENLINK_TEST_ENGINES": engines},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        try:
            said, _ = running.communicate(timeout=within_seconds)
        except subprocess.TimeoutExpired:
            return None, _end(running)
        return running.returncode, said

    def stop(self) -> None:
        """Have what runs here end as by Ctrl-C, from another thread."""
        if self._running is not None:
            self._running.send_signal(signal.SIGINT)


def _end(running: subprocess.Popen[str]) -> str:
    """Have the tests end as by Ctrl-C, so that they stop the servers that they started; or else kill them."""
    running.send_signal(signal.SIGINT)
    try:
        return running.communicate(timeout=_SECONDS_TO_TIDY_UP)[0]
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        return running.communicate()[0]
