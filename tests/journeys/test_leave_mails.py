"""Whoever gets mails leaves by one press, in their mail program or on the page; looking changes nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cast import share, upload
from journeys.leaving_mails import leave_path_of
from journeys.mailed import MailedServer, leave_path, mailing, want_mails
from listenlink.model.ids import ORGANIZATION, USER, parse_id
from listenlink.model.owner import Owner
from listenlink.model.unlock import PURPOSE as OTHER_PURPOSE
from media.make_audio import make

# What a mail program sends (RFC 8058, 3.2): no cookie, from anywhere.
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
LIMIT, MISSES = 8, 5


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailedServer]:
    limits = {"RESOLVE_LIMIT_PER_MINUTE": str(LIMIT), "MISS_LIMIT_PER_MINUTE": str(MISSES)}
    with mailing(tmp_path_factory.mktemp("instance"), None, **limits) as running:
        yield running


@pytest.fixture
def person(server: MailedServer) -> Iterator[httpx.Client]:
    told = server.new_member()
    with server.owner(told["api_key"]) as client:
        client.headers["Test-User"] = told["user_id"]
        want_mails(client, "daily")
        yield client


def owner_of(server: MailedServer, person: httpx.Client) -> Owner:
    organization_id = parse_id(ORGANIZATION, server.organization_id)
    user_id = parse_id(USER, person.headers["Test-User"])
    assert organization_id is not None
    assert user_id is not None
    return Owner(organization_id, user_id)


def mails_of(person: httpx.Client) -> str:
    return str(person.get("/notifications").json()["mails"])


def test_a_press_in_the_mail_program(server: MailedServer, tmp_path: Path) -> None:
    """The address is the mail's own."""
    with server.owner(server.new_member()["api_key"]) as person:
        song = make("wav16", tmp_path / "song.wav", sample_count=5000)
        track = str(upload(person, song)["id"])
        server.wait_until_derived()
        want_mails(person)
        with server.listener() as listener:
            listener.get(f"/v1/music/shared/{share(person, track)['token']}")
        path = leave_path(server.wait_for_mails(len(server.box.mails) + 1)[-1])
        with server.listener() as program:
            answer = program.post(path, data=ONE_CLICK, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 200
        assert not answer.history
        assert "set-cookie" not in answer.headers
        assert mails_of(person) == "off"


@pytest.mark.parametrize("ring", ["link", "signing"])
def test_looking_changes_nothing_and_a_press_on_the_page_does(
    server: MailedServer, person: httpx.Client, ring: str
) -> None:
    path = leave_path_of(server, owner_of(server, person), is_by_links=ring == "link")
    html = {"Accept": "text/html", "Accept-Language": "de"}
    with server.listener() as reader:
        for ask in (reader.get, reader.head, reader.options):
            assert ask(path, headers=html).status_code in (200, 204)
        assert mails_of(person) == "daily"
        page = reader.get(path, headers=html).text
        assert '<form method="post"' in page
        assert "Keine E-Mails mehr?" in page
        done = reader.post(path, headers=html, data=ONE_CLICK)
        assert "Es kommen keine E-Mails mehr" in done.text
        assert mails_of(person) == "off"
        assert reader.post(path, headers=html, data=ONE_CLICK).text == done.text
        for said in (page, done.text):
            assert "@" not in said
            assert "user_" not in said
    want_mails(person, "hourly")
    assert mails_of(person) == "hourly"


def test_nothing_is_told_of_who_is_gone_or_never_got_any(
    server: MailedServer, person: httpx.Client
) -> None:
    with server.listener() as reader:
        answers = {
            reader.post(leave_path_of(server, owner), headers={"Accept": "text/html"}).text
            for owner in (owner_of(server, person), Owner(1, 1), Owner(2**48 - 1, 2**48 - 1))
        }
    assert len(answers) == 1


def test_what_is_not_signed_for_this_is_nothing(server: MailedServer, person: httpx.Client) -> None:
    owner = owner_of(server, person)
    path = leave_path_of(server, owner)
    wrong = [
        leave_path_of(server, owner, OTHER_PURPOSE),
        path[:-1] + ("0" if path[-1] != "0" else "1"),
        path.replace(f"{owner.user_id:012x}", f"{owner.user_id ^ 1:012x}"),
        path.upper().replace("/LEAVE/", "/leave/"),
        path + "0",
        path.replace("lv1", "lv2"),
        "/leave/x",
        "/leave/" + "a" * 400,
    ]
    for one in wrong:
        for method in ("GET", "POST"):
            with server.listener() as stranger:
                answer = stranger.request(method, one)
                assert answer.status_code == 404, one
                assert answer.json()["error"]["code"] == "RESOURCE_NOT_FOUND"
    assert mails_of(person) == "daily"


def test_a_client_tries_and_presses_only_so_often(
    server: MailedServer, person: httpx.Client
) -> None:
    path = leave_path_of(server, owner_of(server, person))
    with contextlib.closing(server.listener()) as guessing:
        told = [guessing.get(f"/leave/lv1.{number}").status_code for number in range(MISSES + 2)]
    assert told == [404] * MISSES + [429] * 2
    with contextlib.closing(server.listener()) as pressing:
        told = [pressing.post(path, data=ONE_CLICK).status_code for _ in range(LIMIT + 1)]
        assert told == [200] * LIMIT + [429]
        page = pressing.post(path, data=ONE_CLICK, headers={"Accept": "text/html"})
        assert page.status_code == 429
        assert int(page.headers["retry-after"]) > 0
        assert pressing.get(path).status_code == 200
