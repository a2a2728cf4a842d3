"""Every writing route can be repeated safely: by its nature, or with an Idempotency-Key (docs/api.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from listenlink.web.routes import FOR_OWNERS
from media.make_audio import make

# What these do is done once, however often it's asked for: the last test here asks twice.
BY_NATURE = {"add_track", "keep_track", "save_shared_track", "find_link"}
POSTS = [handler for handler in FOR_OWNERS if "POST" in handler.http_methods]


def name_of(handler: Any) -> str:
    return str(handler.handler_name)


@pytest.mark.parametrize("handler", POSTS, ids=name_of)
def test_each_post_takes_the_header_or_needs_none(handler: Any) -> None:
    is_repeatable = handler.opt.get("repeatable", False)
    assert is_repeatable != (name_of(handler) in BY_NATURE), (
        "let it take an Idempotency-Key, or say here and in docs/api.md why it needs none"
    )


def test_nothing_is_named_that_is_not_there() -> None:
    names = {name_of(handler) for handler in POSTS}
    assert names >= BY_NATURE
    assert len(POSTS) > len(BY_NATURE)


def test_what_needs_none_is_done_once(server: Server, owner: httpx.Client, tmp_path: Path) -> None:
    track = upload(owner, make("wav16", tmp_path / "a.wav", sample_count=20_000))["id"]
    collection = owner.post("/collections", json={"name": "Mine"}).json()["id"]
    token = share(owner, track)["token"]
    for path, body in (
        (f"/collections/{collection}/tracks", {"track_id": track}),
        (f"/tracks/{track}/save", None),
        (f"{server.url}/v1/music/shared/{token}/save", None),
        ("/share/find", {"token": token}),
    ):
        told = [owner.post(path, json=body) for _ in range(2)]
        assert all(answer.is_success for answer in told), told[0].text
        assert told[0].json() == told[1].json()
    assert server.query("SELECT count(*) FROM collection_tracks") == [(1,)]
    assert server.query("SELECT count(*) FROM library") == [(1,)]
