"""A program's wall clock, set by the test while it runs: by libfaketime. Its monotonic clock goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

_PLACES = ("/usr/lib", "/usr/lib64", "/usr/local/lib")


def _find_library() -> Path | None:
    found = [path for place in _PLACES for path in Path(place).glob("**/libfaketime.so.1")]
    return found[0] if found else None


_LIBRARY = _find_library()
needs_faketime = pytest.mark.skipif(
    _LIBRARY is None, reason="needs libfaketime (Debian: faketime): scripts/test-tools.sh"
)


class FakedTime:
    """The wall clock of whatever is started with its `environment`, or `under` its command."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "clock"
        self.set(0)

    def set(self, seconds: float) -> None:
        """Set it so far ahead of the real one, or behind."""
        draft = self._file.with_suffix(".new")
        draft.write_text(f"{seconds:+.3f}\n")
        # PostgreSQL runs as somebody else.
        draft.chmod(0o644)
        draft.replace(self._file)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(_LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }

    @property
    def under(self) -> list[str]:
        return ["env", *(f"{name}={value}" for name, value in self.environment.items())]
