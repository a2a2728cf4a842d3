"""Ten thousand links: any page of them at the desk is there within a second, and no larger than another."""

from __future__ import annotations

import contextlib
import itertools
import re
import time
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from cast import Server, share
from engines import ENGINE, SQLITE
from journeys.desk_pages import labels, page
from listenlink.model.share import LinkState
from signed_in import at_desk

MANY = 10_000
MOST_SECONDS, MOST_BYTES = 1.0, 200_000
_DIGEST = (
    "randomblob(32)" if ENGINE == SQLITE else "decode(md5(CAST(n AS text)) || md5('x'), 'hex')"
)
# Of each state as many; what stands in a label is long, and is longer still as HTML.
_FILL = f"""
INSERT INTO shares (id, token_digest, organization_id, creator_id, collection_id, visibility, label,
    max_opens, opens, starts_at, expires_at, revoked_at, created_at)
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {MANY})
SELECT n, {_DIGEST}, s.organization_id, s.creator_id, s.collection_id, s.visibility,
    CASE WHEN n = 1 THEN 'The Ñeedle' ELSE 'No. ' || n || ? END,
    CASE WHEN n % 5 = 0 THEN 1 END, CASE WHEN n % 5 = 0 THEN 1 ELSE 0 END,
    CASE WHEN n % 5 = 1 THEN 9000000000000000 END, CASE WHEN n % 5 = 2 THEN 1 END,
    CASE WHEN n % 5 = 3 THEN 1 END, s.created_at - 10000000 + n
FROM numbers, shares s WHERE s.label = 'first'
"""  # noqa: S608 (made of constants)


@pytest.fixture(scope="module")
def desk(server: Server, owner: httpx.Client) -> Iterator[httpx.Client]:
    album = owner.post("/collections", json={"name": '"&' * 200}).json()["id"]
    share(owner, album, label="first")
    server.change(_FILL, "'<" * 50)
    server.change("ANALYZE")
    with contextlib.closing(at_desk(server)) as client:
        yield client


def cost(desk: httpx.Client, path: str, **query: Any) -> str:
    """The page, which is there in time: on a busy machine, at the third try at most."""
    took: list[float] = []
    while not took or (min(took) > MOST_SECONDS and len(took) < 3):
        began = time.perf_counter()
        text = page(desk, path, **query)
        took.append(time.perf_counter() - began)
    assert min(took) <= MOST_SECONDS, query
    assert len(text.encode()) <= MOST_BYTES
    return text


WORDS = ("", "no. 9", "ñeedle", "nowhere")


@pytest.mark.parametrize(("state", "q"), list(itertools.product(("", *LinkState), WORDS)))
def test_any_filter_is_answered_in_time(desk: httpx.Client, state: str, q: str) -> None:
    found = labels(cost(desk, "/desk/links", state=state, q=q))
    # The needle is the first of them all, and hasn't started.
    of_needle = 1 if state in ("", "scheduled") else 0
    assert len(found) == {"ñeedle": of_needle, "nowhere": 0}.get(q, 50)


@pytest.mark.parametrize("q", ["", "no."])
def test_the_pages_are_the_whole_list(desk: httpx.Client, q: str) -> None:
    path = f"/desk/links?state=spent&q={q}"
    found: list[str] = []
    while path and len(found) < MANY:
        text = cost(desk, path)
        found += labels(text)
        path = "".join(map(unescape, re.findall(r'<a href="([^"]*)" rel="next">', text)))
    assert len(found) == len(set(found)) == MANY // 5


def test_everybodys_are_there_in_time_for_an_owner_who_has_none(
    server: Server, desk: httpx.Client
) -> None:
    """From the first page to the last, also where nothing is like what is looked for."""
    told = server.new_member("owner")
    user = int(told["user_id"].partition("_")[2], 16)
    ((email,),) = server.query("SELECT email FROM users WHERE id = ?", user)
    with contextlib.closing(at_desk(server, email)) as other:
        for state, q, found in (
            ("", "", 50),
            ("spent", "", 50),
            ("", "ñeedle", 1),
            ("", "nowhere", 0),
        ):
            text = cost(other, "/desk/links", whose="everybody", state=state, q=q)
            assert len(labels(text)) == found, (state, q)
        found_all, path = list[str](), "/desk/links?whose=everybody&state=spent"
        while path and len(found_all) < MANY:
            text = cost(other, path)
            found_all += labels(text)
            path = "".join(map(unescape, re.findall(r'<a href="([^"]*)" rel="next">', text)))
        assert len(found_all) == len(set(found_all)) == MANY // 5
