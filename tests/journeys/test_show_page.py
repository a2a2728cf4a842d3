"""The share page over HTTP: who gets it, what it shows; it counts nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from journeys.seen import BROWSER, meta, opens, part, see, upload_song
from media.make_audio import make

SLACK = {
    "User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Accept": "*/*",
}


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload_song(owner, tmp_path_factory.mktemp("audio"))


@pytest.fixture(scope="module")
def album(owner: httpx.Client, song: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = owner.post(
        "/collections", json={"name": "Evenings", "description": "Quiet."}
    ).json()
    owner.post(f"/collections/{made['id']}/tracks", json={"track_id": song["id"]})
    return made


@pytest.mark.parametrize(
    ("headers", "is_page"),
    [
        (BROWSER, True),
        (SLACK, True),
        ({"Accept": "application/json"}, False),
        ({"Accept": "*/*"}, False),
        ({"Accept": ""}, False),
        ({"Accept": "text/html;q=0.5, application/json"}, False),
        ({"Accept": "application/json;q=0.5, text/html;q=0.9"}, True),
        ({"Accept": "text/html;q=0"}, False),
        ({"Accept": "text/html;q=nonsense"}, False),
        ({"Accept": "application/json", "Sec-Purpose": "prefetch"}, True),
        ({"Accept": "application/json"} | {"User-Agent": SLACK["User-Agent"]}, False),
        (BROWSER | {"User-Agent": "Mozilla/5.0 (iPhone) Twitter for iPhone/10"}, True),
    ],
)
def test_who_gets_the_page(
    listener: httpx.Client,
    owner: httpx.Client,
    song: dict[str, Any],
    headers: dict[str, str],
    is_page: bool,
) -> None:
    link = share(owner, song["id"])
    answer = listener.get(f"/v1/music/shared/{link['token']}", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html") is is_page
    assert {"Accept", "User-Agent", "Sec-Purpose"} <= set(answer.headers["vary"].split(", "))
    assert ("listen-session" in answer.headers) is not is_page
    assert opens(owner, link) == (0 if is_page else 1)


def test_the_page_shows_what_is_true_and_nothing_to_hear(
    server: Server, listener: httpx.Client, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], expires_in_days=3)
    answer = see(listener, link)
    page = answer.text
    assert "Late &lt;Night&gt;" in page
    assert "<Night>" not in page
    assert "audio/" not in page.replace("/v1/music/audio/", "audio/")
    assert meta(page, "og:title") == "Late <Night>"
    assert meta(page, "og:description") == "The Ferry"
    assert meta(page, "og:url") == link["url"]
    assert meta(page, "twitter:card") == "summary_large_image"
    assert "To be listened to, in private." in page
    assert "This link is open until" in page
    facts = json.loads(part(r"ld\+json\">(.*?)</script>", page))
    assert facts["@type"] == "MusicRecording"
    assert facts["license"]["identifier"] == "personal_only"
    assert facts["license"]["about"][0] == {
        "@type": "PropertyValue",
        "name": "commercial_use",
        "value": False,
    }
    assert meta(page, "twitter:image:alt") == meta(page, "og:image:alt") == "Late <Night>"
    # What is heard is nobody's before the open.
    assert not {"og:audio", "og:video", "twitter:player:stream"} & set(
        re.findall(r'<meta (?:name|property)="([^"]+)"', page)
    )
    assert server.outcome_of(answer) == ("viewed", None)


def test_a_hidden_preview_shows_nothing_before_the_open(
    listener: httpx.Client, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], preview=False)
    page = see(listener, link, **SLACK).text
    for secret in ("Late", "Ferry", song["id"], "picture/", "own_recording"):
        assert secret not in page
    told = listener.get("/oembed", params={"url": link["url"]}).json()
    assert told["title"] == "Shared music"
    assert not {"thumbnail_url", "author_name", "licence"} & set(told)
    path = f"/v1/music/shared/{link['token']}/details"
    assert listener.get(path).status_code == 404
    opened = listener.get(f"/v1/music/shared/{link['token']}")
    session = {"Listen-Session": opened.headers["listen-session"]}
    details = listener.get(path, headers=session).json()
    assert details["title"] == "Late <Night>"
    assert details["tracks"][0]["licence"]["licence_class"] == "personal_only"
    assert listener.get(details["cover"]).status_code == 200


def test_only_public_links_may_be_indexed(
    listener: httpx.Client, owner: httpx.Client, song: dict[str, Any]
) -> None:
    for visibility, is_marked in (("link_only", True), ("public", False)):
        answer = see(listener, share(owner, song["id"], visibility=visibility))
        assert ("x-robots-tag" in answer.headers) is is_marked
        assert ('name="robots"' in answer.text) is is_marked


def test_a_collection_is_embedded_and_described(
    server: Server, listener: httpx.Client, owner: httpx.Client, album: dict[str, Any]
) -> None:
    link = share(owner, album["id"])
    frame = listener.get(f"/embed/{link['token']}", headers=BROWSER)
    assert "frame-ancestors *;" in frame.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in see(listener, link).headers["content-security-policy"]
    told = listener.get("/oembed", params={"url": link["url"], "maxwidth": 300}).json()
    assert (told["version"], told["type"], told["width"]) == ("1.0", "rich", 300)
    assert told["title"] == "Evenings"
    assert f'src="{server.url}/embed/{link["token"]}"' in told["html"]
    assert told["licence"]["licence_class"] == "personal_only"
    assert listener.get(told["thumbnail_url"]).headers["content-type"] == "image/png"
    assert opens(owner, link) == 0
    for wrong in ({"url": server.url + "/docs"}, {"url": link["url"] + "0"}, {"url": ""}):
        assert listener.get("/oembed", params=wrong).status_code == 404
    unfit = {"url": link["url"], "format": "xml"}
    assert listener.get("/oembed", params=unfit).status_code == 422
    assert listener.get("/oembed").status_code == 422


def test_removed_content_and_limits_have_pages_of_their_own(
    owner: httpx.Client, server: Server, tmp_path: Path
) -> None:
    track = upload(owner, make("wav16", tmp_path / "gone.wav"), title="Gone Song")
    link = share(owner, track["id"])
    owner.delete(f"/tracks/{track['id']}")
    with server.listener() as listener:
        removed = see(listener, link)
        assert removed.status_code == 200
        assert "The creator has removed this music." in removed.text
        assert "Gone Song" not in removed.text
        for _ in range(130):
            answer = see(listener, link)
            if answer.status_code == 429:
                break
        assert answer.status_code == 429
        assert answer.headers["content-type"].startswith("text/html")
        assert int(answer.headers["retry-after"]) >= 1
        assert f"again in {answer.headers['retry-after']} seconds" in answer.text


def test_assets_are_kept_for_ever_and_packed(
    listener: httpx.Client, owner: httpx.Client, song: dict[str, Any]
) -> None:
    page = see(listener, share(owner, song["id"])).text
    paths = set(re.findall(r'"(/assets/[^"]+)"', page))
    assert len(paths) >= 8
    for path in paths:
        answer = listener.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-encoding"] == "gzip"
        plain = listener.get(path, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == answer.content
    assert listener.get("/assets/share.0000000000000000.css").status_code == 404
