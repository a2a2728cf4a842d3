"""A link gets a password, another one, or none: what was given for it before ends, and its address stays."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from journeys.locked_links import PASSWORD, TITLE, ask, code_of, locked, unlock
from media.make_audio import make

MISSING, WRONG = (401, "SHARE_PASSWORD_REQUIRED"), (401, "SHARE_PASSWORD_WRONG")
OTHER = "something else"


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=44_100)
    return upload(owner, path, title=TITLE)


def change(owner: httpx.Client, link: dict[str, Any], password: str | None) -> httpx.Response:
    return owner.patch(f"/share/{link['id']}", json={"password": password})


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, PASSWORD), (PASSWORD, OTHER), (PASSWORD, PASSWORD), (PASSWORD, None)],
)
def test_what_was_given_before_ends_and_the_address_stays(
    server: Server,
    owner: httpx.Client,
    listener: httpx.Client,
    song: dict[str, Any],
    before: str | None,
    after: str | None,
) -> None:
    link = share(owner, song["id"], password=before)
    opened = ask(listener, link, before)
    played = opened.json()["track"]["playback_url"]
    told = opened.headers.get("share-unlock", "")
    assert listener.get(played).status_code == 200
    changed = change(owner, link, after)
    assert changed.status_code == 200
    assert changed.json()["has_password"] is (after is not None)
    if played.startswith(server.url):  # A bucket's own URLs play on to their end.
        assert listener.get(played).status_code == 403
    session = {"Listen-Session": opened.headers["listen-session"], "Share-Unlock": told}
    ended = listener.get(f"/v1/music/shared/{link['token']}/details", headers=session)
    assert code_of(ended) == (MISSING if after else (404, "RESOURCE_NOT_FOUND"))
    if after is not None:
        assert code_of(ask(listener, link, Share_Unlock=told)) == MISSING
        assert code_of(ask(listener, link, OTHER if after == PASSWORD else PASSWORD)) == WRONG
    assert ask(listener, link, after).status_code == 200
    assert owner.get(f"/share/{link['id']}").json()["url"] == link["url"]


def test_taking_away_what_is_not_there_ends_nothing(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    played = ask(listener, link).json()["track"]["playback_url"]
    assert change(owner, link, None).json()["has_password"] is False
    assert owner.patch(f"/share/{link['id']}", json={"label": "Ana"}).status_code == 200
    assert listener.get(played).status_code == 200


def test_other_terms_change_without_it(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = locked(owner, song["id"])
    told = unlock(listener, link)
    assert owner.patch(f"/share/{link['id']}", json={"label": "Ben"}).json()["has_password"]
    assert ask(listener, link, Share_Unlock=told).status_code == 200


def test_a_new_address_keeps_the_password_and_ends_unlocks(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = locked(owner, song["id"])
    told = unlock(listener, link)
    turned = owner.post(f"/share/{link['id']}/rotate").json()
    assert turned["has_password"] is True
    assert code_of(ask(listener, turned, Share_Unlock=told)) == MISSING
    assert ask(listener, turned, PASSWORD).status_code == 200


@pytest.mark.parametrize("password", ["12345", "a" * 129, "", 123456, ["secret"]])
def test_what_can_be_none_is_refused_by_its_name_and_not_repeated(
    owner: httpx.Client, song: dict[str, Any], password: Any
) -> None:
    link = share(owner, song["id"])
    for answer in (
        owner.post(f"/tracks/{song['id']}/share", json={"password": password}),
        owner.patch(f"/share/{link['id']}", json={"password": password}),
    ):
        assert answer.status_code == 422
        assert answer.json()["error"]["details"]["field"] == "password"
        assert not password or str(password) not in answer.text


def test_a_collection_has_one_too(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    album = owner.post("/collections", json={"name": "Evenings"}).json()
    owner.post(f"/collections/{album['id']}/tracks", json={"track_id": song["id"]})
    link = locked(owner, album["id"])
    assert code_of(ask(listener, link)) == MISSING
    assert ask(listener, link, PASSWORD).json()["collection"]["name"] == "Evenings"


def test_it_is_kept_nowhere_and_what_is_kept_lets_nobody_guess_it(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    password = "kept-nowhere-" + secrets.token_hex(4)
    body = f'{{"password": "{password}"}}'.encode()
    path, headers = f"/tracks/{song['id']}/share", {"Content-Type": "application/json"}
    key = headers | {"Idempotency-Key": secrets.token_hex(8)}
    link = owner.post(path, content=body, headers=key).json()
    assert owner.post(path, content=body, headers=key).json() == link
    other = body.replace(b"kept", b"some")
    assert owner.post(path, content=other, headers=key).status_code == 422
    for tried in (password, password + "!"):
        ask(listener, link, tried)
    digests = [row[0] for row in server.query("SELECT body_digest FROM idempotent_answers")]
    assert hashlib.sha256(body).digest() not in digests
    (kept,) = server.query(
        "SELECT hashed FROM share_passwords WHERE share_id = ?", int(link["id"][7:], 16)
    )
    assert str(kept[0]).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert server.log is not None
    assert password not in server.log.read_text()
    files = [file for file in server.data.rglob("*") if file.is_file()]
    assert all(password.encode() not in file.read_bytes() for file in files)
    assert password not in str(server.audit())


def test_who_asked_twice_under_one_key_before_the_update_is_told_the_same(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    body, key = b'{"label": "Ana"}', {"Idempotency-Key": secrets.token_hex(8)}
    path, headers = f"/tracks/{song['id']}/share", {"Content-Type": "application/json"} | key
    link = owner.post(path, content=body, headers=headers).json()
    plain = hashlib.sha256(body).digest()
    server.change("UPDATE idempotent_answers SET body_digest = ?", plain)
    assert owner.post(path, content=body, headers=headers).json() == link


def test_a_link_whose_address_is_not_kept_is_changed_all_the_same(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    server.change(
        "UPDATE sealed_tokens SET sealed = ? WHERE share_id = ?",
        b"lost" * 20,
        int(link["id"][7:], 16),
    )
    assert change(owner, link, PASSWORD).status_code == 200
    assert owner.get(f"/share/{link['id']}").json()["url"] is None
    assert ask(listener, link, PASSWORD).status_code == 200


def test_it_is_its_makers_to_set(server: Server, owner: httpx.Client, song: dict[str, Any]) -> None:
    link, member = share(owner, song["id"]), server.new_member()
    with server.owner(str(member["api_key"])) as other:
        assert change(other, link, PASSWORD).status_code == 404
    assert owner.get(f"/share/{link['id']}").json()["has_password"] is False
