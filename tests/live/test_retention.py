"""A running server deletes what is past its retention, and nothing else."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cast import Server
from engines import ENGINE, SQLITE
from listenlink.clock import DAY_US, Clock
from trust.figures import FULL

GONE_WITHIN_SECONDS = 30
LINE = (
    "INSERT INTO audit (at, outcome, share_id, trace, client_id, agent) VALUES (?, 1, ?, 1, ?, 1)"
)
CLIENT = "INSERT INTO clients (id, day, pseudonym, prefix) VALUES (?, ?, ?, '')"


@pytest.mark.parametrize("kept_days", [0, 1, 90] if FULL or ENGINE == SQLITE else [0, 90])
def test_a_server_deletes_what_is_too_old_to_the_microsecond(
    tmp_path: Path, kept_days: int
) -> None:
    """The newest line that is too old goes, though a younger one was written before it."""
    server = Server(tmp_path / "data", {"AUDIT_RETENTION_DAYS": str(kept_days)})
    server.create()
    if Clock().now_us() % DAY_US > DAY_US - 60_000_000:
        time.sleep(61)  # The day must not change in between.
    today = Clock().now_us() // DAY_US
    kept_us = (today - kept_days) * DAY_US
    moments = [kept_us, kept_us - 1, Clock().now_us() + 4000 * DAY_US, kept_us - 500 * DAY_US]
    for number, at_us in enumerate(moments, 1):
        server.change(CLIENT, number, at_us // DAY_US, bytes([number]) * 16)
        server.change(LINE, at_us, 7, number)
    keys = server.data / "secrets" / "daily"
    keys.mkdir(parents=True, exist_ok=True)
    days = [datetime.now(UTC).date() - timedelta(days=days) for days in (7, 8)]
    for day in days:
        (keys / day.isoformat()).write_bytes(b"k" * 32)
    server.start()
    deadline = time.monotonic() + GONE_WITHIN_SECONDS
    while server.query("SELECT id FROM clients WHERE id IN (2, 4)"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    left = server.query("SELECT at FROM audit ORDER BY id")
    clients = server.query("SELECT id FROM clients ORDER BY id")
    sums = server.query("SELECT day, opens FROM share_days ORDER BY day")
    server.stop()
    assert left == [(moments[0],), (moments[2],)]
    assert clients == [(1,), (3,)]
    assert sums == sorted((at_us // DAY_US, 1) for at_us in (moments[1], moments[3]))
    assert [(keys / day.isoformat()).exists() for day in days] == [True, False]
