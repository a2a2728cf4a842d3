"""What is a mail server and a sender in the settings, and what isn't."""

from __future__ import annotations

import pytest

from listenlink.model.mail_message import MailAddress
from listenlink.model.mail_server import read_mail_server, read_sender


@pytest.mark.parametrize(
    "url",
    [
        "", "mail.example", "http://mail.example", "smtp://", "smtp://mail.example:0x", "smtp://u@mail.example",
        "smtp://mail.example:99999", "smtp://mail.example/path", "smtp://mail.example?x=1", "smtp://:p@mail.example",
        "smtp://mail.example:0", "smtp://mail.example#x", "smtp://mail example", "smtp://[::1", "smtp://-x",
    ],
)  # fmt: skip
def test_what_is_no_mail_server(url: str) -> None:
    with pytest.raises(ValueError, match=r"must (be like smtp|have)"):
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


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("music@label.example", "", "music@label.example"),
        ("A label <music@label.example>", "A label", "music@label.example"),
        ('"Label, Inc." <music@label.example>', "Label, Inc.", "music@label.example"),
    ],
)
def test_senders(text: str, name: str, address: str) -> None:
    assert read_sender(text) == MailAddress(address, name)


@pytest.mark.parametrize(
    "text",
    [
        "", "music", "music@", "@label.example", "a@b.example, c@d.example",
        "<a@b.example>\r\nBcc: c@d.example",
        "A label music@label.example", "A\x00 <a@b.example>", "A <a@bücher.example>",
        "A" * 400 + " <a@b.example>",
    ],
)  # fmt: skip
def test_what_is_no_sender(text: str) -> None:
    with pytest.raises(ValueError, match="must be an address like"):
        read_sender(text)
