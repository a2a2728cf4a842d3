"""`listenlink demo`, which is what `make run` runs, as somebody starts it, or forked from what has the
program loaded."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cast import LISTENLINK, clean_environment
from fork_server import Forked

_SHOWN = "A track: "


@contextmanager
def demo(
    data: Path, port: int, *options: str, is_forked: bool = True, **settings: str
) -> Iterator[list[str]]:
    """It runs; what it says, to its last line or the one after which nothing comes."""
    command = ["demo", "--data", str(data), "--port", str(port), *options]
    reading, writing = os.pipe()
    with os.fdopen(reading) as told:
        with os.fdopen(writing, "w") as output, os.fdopen(os.dup(2), "w") as errors:
            process = _begin(command, clean_environment(**settings), output, errors, is_forked)
        said = []
        try:
            for line in told:
                said.append(line.rstrip("\n"))
                if line.startswith((_SHOWN, "It's an instance", "{")):
                    break
            yield said
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0


def _begin(
    command: list[str],
    environment: dict[str, str],
    output: IO[str],
    errors: IO[str],
    is_forked: bool,
) -> subprocess.Popen[bytes] | Forked:
    if is_forked:
        return Forked(command, environment, output, errors)
    return subprocess.Popen(
        [*LISTENLINK, *command],
        env=environment,
        stdout=output,
        stderr=errors,
        start_new_session=True,
    )
