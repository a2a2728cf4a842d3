"""A real WordPress embeds a link's player, finding it by itself, and that opens nothing.

With `LISTENLINK_TEST_FULL=1`, which also has Debian's WordPress installed; what it asks is in the table that
`tests/journeys/test_look_free.py` sends at each run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from cast import Server, share
from journeys.seen import BROWSER, opens, upload_song
from live.wordpress import HAS_ALL, WordPress

pytestmark = [
    pytest.mark.skipif(
        os.environ.get("LISTENLINK_TEST_FULL") != "1", reason="LISTENLINK_TEST_FULL=1"
    ),
    pytest.mark.skipif(not HAS_ALL, reason="needs Debian's wordpress, php-curl, mariadb-server"),
]


@pytest.fixture(scope="module")
def wordpress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WordPress]:
    running = WordPress(tmp_path_factory.mktemp("wordpress"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload_song(owner, tmp_path_factory.mktemp("audio"))


@pytest.mark.parametrize("terms", [{}, {"strict_open": True}, {"preview": False}])
def test_it_embeds_the_player_and_spends_nothing(
    server: Server,
    owner: httpx.Client,
    listener: httpx.Client,
    song: dict[str, Any],
    wordpress: WordPress,
    terms: dict[str, bool],
) -> None:
    link = share(owner, song["id"], max_opens=1, **terms)
    post = wordpress.publish(link["url"])
    found = re.search(r'<iframe [^>]*src="([^"]+)"', post)
    assert found, post
    place = unescape(found.group(1)).partition("#")[0]
    assert place == f"{server.url}/embed/{link['token']}"
    title = "Shared music" if terms == {"preview": False} else "Late &lt;Night&gt;"
    assert f'title="{title}"' in post.replace("&#8220;", '"')
    shown = listener.get(place, headers=BROWSER)
    assert (shown.status_code, "frame-ancestors *;" in str(shown.headers)) == (200, True)
    agents = {line["agent"] for line in server.audit("--share", link["id"])}
    assert "unfurler" in agents
    assert opens(owner, link) == 0
    said = {"Accept": "application/json"}
    assert listener.get(f"/v1/music/shared/{link['token']}", headers=said).status_code == 200
    assert opens(owner, link) == 1
