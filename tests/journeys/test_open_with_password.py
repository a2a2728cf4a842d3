"""A link with a password opens for who sends it, or what it was worth; nobody else is told where it leads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from journeys.locked_links import (
    HTML,
    JSON,
    PASSWORD,
    TITLE,
    ask,
    code_of,
    locked,
    path_of,
    sent,
    unlock,
)
from journeys.seen import opens
from media.make_audio import make

MISSING, WRONG = (401, "SHARE_PASSWORD_REQUIRED"), (401, "SHARE_PASSWORD_WRONG")


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=44_100)
    return upload(owner, path, title=TITLE)


@pytest.fixture
def link(owner: httpx.Client, song: dict[str, Any]) -> dict[str, Any]:
    return locked(owner, song["id"])


def test_it_opens_by_the_password_and_then_by_what_that_was_worth(
    server: Server, owner: httpx.Client, listener: httpx.Client, link: dict[str, Any]
) -> None:
    missing, wrong = ask(listener, link), ask(listener, link, "another one")
    assert (code_of(missing), code_of(wrong)) == (MISSING, WRONG)
    for refused, reason in ((missing, "locked"), (wrong, "wrong")):
        assert refused.headers["www-authenticate"] == "Listenlink-Share"
        assert refused.headers["cache-control"] == "no-store"
        assert server.outcome_of(refused) == ("refused", reason)
        assert "share-unlock" not in refused.headers
    assert opens(owner, link) == 0
    opened = ask(listener, link, PASSWORD)
    assert opened.json()["track"]["title"] == TITLE
    told = opened.headers["share-unlock"]
    again = ask(listener, link, Share_Unlock=told)
    assert again.json()["available"] is True
    assert "share-unlock" not in again.headers
    renewed = ask(listener, link, Listen_Session=opened.headers["listen-session"])
    assert server.outcome_of(renewed) == ("renewed", None)
    assert opens(owner, link) == 2


def test_a_link_without_one_takes_any(
    listener: httpx.Client, owner: httpx.Client, song: Any
) -> None:
    usual = share(owner, song["id"])
    assert usual["has_password"] is False
    opened = ask(listener, usual, "whatever it is")
    assert opened.status_code == 200
    assert "share-unlock" not in opened.headers


@pytest.mark.parametrize("header", ["%", "%C3", "%ff%fe", "a b", "%zz" * 3, "a" * 1537])
def test_what_is_not_percent_encoded_text_is_a_bad_request(
    listener: httpx.Client, link: dict[str, Any], header: str
) -> None:
    answer = listener.get(path_of(link), headers=JSON | {"Share-Password": header})
    assert code_of(answer) == (400, "BAD_REQUEST")
    assert answer.headers["access-control-allow-origin"] == "*"


def test_accents_count_the_same_however_they_are_typed(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = locked(owner, song["id"], password="café noir")
    assert ask(listener, link, "cafe\u0301 noir").status_code == 200


@pytest.mark.parametrize("end", ["revoked", "expired", "spent", "not started"])
def test_a_link_that_does_not_work_asks_for_no_password(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any], end: str
) -> None:
    terms: dict[str, Any] = {"max_opens": 1} if end == "spent" else {}
    if end == "not started":
        terms = {"starts_at": "2100-01-01T00:00:00Z"}
    link = locked(owner, song["id"], **terms)
    number = int(link["id"][7:], 16)
    if end == "spent":
        assert ask(listener, link, PASSWORD).status_code == 200
    if end == "revoked":
        assert owner.delete(f"/share/{link['id']}").status_code == 200
        assert server.query("SELECT * FROM share_passwords WHERE share_id = ?", number) == []
    if end == "expired":
        server.change("UPDATE shares SET expires_at = 1000000 WHERE id = ?", number)
    for password in (None, PASSWORD, "another one"):
        assert code_of(ask(listener, link, password)) == (404, "RESOURCE_NOT_FOUND")
    assert server.query("SELECT * FROM share_attempts WHERE share_id = ?", number) == []


def test_that_the_music_was_removed_is_told_behind_the_password_alone(
    owner: httpx.Client, listener: httpx.Client, tmp_path: Path
) -> None:
    path = make("wav16", tmp_path / "b.wav", sample_count=20_000)
    track = upload(owner, path, title="Gone")
    link = locked(owner, track["id"])
    assert owner.delete(f"/tracks/{track['id']}").status_code == 200
    assert code_of(ask(listener, link)) == MISSING
    assert ask(listener, link, PASSWORD).json()["available"] is False


def test_a_browser_gets_a_form_and_for_the_password_a_cookie_of_that_address(
    server: Server, owner: httpx.Client, listener: httpx.Client, link: dict[str, Any]
) -> None:
    form = listener.get(path_of(link), headers=HTML)
    assert form.status_code == 200
    assert '<form method="post"' in form.text
    assert 'name="password"' in form.text
    assert server.outcome_of(form) == ("refused", "locked")
    wrong = listener.post(path_of(link), headers=HTML, data={"password": "another one"})
    assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, "Listenlink-Share")
    assert "isn't the link's password" in wrong.text
    right = listener.post(path_of(link), headers=HTML, data={"password": PASSWORD})
    assert (right.status_code, right.headers["location"]) == (303, path_of(link))
    cookie = right.headers["set-cookie"]
    assert f"; Path={path_of(link)}; HttpOnly; SameSite=Lax" in cookie
    assert "Secure" not in cookie  # As this instance's others, on plain http.
    # httpx sends it back by its path alone.
    page = listener.get(path_of(link), headers=HTML)
    assert TITLE in page.text
    assert "noindex" in page.headers["x-robots-tag"]
    other = locked(owner, link_target(owner, link))
    listener.get(path_of(other), headers=HTML)
    assert "cookie" not in listener.get(path_of(other), headers=HTML).request.headers
    # The form without script is the page's own.
    (told,) = re.findall(r'id="unlock" name="unlock" form="player" value="([^"]+)"', page.text)
    played = listener.post(path_of(link), headers=HTML, data={"visit": "", "unlock": told})
    assert played.status_code == 303
    assert "<audio" in listener.get(played.headers["location"], headers=HTML).text


def link_target(owner: httpx.Client, link: dict[str, Any]) -> str:
    told: str = owner.get(f"/share/{link['id']}").json()["target_id"]
    return told


def test_a_public_link_with_a_password_is_indexed_nowhere(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = locked(owner, song["id"], visibility="public")
    assert "noindex" in listener.get(path_of(link), headers=HTML).headers["x-robots-tag"]


def test_the_frame_keeps_its_unlock_in_its_page(
    listener: httpx.Client, link: dict[str, Any]
) -> None:
    path = f"/embed/{link['token']}"
    form = listener.get(path, headers=HTML)
    assert form.status_code == 200
    assert TITLE not in form.text
    assert listener.post(path, headers=HTML, data={"password": "no, this"}).status_code == 401
    page = listener.post(path, headers=HTML, data={"password": PASSWORD})
    assert TITLE in page.text
    assert "set-cookie" not in page.headers
    (told,) = re.findall(r'id="unlock" name="unlock" form="player" value="([^"]+)"', page.text)
    assert ask(listener, link, Share_Unlock=told).status_code == 200


def test_a_player_that_brings_no_password_does_not_go_on_with_anothers_session(
    server: Server, listener: httpx.Client, link: dict[str, Any]
) -> None:
    player = {"User-Agent": "VLC/3.0.20 LibVLC/3.0.20"}
    assert code_of(listener.get(path_of(link), headers=player)) == MISSING
    led = listener.get(path_of(link), headers=player | sent(PASSWORD))
    assert led.status_code == 302
    again = listener.get(path_of(link), headers=player | sent(PASSWORD))
    assert server.outcome_of(again) == ("renewed", None)
    assert code_of(listener.get(path_of(link), headers=player)) == MISSING
    assert code_of(listener.get(path_of(link), headers=player | sent("another one"))) == WRONG


def test_it_is_saved_by_who_knows_it(
    server: Server, listener: httpx.Client, link: dict[str, Any]
) -> None:
    key = {"X-API-Key": str(server.new_member()["api_key"])}
    path = f"{path_of(link)}/save"
    missing = listener.post(path, headers=key)
    assert (code_of(missing), server.outcome_of(missing)) == (MISSING, ("refused", "locked"))
    assert code_of(listener.post(path, headers=key | sent("another one"))) == WRONG
    saved = listener.post(path, headers=key | sent(PASSWORD))
    assert saved.status_code == 201
    told = saved.headers["share-unlock"]
    assert listener.post(path, headers=key | {"Share-Unlock": told}).json() == saved.json()


def test_an_unlock_is_of_one_link_and_as_it_was_signed(
    owner: httpx.Client, listener: httpx.Client, link: dict[str, Any], song: dict[str, Any]
) -> None:
    told, other = unlock(listener, link), locked(owner, song["id"])
    assert code_of(ask(listener, other, Share_Unlock=told)) == MISSING
    kind, key_id, share, rotation, ends, tag = told.split(".")
    number = other["id"][7:]
    for forged in (
        ".".join((kind, key_id, number, rotation, ends, tag)),
        ".".join((kind, key_id, share, rotation, f"{int(ends, 16) + 1:010x}", tag)),
        ".".join((kind, key_id, share, "00000001", ends, tag)),
        ".".join((kind, "00000000", share, rotation, ends, tag)),
        told[:-1] + ("0" if told[-1] != "0" else "1"),
        told.replace("su1", "ls1"),
        told + ".",
    ):
        assert code_of(ask(listener, link, Share_Unlock=forged)) == MISSING, forged
        assert code_of(ask(listener, other, Share_Unlock=forged)) == MISSING, forged
    # Nor is it a session.
    assert code_of(ask(listener, link, Listen_Session=told)) == MISSING
    assert ask(listener, link, Share_Unlock=told).status_code == 200


def test_other_sites_pages_may_send_and_read_what_opens_it(
    listener: httpx.Client, link: dict[str, Any]
) -> None:
    for below in ("", "/listen", "/details", "/events", "/standing"):
        allowed = listener.options(path_of(link) + below).headers["access-control-allow-headers"]
        assert {"Listen-Session", "Share-Password", "Share-Unlock"} <= set(allowed.split(", "))
    opened = ask(listener, link, PASSWORD)
    assert "Share-Unlock" in opened.headers["access-control-expose-headers"]
    assert {"Share-Password", "Share-Unlock", "Cookie"} <= set(opened.headers["vary"].split(", "))
