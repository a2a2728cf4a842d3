"""A share link in a media player: one open, audio at once, and jumps that open nothing more."""

from __future__ import annotations

import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from journeys.seen import opens
from media.make_audio import make

SHARED = "/v1/music/shared/"
# As they were recorded.
VLC = {
    "User-Agent": "VLC/3.0.24 LibVLC/3.0.24",
    "Accept": "*/*",
    "Accept-Language": "en_US",
    "Range": "bytes=0-",
}
MPV = {"User-Agent": "libmpv", "Accept": "*/*", "Range": "bytes=0-", "Icy-MetaData": "1"}
FFMPEG = {"User-Agent": "Lavf/59.27.100", "Accept": "*/*", "Range": "bytes=0-", "Icy-MetaData": "1"}
GSTREAMER = {
    "User-Agent": "GStreamer souphttpsrc 1.22.0 libsoup/3.2.2", "icy-metadata": "1", "Accept": "*/*",
    "transferMode.dlna.org": "Streaming",
}  # fmt: skip
ELEMENT = {
    "User-Agent": "Mozilla/5.0 (X11) Chrome/130.0",
    "Accept": "*/*",
    "Sec-Fetch-Dest": "audio",
    "Range": "bytes=0-",
}
UNKNOWN = {"User-Agent": "Some Radio", "Accept": "audio/*"}


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = make("mp3_xing", tmp_path_factory.mktemp("audio") / "a.mp3")
    return upload(owner, path, title="Tea", artist="The Ferry")


def play(
    listener: httpx.Client, link: dict[str, Any], headers: dict[str, str], start: int = 0
) -> httpx.Response:
    """What a player does: ask the share address, with a range, and follow."""
    return listener.get(SHARED + link["token"], headers=headers | {"Range": f"bytes={start}-"})


def path_of(answer: httpx.Response) -> str:
    """Where it leads."""
    assert answer.status_code == 302, answer.text
    return httpx.URL(answer.headers["location"]).path


@pytest.mark.parametrize("player", [VLC, MPV, FFMPEG, GSTREAMER, ELEMENT, UNKNOWN])
def test_a_player_hears_it_and_jumps_with_one_open(
    server: Server,
    owner: httpx.Client,
    listener: httpx.Client,
    song: dict[str, Any],
    player: dict[str, str],
) -> None:
    link = share(owner, song["id"], max_opens=1)
    answers = [play(listener, link, player, start) for start in (0, 0, 700, 50, 0)]
    (place,) = {path_of(answer) for answer in answers}
    whole = listener.get(place, headers=player | {"Range": "bytes=0-"})
    assert (whole.status_code, whole.headers["content-type"]) == (206, "audio/mpeg")
    part = listener.get(place, headers=player | {"Range": "bytes=700-"})
    assert part.content == whole.content[700:]
    assert opens(owner, link) == 1
    if player is VLC:
        told = {line["trace_id"]: line["outcome"] for line in server.audit()}
        outcomes = [told[answer.headers["x-request-id"]] for answer in answers]
        assert outcomes == ["opened"] + ["renewed"] * 4
    first = answers[0].headers
    assert re.fullmatch(r"max-age=\d+, private", first["cache-control"])
    assert int(first["cache-control"][8:].partition(",")[0]) > 6 * 3600 - 60
    assert {"accept", "user-agent", "icy-metadata"} <= set(first["vary"].lower().split(", "))
    assert (
        int(first["x-ratelimit-remaining"]) - int(answers[-1].headers["x-ratelimit-remaining"]) == 4
    )


def test_the_address_lasts_as_long_as_the_session(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    fields = path_of(play(listener, link, VLC)).rpartition("/")[2].split(".")
    expires_at, ends_at = int(fields[4], 16), int(fields[5], 16)
    assert expires_at == ends_at
    assert abs(ends_at - time.time() - 6 * 3600) < 60


def test_another_player_client_or_link_is_another_open(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link, other = share(owner, song["id"], max_opens=3), share(owner, song["id"], max_opens=1)
    with server.listener() as one, server.listener() as two:
        path_of(play(one, link, VLC))
        path_of(play(one, link, MPV))
        path_of(play(two, link, VLC))
        assert opens(owner, link) == 3
        assert play(two, link, MPV).status_code == 404
        path_of(play(one, link, VLC, 9))
        path_of(play(one, other, VLC))
    assert (opens(owner, link), opens(owner, other)) == (3, 1)


def test_many_requests_of_one_player_at_once_are_one_open(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], max_opens=1)
    with server.listener() as listener, ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda start: play(listener, link, VLC, start), range(16)))
    assert len({path_of(answer) for answer in answers}) == 1
    assert opens(owner, link) == 1


def test_looking_opens_nothing_and_says_what_it_would_be(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], max_opens=1)
    for _ in range(2):
        looked = listener.head(SHARED + link["token"], headers=VLC)
        assert (looked.status_code, looked.headers["content-type"]) == (200, "audio/mpeg")
        assert looked.headers["cache-control"] == "no-store"
    assert opens(owner, link) == 0
    place = path_of(play(listener, link, VLC))
    assert path_of(listener.head(SHARED + link["token"], headers=VLC)) == place
    assert opens(owner, link) == 1


def test_a_closed_link_is_closed_to_players_too(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    revoked, rotated = share(owner, song["id"]), share(owner, song["id"])
    places = [path_of(play(listener, link, VLC)) for link in (revoked, rotated)]
    owner.delete(f"/share/{revoked['id']}").raise_for_status()
    fresh = owner.post(f"/share/{rotated['id']}/rotate").json()
    plain = listener.get(SHARED + revoked["token"])
    for link, place in zip((revoked, rotated), places, strict=True):
        refused = play(listener, link, VLC)
        assert refused.status_code == plain.status_code == 404
        assert refused.json()["error"]["code"] == plain.json()["error"]["code"]
        assert set(refused.headers) == set(plain.headers)
        assert refused.headers["cache-control"] == "no-store"
        assert listener.get(place).status_code == 403
        assert listener.head(SHARED + link["token"], headers=VLC).status_code == 404
    path_of(play(listener, rotated | fresh, VLC))


def test_removed_music_is_no_audio(
    owner: httpx.Client, listener: httpx.Client, tmp_path: Path
) -> None:
    track = upload(owner, make("wav16", tmp_path / "a.wav"))
    link = share(owner, track["id"])
    path_of(play(listener, link, MPV))
    owner.delete(f"/tracks/{track['id']}").raise_for_status()
    assert play(listener, link, MPV).status_code == 404
    assert listener.get(SHARED + link["token"]).json()["available"] is False


def test_players_have_no_more_of_the_rate_than_others(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    with server.listener() as listener:
        statuses = Counter(play(listener, link, VLC).status_code for _ in range(125))
        refused = play(listener, link, VLC)
    assert statuses == {302: 120, 429: 5}
    assert int(refused.headers["retry-after"]) >= 1
    assert opens(owner, link) == 1
