"""Pictures of a link: the preview that chats show, and covers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from cast import Server, share
from journeys.faces import Beside
from journeys.long_album import make_long_album
from journeys.seen import meta, part, see, upload_song
from listenlink.actions import show_page
from listenlink.errors import Problem, ProblemKind
from listenlink.store import pages


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload_song(owner, tmp_path_factory.mktemp("audio"))


@pytest.fixture
def beside(server: Server, storage_credentials: None) -> Iterator[Beside]:
    opened = Beside(server)
    yield opened
    opened.close()


def test_pictures_are_shown_while_the_link_leads_there(
    listener: httpx.Client, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    page = see(listener, link).text
    preview = listener.get(str(meta(page, "og:image")))
    assert preview.headers["content-type"] == "image/png"
    assert preview.content[16:24] == (1200).to_bytes(4) + (630).to_bytes(4)
    cover_path = part(r'<img id="cover" src="([^"]+)"', page)
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


@dataclass
class Pictures:
    """A link with both kinds of picture."""

    link: dict[str, Any]
    preview: str
    cover: str

    @classmethod
    def of(cls, listener: httpx.Client, owner: httpx.Client, song: dict[str, Any]) -> Pictures:
        link = share(owner, song["id"])
        page = see(listener, link).text
        preview = "/v1/" + str(meta(page, "og:image")).partition("/v1/")[2]
        return cls(link, preview, part(r'<img id="cover" src="([^"]+)"', page))


@pytest.fixture
def pictures(listener: httpx.Client, owner: httpx.Client, song: dict[str, Any]) -> Pictures:
    return Pictures.of(listener, owner, song)


def test_whoever_has_a_picture_is_told_so(
    listener: httpx.Client, owner: httpx.Client, pictures: Pictures
) -> None:
    for path, is_weak in ((pictures.preview, True), (pictures.cover, False)):
        whole = listener.get(path)
        tag = whole.headers["etag"]
        assert tag.startswith("W/") is is_weak
        strong = tag.removeprefix("W/")
        for known in (tag, strong, f"W/{strong}", f'"a", {tag}', "*"):
            for method in ("GET", "HEAD"):
                answer = listener.request(method, path, headers={"If-None-Match": known})
                assert (answer.status_code, answer.content) == (304, b""), known
                for name in ("etag", "cache-control", "content-security-policy"):
                    assert answer.headers[name] == whole.headers[name]
        for unknown in ('"a"', strong.strip('"'), ""):
            answer = listener.get(path, headers={"If-None-Match": unknown})
            assert (answer.status_code, answer.content) == (200, whole.content)
    owner.delete(f"/share/{pictures.link['id']}")
    for path in (pictures.preview, pictures.cover):
        assert listener.get(path, headers={"If-None-Match": "*"}).status_code == 404


def test_a_picture_that_looks_different_has_another_tag(
    listener: httpx.Client, owner: httpx.Client, song: dict[str, Any], pictures: Pictures
) -> None:
    before = listener.get(pictures.preview)
    owner.patch(f"/tracks/{song['id']}", json={"title": "Another"}).raise_for_status()
    known = {"If-None-Match": before.headers["etag"]}
    after = listener.get(pictures.preview, headers=known)
    assert after.status_code == 200
    assert after.content != before.content
    owner.patch(f"/tracks/{song['id']}", json={"title": "Late <Night>"}).raise_for_status()
    assert listener.get(pictures.preview, headers=known).status_code == 304


def test_a_preview_of_many_tracks_reads_few_of_them(
    beside: Beside, owner: httpx.Client, server: Server, song: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    link = share(owner, make_long_album(server, owner, song["id"]))
    told = beside.get(f"/oembed?url={link['url']}")
    assert told.status_code == 200, told.text
    path = "/v1/" + told.json()["thumbnail_url"].split("/v1/")[1]
    read = Counter[str]()
    fewer = show_page._fewer

    def counting(peaks: bytes, wanted: int) -> bytes:
        read["waveforms"] += 1
        return fewer(peaks, wanted)

    monkeypatch.setattr(show_page, "_fewer", counting)
    monkeypatch.setattr(pages, "find_shown", None)
    for _ in range(3):
        answer = beside.get(path)
        assert (answer.status_code, answer.content[:4]) == (200, b"\x89PNG")
    assert read["waveforms"] == 3


def test_a_cover_is_read_once_for_all_who_ask(beside: Beside, pictures: Pictures) -> None:
    storage, read = beside.instance.running.storage, list[bytes]()
    read_object = storage.read_object

    async def counting(digest: bytes) -> bytes:
        read.append(digest)
        return await read_object(digest)

    storage.read_object = counting  # type: ignore[method-assign]
    answers = [*beside.get_at_once(8, pictures.cover), beside.get(pictures.cover)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == len(read) == 1


def test_a_preview_whose_cover_cannot_be_read_is_drawn_whole_later(
    beside: Beside, owner: httpx.Client, pictures: Pictures, song: dict[str, Any]
) -> None:
    """A bucket that is gone must not leave a picture without its cover behind for good."""
    owner.patch(f"/tracks/{song['id']}", json={"title": "Not drawn yet"}).raise_for_status()
    storage = beside.instance.running.storage
    read_object = storage.read_object

    async def fail(digest: bytes) -> bytes:
        raise Problem(ProblemKind.STORAGE_UNAVAILABLE)

    storage.read_object = fail  # type: ignore[method-assign]
    bare = [beside.get(pictures.preview) for _ in range(2)]
    assert {answer.status_code for answer in bare} == {200}
    assert bare[0].content == bare[1].content
    storage.read_object = read_object  # type: ignore[method-assign]
    whole = beside.get(pictures.preview, headers={"If-None-Match": bare[0].headers["etag"]})
    assert whole.status_code == 200
    assert whole.content != bare[0].content
    owner.patch(f"/tracks/{song['id']}", json={"title": "Late <Night>"}).raise_for_status()


def test_a_preview_that_is_hidden_is_shown_to_nobody_any_more(
    listener: httpx.Client, owner: httpx.Client, pictures: Pictures
) -> None:
    """A cover's name was given only to who may see it."""
    assert listener.get(pictures.preview).status_code == 200
    owner.patch(f"/share/{pictures.link['id']}", json={"preview": False}).raise_for_status()
    assert listener.get(pictures.preview).status_code == 404
    assert listener.get(pictures.cover).status_code == 200
