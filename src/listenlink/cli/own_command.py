"""How this program is called where it runs, so that a command it prints is one that works."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

_NAME = "listenlink"


def own_command(*arguments: str) -> str:
    """A command line for the same shell in the same folder: `listenlink …` where that is found, else by the
    path it was called by."""
    called = Path(sys.argv[0])
    found = shutil.which(_NAME)
    if called.name != _NAME:
        program = [sys.executable, "-m", _NAME]
    elif found is not None and Path(found).resolve() == called.resolve():
        program = [_NAME]
    else:
        program = [str(called)]
    return shlex.join([*program, *arguments])
