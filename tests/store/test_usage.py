"""What organisations store is summed up where that is bounded, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from engines import new_backend
from listenlink.model.quota import Quota, Usage
from listenlink.store import tables, usage
from listenlink.store.database.database import Database
from store.shown_rows import add_owner, add_track


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = new_backend(tmp_path).open()
    yield opened
    opened.close()


@pytest.mark.parametrize("quota", [Quota(100, None), Quota(None, 3), Quota(0, 0)])
def test_an_upload_without_a_quota_waits_for_no_sum(database: Database, quota: Quota) -> None:
    database.write_now(add_owner)
    database.write_now(lambda c: add_track(c, 1))
    counted = update(tables.tracks).values(counted_bytes=70)
    database.write_now(lambda c: c.execute(counted))
    assert database.read_now(lambda c: usage.find_bounded_usage(c, 1, 0)) is None
    database.write_now(lambda c: usage.set_quota(c, 1, quota))
    found = database.read_now(lambda c: usage.find_bounded_usage(c, 1, 0))
    assert found == Usage(70, 1, 0, 0, quota)
    database.write_now(lambda c: usage.set_quota(c, 1, Quota()))
    assert database.read_now(lambda c: usage.find_bounded_usage(c, 1, 0)) is None
