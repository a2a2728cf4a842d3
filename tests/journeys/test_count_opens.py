"""What one open is: sessions renew without counting, and a look is no open."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from media.make_audio import make


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "song.wav"))


def token_path(link: dict[str, Any]) -> str:
    return "/v1/music/shared/" + str(link["token"])


def test_a_session_renews_without_counting(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], max_opens=1)
    first = listener.get(token_path(link))
    session = {"Listen-Session": first.headers["listen-session"]}
    again = listener.get(token_path(link), headers=session)
    assert again.status_code == 200
    assert again.headers["listen-session"] == session["Listen-Session"]
    assert server.outcome_of(again) == ("renewed", None)
    assert listener.get(token_path(link)).status_code == 404
    owner.delete(f"/share/{link['id']}")
    assert listener.get(token_path(link), headers=session).status_code == 404


def test_a_session_is_of_one_link_and_can_not_be_forged(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    other = listener.get(token_path(share(owner, song["id"]))).headers["listen-session"]
    link = share(owner, song["id"], max_opens=1)
    mine = listener.get(token_path(link)).headers["listen-session"]
    flipped = mine[:-1] + ("0" if mine[-1] != "0" else "1")
    for session in (other, flipped, mine.upper(), mine + " x", "ls1", ""):
        refused = listener.get(token_path(link), headers={"Listen-Session": session})
        assert refused.status_code == 404, session


def test_head_and_prefetch_count_nothing_and_mint_nothing(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], max_opens=1)
    head = listener.head(token_path(link))
    assert (head.status_code, head.content) == (200, b"")
    assert "listen-session" not in head.headers
    assert server.outcome_of(head) == ("viewed", None)
    prefetch = listener.get(token_path(link), headers={"Sec-Purpose": "prefetch"})
    assert prefetch.status_code == 200
    assert prefetch.headers["content-type"] == "text/html; charset=utf-8"
    assert b"/audio/" not in prefetch.content
    assert listener.get(token_path(link)).status_code == 200
