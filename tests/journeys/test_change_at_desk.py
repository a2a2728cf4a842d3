"""A link at the desk: its terms are changed, it gets a new address, it's closed; each only as it was seen."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from journeys.desk_pages import labels, page, sent, words
from media.make_audio import make
from signed_in import at_desk


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=44_100)
    return upload(owner, path, title="Harbour <Lights>")


@pytest.fixture(scope="module")
def desk(server: Server) -> Iterator[httpx.Client]:
    """The owner, signed in."""
    with contextlib.closing(at_desk(server)) as client:
        yield client


def test_terms_are_changed_by_the_form_and_what_is_wrong_stands_beside_its_field(
    owner: httpx.Client, desk: httpx.Client, song: dict[str, Any], listener: httpx.Client
) -> None:
    link = share(owner, song["id"], label="Ana", expires_in_days=1, allow_download=True)
    for _ in range(3):
        listener.get(f"/v1/music/shared/{link['token']}")
    path = f"/desk/links/{link['id']}"
    form = sent(page(desk, f"{path}/change"))
    untouched = desk.post(f"{path}/change", data=form)
    assert untouched.headers["location"] == f"{path}?done=link_changed"
    told = owner.get(f"/share/{link['id']}").json()
    assert (told["label"], told["expires_at"]) == ("Ana", link["expires_at"])
    assert (told["allow_download"], told["preview"], told["strict_open"]) == (True, True, False)
    wrong = desk.post(f"{path}/change", data=form | {"max_opens": "2", "label": "Kept & said"})
    assert wrong.status_code == 422
    assert "The link was opened more often already." in unescape(wrong.text)
    assert 'value="Kept &amp; said"' in wrong.text
    fixed = sent(wrong.text) | {"max_opens": "4", "strict_open": "true", "expires": "days-7"}
    assert desk.post(f"{path}/change", data=fixed).status_code == 303
    told = owner.get(f"/share/{link['id']}").json()
    assert (told["label"], told["max_opens"], told["strict_open"]) == ("Kept & said", 4, True)
    ends = datetime.fromisoformat(told["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=6.9) < ends <= timedelta(days=7)


def test_a_change_of_what_was_changed_meanwhile_is_refused_and_nothing_typed_is_lost(
    owner: httpx.Client, desk: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], label="Ana")
    path = f"/desk/links/{link['id']}/change"
    form = sent(page(desk, path)) | {"label": "Typed"}
    owner.patch(f"/share/{link['id']}", json={"label": "Elsewhere"})
    refused = desk.post(path, data=form)
    assert refused.status_code == 409
    assert "This link was changed meanwhile." in refused.text
    assert owner.get(f"/share/{link['id']}").json()["label"] == "Elsewhere"
    assert desk.post(path, data=sent(refused.text)).status_code == 303
    assert owner.get(f"/share/{link['id']}").json()["label"] == "Typed"
    owner.delete(f"/share/{link['id']}")
    refused = desk.post(path, data=form)
    assert refused.status_code == 409
    assert "This link is revoked." in refused.text
    assert "closed for good" in page(desk, path)


def test_a_new_address_is_asked_about_given_once_and_shown(
    server: Server, owner: httpx.Client, desk: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    path = f"/desk/links/{link['id']}"
    form = sent(page(desk, f"{path}/new-address"))
    done = desk.post(f"{path}/new-address", data=form)
    assert done.headers["location"] == f"{path}?done=link_turned"
    text = page(desk, done.headers["location"])
    (url,) = re.findall(r'id="address"[^>]* value="([^"]*)"', text)
    assert "The old one is over." in text
    with server.listener() as somebody:
        assert somebody.get(f"/v1/music/shared/{link['token']}").status_code == 404
        assert somebody.get(url.removeprefix(server.url)).status_code == 200
    for stale in (form, {"seen": ""}, {"seen": "x"}, {"seen": "9" * 40}):
        again = desk.post(f"{path}/new-address", data=stale)
        assert again.status_code == 409
        assert "This link has got a new address meanwhile." in again.text
        assert url in again.text


def test_closing_is_asked_about_and_a_closed_link_stays_in_the_list(
    server: Server, owner: httpx.Client, desk: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], label="To be closed")
    path = f"/desk/links/{link['id']}"
    asked = words(page(desk, f"{path}/close"))
    within = link["revocation_reaches_players_within_seconds"]
    if link["revocation_cuts_running_streams"]:
        assert f"is cut off within {within} second" in asked
    else:
        assert f"can begin again for {within} seconds" in asked
    assert owner.get(f"/share/{link['id']}").json()["state"] == "active", "asking changes nothing"
    empty = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        assert desk.post(f"{path}/close", headers=empty).headers["location"].endswith("link_closed")
    with server.listener() as somebody:
        assert somebody.get(f"/v1/music/shared/{link['token']}").status_code == 404
    text = page(desk, path)
    assert link["token"] not in text
    assert "its address is destroyed" in text
    assert not {"Close link", "New address", "Change"} & set(re.findall("<button>(.*?)<", text))
    assert labels(page(desk, "/desk/links", q="to be closed")) == ["To be closed"]
    assert desk.post(f"{path}/new-address", data={"seen": "0"}).status_code == 409
    assert "link_closed" in {what for (what,) in server.query("SELECT what FROM account_events")}


def test_where_addresses_are_not_kept_a_new_one_is_shown_once(tmp_path: Path) -> None:
    keeping_none = Server(tmp_path / "data", {"KEEP_LINKS": "digest"})
    keeping_none.create()
    keeping_none.start()
    try:
        with keeping_none.owner() as owner, contextlib.closing(at_desk(keeping_none)) as desk:
            album = owner.post("/collections", json={"name": "Evening"}).json()["id"]
            path = f"/desk/links/{share(owner, album)['id']}"
            text = page(desk, path)
            assert "set to keep no addresses" in text
            turned = desk.post(f"{path}/new-address", data={"seen": "0"})
            assert turned.status_code == 200
            (url,) = re.findall(r'id="address"[^>]* value="([^"]*)"', turned.text)
            assert httpx.get(url).status_code == 200
            assert "shown this once" in turned.text
            assert url not in page(desk, path)
    finally:
        keeping_none.stop()
