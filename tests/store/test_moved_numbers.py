"""A database that was taken over gives no number again, also if the lines that had it are gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import text

from engines import POSTGRESQL, SQLITE, new_backend
from listenlink.store.database.take_over import take_over

_LINE = "INSERT INTO audit (at, outcome, trace, client_id, agent) VALUES (0, 1, 1, 1, 1)"
_CLIENT = "INSERT INTO clients (day, pseudonym, prefix) VALUES (0, :pseudonym, '')"


def test_numbers_go_on_after_a_move(tmp_path: Path) -> None:
    source, target = new_backend(tmp_path, SQLITE), new_backend(tmp_path, POSTGRESQL)
    old, new = source.open(), target.open()
    for number in range(5):
        old.write_now(lambda c: c.execute(text(_LINE)))
        named = {"pseudonym": bytes([number]) * 16}
        old.write_now(lambda c, n=named: c.execute(text(_CLIENT), n))  # type: ignore[misc]
    for table in ("audit", "clients"):
        gone = text(f"DELETE FROM {table} WHERE id > 2")  # noqa: S608
        old.write_now(lambda c, gone=gone: c.execute(gone))  # type: ignore[misc]
    assert target.url is not None
    asyncio.run(take_over(source.path, target.url))
    new.write_now(lambda c: c.execute(text(_LINE)))
    new.write_now(lambda c: c.execute(text(_CLIENT), {"pseudonym": b"n" * 16}))
    for table in ("audit", "clients"):
        newest = text(f"SELECT max(id) FROM {table}")  # noqa: S608
        assert new.read_now(lambda c, newest=newest: c.execute(newest).scalar()) == 6  # type: ignore[misc]
    old.close()
    new.close()
