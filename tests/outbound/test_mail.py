"""Mails reach a real server whole, and no title becomes a header."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import ssl
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.clock import SECOND_US
from listenlink.model.mail_message import MailAddress, Written, write_message
from listenlink.model.mail_server import MailServer, read_mail_server
from listenlink.outbound.mail import (
    MailMan,
    MailPostponedError,
    MailRefusedError,
    MailServerAwayError,
    NoSuchReaderError,
    PerhapsNoReaderError,
    hand_in,
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


async def test_the_way_to_leave_is_one_plain_line_however_long_it_is() -> None:
    """As bytes: what parses a mail here would make encoded words whole again, and mail programs don't."""
    box, leave = Box(), "https://music.example/leave/" + "a" * 300
    number = "org_0123456789abc.usr_0123456789abc." + "1" * 60
    with serving(box) as port:
        message = write_message(written(), SENDER, READER, number, NOW, leave)
        await hand_in(MailServer("smtp+plain", "127.0.0.1", port, None, None), message)
    lines = box.raw[0].split(b"\r\n")
    assert f"List-Unsubscribe: <{leave}>".encode() in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    assert f"Message-ID: <{number}@label.example>".encode() in lines


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
        for answered in ("550 not like this", "554 spam"):
            box.answers = [answered]
            with pytest.raises(MailRefusedError) as refused:
                await hand_in(server, message)
            assert not str(refused.value)
            assert not isinstance(refused.value, NoSuchReaderError)
        for answered in ("451 later", "RCPT 450 busy"):
            box.answers = [answered]
            with pytest.raises(MailPostponedError) as postponed:
                await hand_in(server, message)
            assert not str(postponed.value)
            assert not isinstance(postponed.value, MailServerAwayError | PerhapsNoReaderError)
        await hand_in(server, message)
    with pytest.raises(MailServerAwayError):
        await hand_in(server, message)
    assert len(box.mails) == 1


@pytest.mark.parametrize(
    ("answered", "meant"),
    [
        ("550 5.1.1 no such user", NoSuchReaderError),
        ("550 5.1.2 no such host", NoSuchReaderError),
        ("553 5.1.3 bad address", NoSuchReaderError),
        ("551 5.1.6 moved", NoSuchReaderError),
        ("550 no such user", PerhapsNoReaderError),
        ("553 5 users", PerhapsNoReaderError),
        ("550 5.7.1 relaying denied", MailPostponedError),
        ("550 5.1.10 null mx", MailPostponedError),
        ("552 5.2.2 mailbox full", MailPostponedError),
        ("550 4.1.1 odd", MailPostponedError),
        ("554 blocked by a list", MailPostponedError),
        ("450 5.1.1 odd", MailPostponedError),
    ],
)
async def test_only_who_is_nobody_has_no_more_mails(answered: str, meant: type[Exception]) -> None:
    box, message = Box(), write_message(written(), SENDER, READER, "1", NOW)
    box.answers = [f"RCPT {answered}"]
    with serving(box) as port, pytest.raises((MailRefusedError, MailPostponedError)) as caught:
        await hand_in(MailServer("smtp+plain", "127.0.0.1", port, None, None), message)
    assert type(caught.value) is meant


async def test_it_is_encrypted_and_the_server_is_who_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
        # After a wrong password the library waits for one more answer.
        monkeypatch.setattr("listenlink.outbound.mail._STEP_SECONDS", 2.0)
        for wrong, context in (
            (right, ssl.create_default_context()),
            (right._replace(password="wrong"), trusting),
            (right._replace(scheme="smtps"), trusting),
        ):
            with pytest.raises(MailServerAwayError) as away:
                await hand_in(wrong, message, context)
            assert not away.value.may_have_arrived
    monkeypatch.undo()
    with serving(box) as port, pytest.raises(MailPostponedError):
        await hand_in(right._replace(port=port), message, trusting)
    assert len(box.mails) == 1


async def test_a_server_that_says_nothing_or_drips_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each step has its time, and so have all together."""
    monkeypatch.setattr("listenlink.outbound.mail.WITHIN_SECONDS", 1.0)
    message = write_message(written(), SENDER, READER, "1", NOW)

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"220-wait\r\n")
                await writer.drain()
                await asyncio.sleep(0.1)

    async def hang(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    for behaves in (drip, hang):
        listening = await asyncio.start_server(behaves, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        began = time.monotonic()
        with pytest.raises(MailPostponedError):
            await hand_in(MailServer("smtp+plain", "127.0.0.1", port, None, None), message)
        assert 0.5 < time.monotonic() - began < 5
        listening.close()


async def test_whether_it_works_is_known_by_the_last_one() -> None:
    box = Box()
    with serving(box) as port:
        mailman = MailMan(MailServer("smtp+plain", "127.0.0.1", port, None, None), SENDER)
        box.answers = ["451 later", "RCPT 550 5.1.1 no such user"]
        seen = []
        for to in ("ana@localhost.example", "ana@localhost.example", "no address", "ana@x.example"):
            with contextlib.suppress(MailPostponedError, MailRefusedError):
                await mailman.send(written(), to, "1", NOW)
            seen.append((mailman.sent, mailman.failed, mailman.is_working))
    assert seen == [(0, 1, True), (0, 2, True), (0, 3, True), (1, 3, True)]
    with pytest.raises(MailServerAwayError):
        await mailman.send(written(), "ana@x.example", "1", NOW)
    assert not mailman.is_working


async def test_what_broke_off_behind_its_words_may_have_arrived() -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            if line.startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
            elif line == b".\r\n":
                break
            elif line[:4] in (b"EHLO", b"MAIL", b"RCPT"):
                writer.write(b"250 yes\r\n")
        writer.close()

    listening = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    message = write_message(written(), SENDER, READER, "1", NOW)
    with pytest.raises(MailServerAwayError) as away:
        await hand_in(MailServer("smtp+plain", "127.0.0.1", port, None, None), message)
    assert away.value.may_have_arrived
    listening.close()
