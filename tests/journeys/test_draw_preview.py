"""Pictures of a link: the preview that chats show, and covers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from cast import share
from journeys.seen import meta, part, see, upload_song


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload_song(owner, tmp_path_factory.mktemp("audio"))


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
