"""A program's wall clock, set by the test while it runs; its monotonic clock goes on. For Python by
`set_clock/sitecustomize.py`, for any other program by libfaketime."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SET_CLOCK = Path(__file__).parent / "set_clock"
# Its variables, which what forks heeds as well as an interpreter that starts.
CLOCK = {"PYTHONPATH", "TESTS_CLOCK_FILE"}
_PLACES = ("/usr/lib", "/usr/lib64", "/usr/local/lib")


def _find_library() -> Path | None:
    found = [path for place in _PLACES for path in Path(place).glob("**/libfaketime.so.1")]
    return found[0] if found else None


_LIBRARY = _find_library()
needs_faketime = pytest.mark.skipif(
    _LIBRARY is None, reason="needs libfaketime (Debian: faketime): scripts/test-tools.sh"
)


class FakedTime:
    """The wall clock of a Listenlink that is started with its `environment`, and of any program that is
    started `under` its command."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "clock"
        self.set(0)

    def set(self, seconds: float) -> None:
        """Set it so far ahead of the real one, or behind."""
        # Of one length, so that whoever reads meanwhile reads the old or the new.
        text = f"{seconds:+025.3f}\n".encode()
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o644)
        os.pwrite(descriptor, text, 0)
        os.close(descriptor)

    @property
    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(SET_CLOCK), "TESTS_CLOCK_FILE": str(self._file)}

    @property
    def under(self) -> list[str]:
        variables = {
            "LD_PRELOAD": str(_LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        return ["env", *(f"{name}={value}" for name, value in variables.items())]
