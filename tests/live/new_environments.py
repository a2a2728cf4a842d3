"""A `python3` whose new environments are copies of one, which is kept in `build/programs`."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]


def put_python(place: Path) -> None:
    """This Python, but a new environment is a copy of one that it made: to put pip into one, which is no
    affair of ours, takes longer than all that is tried here."""
    python = Path(sys.executable).resolve()
    kept = ROOT / "build" / "programs" / f"environment-{sysconfig.get_python_version()}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made_by = f"{python} {sys.version}"
        told = kept / "made-by"
        if not told.exists() or told.read_text() != made_by:
            subprocess.run([python, "-m", "venv", "--clear", kept], check=True)
            told.write_text(made_by)
    place.write_text(f"""#!/bin/sh
[ "$*" = "-m venv .venv" ] || exec {python} "$@"
cp -a {kept} .venv
sed -i "s#{kept}#$PWD/.venv#g" .venv/pyvenv.cfg .venv/bin/pip* .venv/bin/activate*
""")
    place.chmod(0o755)
