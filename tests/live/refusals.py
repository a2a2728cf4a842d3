"""What a command leaves in the terminal that couldn't do what it should."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cast import free_port, run_forked


def one_line(done: subprocess.CompletedProcess[str], status: int = 1) -> str:
    """The line of a command that couldn't do what it should."""
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("listenlink: ")
    assert "Traceback" not in done.stderr
    return done.stderr.strip()


def serve(data: Path, *options: str, **settings: str) -> str:
    """The same of a server in a process of its own, which would end by itself."""
    port = str(free_port())
    return one_line(run_forked("serve", "--data", str(data), "--port", port, *options, **settings))
