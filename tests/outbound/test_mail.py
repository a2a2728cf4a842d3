"""Mails reach a real server whole, and no title becomes a header."""

from __future__ import annotations

import email
import email.policy
import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.clock import SECOND_US
from listenlink.model.mail_message import MailAddress, Written, write_message
from listenlink.outbound.mail import (
    MailPostponedError,
    MailRefusedError,
    MailServer,
    hand_in,
    read_mail_server,
)
from live.certificate import write_certificate
from outbound.mailbox import Box, serving

SENDER, READER = MailAddress("music@label.example", "A label"), MailAddress("ana@localhost.example")
NOW = 1_796_000_000 * SECOND_US


def written(title: str = "Song") -> Written:
    return Written(f"“{title}” was opened", f"{title} was heard.\nTwice.", f"<p>{title}</p>")


async def test_a_mail_arrives_with_all_that_is_in_it() -> None:
    box = Box()
    with serving(box) as port:
        leave = "https://music.example/leave/abc"
        message = write_message(written("Hällo ♪"), SENDER, READER, "mail_1", NOW, leave)
        await hand_in(MailServer("smtp+plain", "127.0.0.1", port, None, None), message)
    (mail,) = box.mails
    assert mail["subject"] == "“Hällo ♪” was opened"
    assert str(mail["from"]) == "A label <music@label.example>"
    assert mail["message-id"] == "<mail_1@label.example>"
    assert mail["list-unsubscribe"] == f"<{leave}>"
    assert mail["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert mail["auto-submitted"] == "auto-generated"
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert text.get_content().split() == ["Hällo", "♪", "was", "heard.", "Twice."]
    assert html.get_content().strip() == "<p>Hällo ♪</p>"


@given(st.text(max_size=80))
def test_no_title_becomes_a_header(title: str) -> None:
    message = write_message(
        written(title + "\r\nBcc: everybody@evil.example\r\n\r\nx"), SENDER, READER, "1", NOW
    )
    parsed = email.message_from_bytes(bytes(message), policy=email.policy.default)
    assert parsed["bcc"] is None
    assert sorted(parsed.keys()) == sorted(message.keys())


@pytest.mark.parametrize(
    "address", ["", "ana", "ana@\r\nBcc: x@y.example", "a b@c", "<ana@x.example>"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no mail address"):
        write_message(written(), SENDER, MailAddress(address), "1", NOW)


async def test_a_server_that_refuses_or_postpones() -> None:
    box, message = Box(), write_message(written(), SENDER, READER, "1", NOW)
    with serving(box) as port:
        server = MailServer("smtp+plain", "127.0.0.1", port, None, None)
        for answered in ("550 no such user", "RCPT 550 no such user", "554 spam"):
            box.answers = [answered]
            with pytest.raises(MailRefusedError) as refused:
                await hand_in(server, message)
            assert not str(refused.value)
        for answered in ("451 later", "RCPT 450 busy"):
            box.answers = [answered]
            with pytest.raises(MailPostponedError) as postponed:
                await hand_in(server, message)
            assert not str(postponed.value)
        await hand_in(server, message)
    with pytest.raises(MailPostponedError):
        await hand_in(server, message)
    assert len(box.mails) == 1


async def test_it_is_encrypted_and_the_server_is_who_it_says(tmp_path: Path) -> None:
    write_certificate(tmp_path, tmp_path / "authority.crt")
    presenting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    presenting.load_cert_chain(tmp_path / "listenlink.crt", tmp_path / "listenlink.key")
    trusting = ssl.create_default_context(cafile=str(tmp_path / "authority.crt"))
    box, message = Box(), write_message(written(), SENDER, READER, "1", NOW)
    said = {"tls_context": presenting, "authenticator": box, "auth_required": True}
    with serving(box, require_starttls=True, **said) as port:
        right = read_mail_server(f"smtp://ana%40label:right%20word@localhost:{port}")
        await hand_in(right, message, trusting)
        assert box.logins[-1][1:] == (b"ana@label", b"right word")
        for wrong, context in (
            (right, ssl.create_default_context()),
            (right._replace(password="wrong"), trusting),
            (right._replace(scheme="smtps"), trusting),
        ):
            with pytest.raises(MailPostponedError):
                await hand_in(wrong, message, context)
    with serving(box) as port, pytest.raises(MailPostponedError):
        await hand_in(right._replace(port=port), message, trusting)
    assert len(box.mails) == 1


@pytest.mark.parametrize(
    "url",
    [
        "", "mail.example", "http://mail.example", "smtp://", "smtp://mail.example:0x", "smtp://u@mail.example",
        "smtp://mail.example:99999", "smtp://mail.example/path", "smtp://mail.example?x=1", "smtp://:p@mail.example",
    ],
)  # fmt: skip
def test_what_is_no_mail_server(url: str) -> None:
    with pytest.raises(ValueError, match=r"this (is an address|has no port)|a user needs"):
        read_mail_server(url)


def test_a_password_is_not_in_what_is_said_of_an_address() -> None:
    for url in (
        "smtp://u:hidden@mail.example:x",
        "smtp://u:hidden@mail.example/x",
        "x://u:hidden@y",
    ):
        with pytest.raises(ValueError) as caught:  # noqa: PT011 (what it doesn't say is asked)
            read_mail_server(url)
        assert "hidden" not in str(caught.value)


def test_ports_go_without_saying() -> None:
    assert read_mail_server("smtp://mail.example").port == 587
    assert read_mail_server("smtps://mail.example").port == 465
    assert read_mail_server("smtp+plain://[::1]").host == "::1"
