"""The share page and what lies around it, over HTTP: who gets it, what it shows; it counts nothing."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload, wait_for_sound
from media.make_audio import add_cover, make

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
SLACK = {
    "User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Accept": "*/*",
}


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = add_cover(make("mp3_xing", tmp_path_factory.mktemp("audio") / "song.mp3"))
    track = upload(owner, path, title="Late <Night>", artist="The Ferry", engine="own_recording")
    wait_for_sound(owner, track["id"])
    return track


@pytest.fixture(scope="module")
def album(owner: httpx.Client, song: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = owner.post(
        "/collections", json={"name": "Evenings", "description": "Quiet."}
    ).json()
    owner.post(f"/collections/{made['id']}/tracks", json={"track_id": song["id"]})
    return made


def see(listener: httpx.Client, link: dict[str, Any], **headers: str) -> httpx.Response:
    return listener.get(f"/v1/music/shared/{link['token']}", headers=BROWSER | headers)


def meta(page: str, name: str) -> str | None:
    found = re.search(rf'<meta (?:property|name)="{name}" content="([^"]*)"', page)
    return html.unescape(found.group(1)) if found else None


def opens(owner: httpx.Client, link: dict[str, Any]) -> int:
    return int(owner.get(f"/share/{link['id']}").json()["opens"])


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
    facts = json.loads(re.search(r"ld\+json\">(.*?)</script>", page).group(1))  # type: ignore[union-attr]
    assert facts["@type"] == "MusicRecording"
    assert facts["license"]["identifier"] == "personal_only"
    assert facts["license"]["additionalProperty"][0]["value"] is False
    assert server.outcome_of(answer) == ("viewed", None)


def test_pictures_are_shown_while_the_link_leads_there(
    listener: httpx.Client, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    page = see(listener, link).text
    preview = listener.get(str(meta(page, "og:image")))
    assert preview.headers["content-type"] == "image/png"
    assert preview.content[16:24] == (1200).to_bytes(4) + (630).to_bytes(4)
    cover_path = re.search(r'<img id="cover" src="([^"]+)"', page).group(1)  # type: ignore[union-attr]
    cover = listener.get(cover_path)
    assert cover.headers["content-type"] == "image/jpeg"
    assert cover.headers["content-security-policy"] == "default-src 'none'; sandbox"
    for changed in (cover_path[:-1] + "x", cover_path.replace(".l.", ".p."), "/v1/music/picture/x"):
        assert listener.get(changed).status_code == 404
    owner.delete(f"/share/{link['id']}")
    for path in (cover_path, str(meta(page, "og:image"))):
        assert listener.get(path).status_code == 404


def test_a_new_token_ends_the_old_pictures(
    listener: httpx.Client, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    picture = str(meta(see(listener, link).text, "og:image"))
    assert listener.get(picture).status_code == 200
    turned = owner.post(f"/share/{link['id']}/rotate").json()
    assert listener.get(picture).status_code == 404
    assert listener.get(str(meta(see(listener, turned).text, "og:image"))).status_code == 200


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


def test_without_script_the_form_opens_the_link_once(
    server: Server, listener: httpx.Client, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], max_opens=1, allow_download=True)
    path = f"/v1/music/shared/{link['token']}"
    opened = listener.post(path, headers=BROWSER)
    assert opened.status_code == 303
    assert server.outcome_of(opened) == ("opened", None)
    place = opened.headers["location"]
    assert place.startswith(path + "/listening/ls1.")
    page = listener.get(place, headers=BROWSER)
    assert page.status_code == 200
    audio = re.search(r'<audio controls [^>]*src="([^"]+)"', page.text).group(1)  # type: ignore[union-attr]
    assert listener.get(audio, headers={"Range": "bytes=0-9"}).status_code == 206
    file = re.search(r'href="([^"]+/v1/music/download/[^"]+)"', page.text).group(1)  # type: ignore[union-attr]
    assert "attachment" in listener.get(file).headers["content-disposition"]
    assert opens(owner, link) == 1
    again = listener.post(path, headers=BROWSER)
    assert again.status_code == 404
    assert again.headers["content-type"].startswith("text/html")
    assert listener.get(place[:-1] + "0", headers=BROWSER).status_code == 404
    owner.delete(f"/share/{link['id']}")
    assert listener.get(place, headers=BROWSER).status_code == 404
    assert listener.get(audio).status_code == 403
    assert listener.get(file).status_code == 403


def test_a_file_is_taken_along_only_if_its_creator_says_so(
    listener: httpx.Client, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    opened = listener.get(f"/v1/music/shared/{link['token']}")
    session = {"Listen-Session": opened.headers["listen-session"]}
    path = f"/v1/music/shared/{link['token']}/download/{song['id']}"
    assert listener.get(path, headers=session).status_code == 404
    owner.patch(f"/share/{link['id']}", json={"allow_download": True}).raise_for_status()
    assert listener.get(path).status_code == 404
    url = listener.get(path, headers=session).json()["download_url"]
    whole = listener.get(url)
    written = whole.headers["content-disposition"]
    assert written == (
        "attachment; filename=\"Late _Night_.mp3\"; filename*=UTF-8''Late%20_Night_.mp3"
    )
    part = listener.get(url, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, whole.content[5:10])
    # Leave to play is none to take along, and the other way round.
    playback = opened.json()["track"]["playback_url"]
    assert listener.get(playback.replace("/audio/", "/download/")).status_code == 403
    assert listener.get(url.replace("/download/", "/audio/")).status_code == 403
    owner.patch(f"/share/{link['id']}", json={"allow_download": False}).raise_for_status()
    assert listener.get(url).status_code == 403


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
