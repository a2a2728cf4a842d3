"""Waiting for what is signed behind an upload, so that nothing that is told changes by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

# Versions of which it isn't known what their file says, or that nothing was signed of though there is
# something to say.
UNSIGNED = """
SELECT count(*) FROM track_marks m JOIN tracks t ON t.id = m.track_id
WHERE t.removed_at IS NULL AND (m.read_at IS NULL OR m.begun_at IS NOT NULL
    OR (m.by_engine + m.by_creator > 0
        AND NOT EXISTS (SELECT 1 FROM manifests s WHERE s.track_id = m.track_id AND s.version = m.version)))
"""
_MOST_SECONDS = 20


def wait_until_signed(is_settled: Callable[[], bool]) -> None:
    """Until it is; or for some seconds, for what can't be signed."""
    deadline = time.monotonic() + _MOST_SECONDS
    while time.monotonic() < deadline and not is_settled():
        time.sleep(0.05)


def is_signed(ai: dict[str, Any] | None) -> bool:
    """Whether all is signed that is said here of how a track was made, as its answer tells it."""
    return ai is None or all(claim["signed"] for claim in ai["claims"] if claim["by"] != "file")
