"""`listenlink demo`, which is what `make run` runs, as somebody starts it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cast import LISTENLINK, clean_environment

_SHOWN = "A track: "


@contextmanager
def demo(data: Path, port: int, *options: str, **settings: str) -> Iterator[list[str]]:
    """It runs; what it says, to its last line or the one after which nothing comes."""
    with subprocess.Popen(
        [*LISTENLINK, "demo", "--data", str(data), "--port", str(port), *options],
        env=clean_environment(**settings), stdout=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        said = []
        try:
            for line in process.stdout:
                said.append(line.rstrip("\n"))
                if line.startswith((_SHOWN, "It's an instance", "{")):
                    break
            yield said
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
