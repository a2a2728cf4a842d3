"""Invitations and sign-in links can be mailed to whom they're for, so often and no oftener."""

from __future__ import annotations

import contextlib
import html
import json
import re
from collections.abc import Iterator
from email.message import EmailMessage

import httpx
import pytest

from journeys.mailed import MailedServer, mailing, text_of
from listenlink.actions.signing_in.mail_link import MOST_OF_ORGANIZATION, MOST_TO_ONE
from signed_in import at_desk, first_email, stranger


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailedServer]:
    with mailing(tmp_path_factory.mktemp("instance")) as running:
        running.change("UPDATE organizations SET name = ?", "Evil\nBcc: x@y.example <b>")
        yield running


@pytest.fixture(scope="module")
def desk(server: MailedServer) -> Iterator[httpx.Client]:
    with contextlib.closing(at_desk(server)) as client:
        yield client


def invite(desk: httpx.Client, email: str, **more: str) -> str:
    sent = {"email": email, "role": "member", "by_mail": "yes"} | more
    answer = desk.post("/desk/people/invite", data=sent)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def link_in(mail: EmailMessage) -> str:
    (link,) = re.findall(r"http://\S+/desk/welcome#[0-9a-f]{64}", text_of(mail))
    return str(link)


def test_an_invitation_is_mailed_and_joins(server: MailedServer, desk: httpx.Client) -> None:
    page = invite(desk, "ana@invited.example")
    assert "It's mailed to ana@invited.example, too." in page
    mail = server.wait_for_mails(1)[0]
    assert mail["to"] == "ana@invited.example"
    assert mail["subject"] == "You are invited to Evil Bcc: x@y.example <b>"
    assert mail["bcc"] is None
    assert mail["list-unsubscribe"] is None
    said = text_of(mail)
    host = server.url.removeprefix("http://").replace("127.0.0.1", "localhost")
    assert said.startswith(
        f"{first_email(server)} invites you to Evil Bcc: x@y.example <b> on {host}, to share music there."
    )
    assert "<b>" not in text_of(mail, "html")
    # It's the one that is shown.
    assert link_in(mail) in page
    with stranger(server) as invited:
        assert (
            invited.post("/desk/welcome", data={"link": link_in(mail), "sure": "yes"}).status_code
            == 303
        )


def test_without_the_tick_it_is_only_shown(server: MailedServer, desk: httpx.Client) -> None:
    before = len(server.box.mails)
    assert "desk/welcome#" in invite(desk, "ben@invited.example", by_mail="")
    server.wait_for_mails(before)


def test_what_the_server_does_not_take_is_shown(server: MailedServer, desk: httpx.Client) -> None:
    server.box.answers = ["RCPT 550 no such user"]
    page = invite(desk, "nobody@invited.example")
    assert "the mail server didn't take it" in page
    assert "desk/welcome#" in page


def test_strangers_are_not_written_to_en_masse(server: MailedServer, desk: httpx.Client) -> None:
    """To one address, whoever invites, and of one organisation; beyond it the link is only shown."""
    before = len(server.box.mails)
    for number in range(MOST_TO_ONE + 1):
        page = invite(desk, " one@stranger.example" if number % 2 else "One@Stranger.example")
    assert "enough was mailed" in page
    assert "desk/welcome#" in page
    server.wait_for_mails(before + MOST_TO_ONE)
    # What one organisation had mailed is no other's fault.
    other = server.new_organization()
    ((email,),) = server.query(
        "SELECT email FROM users WHERE id = ?", int(other["user_id"].removeprefix("user_"), 16)
    )
    with contextlib.closing(at_desk(server, email)) as another:
        for _ in range(MOST_TO_ONE):
            assert "It's mailed to" in invite(another, "one@stranger.example")
        assert "enough was mailed" in invite(another, "one@stranger.example")
    ((spent,),) = server.query(
        "SELECT count(*) FROM mailed_links WHERE organization_id = ?",
        organization := int(server.organization_id.removeprefix("org_"), 16),
    )
    # All but the last were mailed at one time.
    for number in range(1, MOST_OF_ORGANIZATION - spent - 2):
        server.change(
            "INSERT INTO mailed_links (id, organization_id, reader, at)"
            " SELECT ?, organization_id, ?, at FROM mailed_links WHERE organization_id = ? LIMIT 1",
            number, number.to_bytes(32, "big"), organization,
        )  # fmt: skip
    for number in range(3):
        assert "It's mailed to" in invite(desk, f"user{number}@strangers.example")
    assert "enough was mailed" in invite(desk, "last@strangers.example")
    # A day later it may again.
    server.change("UPDATE mailed_links SET at = at - ?", 86_400 * 1_000_000)
    assert "It's mailed to" in invite(desk, "last@strangers.example")


def test_a_sign_in_link_is_mailed_by_the_operator(server: MailedServer) -> None:
    settings = {name: server.settings[name] for name in ("SMTP_URL", "MAIL_FROM")}
    member = server.new_member()
    ((email,),) = server.query(
        "SELECT email FROM users WHERE id = ?", int(member["user_id"].removeprefix("user_"), 16)
    )
    before = len(server.box.mails)
    asked = ("user", "sign-in-link", email.upper(), "--mail")
    unset = server.cli(*asked)
    assert unset.returncode == 1
    assert "LISTENLINK_SMTP_URL isn't set" in unset.stderr
    server.environment |= {f"LISTENLINK_{name}": value for name, value in settings.items()}
    try:
        done = server.cli(*asked, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["mailed_to"] == email
        assert "#" not in done.stdout
        mail = server.wait_for_mails(before + 1)[-1]
        assert (mail["to"], mail["subject"]) == (email, "Your link to sign in")
        with stranger(server) as person:
            assert person.post("/desk/welcome", data={"link": link_in(mail)}).status_code == 303
        server.box.answers = ["451 later"]
        refused = server.cli(*asked)
        assert refused.returncode == 1
        assert refused.stderr.count("\n") == 1
        assert "didn't take it" in refused.stderr
        assert server.cli(*asked).returncode == 0
        refused = server.cli(*asked)
        assert "enough was mailed" in refused.stderr
        assert server.cli("user", "sign-in-link", "nobody@x.example", "--mail").returncode == 1
    finally:
        for name in settings:
            del server.environment[f"LISTENLINK_{name}"]
    assert len(server.box.mails) == before + 2
