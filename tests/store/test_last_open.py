"""Whatever was decided, the embedded database counts no open beyond a link's limit, and then keeps none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from listenlink.actions.opening.pseudonyms import Pseudonyms
from listenlink.actions.opening.rate_limits import OwnRateLimits
from listenlink.actions.opening.transaction import OpenKeeper
from listenlink.store.database.location import DatabaseLocation
from listenlink.store.opening import sqlite_opens
from listenlink.store.opening.open_rows import Found
from store.test_client_names import ANNA, CountedDays, asked

_LINK = """
INSERT INTO organizations VALUES (1, 'o', 0);
INSERT INTO users VALUES (1, 'u@example.org', 0);
INSERT INTO collections (id, organization_id, owner_id, name, created_at, updated_at)
VALUES (1, 1, 1, 'c', 0, 0);
INSERT INTO shares (id, token_digest, organization_id, creator_id, collection_id, visibility, max_opens,
                    opens, created_at)
VALUES (1, CAST('????????????????????????????????' AS BLOB), 1, 1, 1, 'public', 2, 1, 0);
"""


@pytest.mark.parametrize("asks", [1, 2])
def test_more_than_a_link_has_left_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asks: int
) -> None:
    """Here the decision is made to err: it's told of a link that was never opened."""
    backend = DatabaseLocation(tmp_path, None)
    backend.create()
    found = sqlite_opens.find_links

    async def find_links(*asked: Any) -> Found:
        there = await found(*asked)
        links = {digest: replace(link, opens=0) for digest, link in there.links.items()}
        return there._replace(links=links)

    monkeypatch.setattr(sqlite_opens, "find_links", find_links)
    keeper = OpenKeeper(OwnRateLimits(100, 100), Pseudonyms(CountedDays()), 3600)
    with closing(sqlite3.connect(backend.path, isolation_level=None)) as connection:
        connection.executescript(_LINK)
        connection.execute("BEGIN IMMEDIATE")
        if asks == 1:
            keeper.run_now(connection, [asked(ANNA)])
        else:
            with pytest.raises(RuntimeError, match="more opens were granted"):
                keeper.run_now(connection, [asked(ANNA)] * asks)
        assert connection.execute("SELECT opens FROM shares").fetchone() == (2 if asks == 1 else 1,)
        connection.execute("ROLLBACK")
