"""The log is no part of an answer."""

from __future__ import annotations

import contextlib
import sys

import pytest
import structlog

from listenlink.logs import set_up_logs


def test_a_log_on_a_full_disk_hinders_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    written = 0
    # What couldn't be written is tried once more at the end.
    with contextlib.suppress(OSError), open("/dev/full", "w", buffering=1) as full:
        monkeypatch.setattr(sys, "stderr", full)
        set_up_logs("info")
        try:
            for _ in range(3):
                structlog.get_logger().warning("something", text="x" * 10_000)
                written += 1
        finally:
            structlog.reset_defaults()
            monkeypatch.undo()
    assert written == 3
