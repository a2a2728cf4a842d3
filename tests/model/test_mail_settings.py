"""The settings for mails: both or neither, and a password that no refusal quotes."""

from __future__ import annotations

import pytest

from listenlink.settings import PREFIX, load_settings
from model.test_settings import _clean_environment as _clean_environment
from model.test_settings import refusal


def test_mails_need_both_and_a_refusal_does_not_quote_the_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = refusal(monkeypatch, "SMTP_URL", "smtp://user:hidden@mail.example")
    assert told == "LISTENLINK_MAIL_FROM: must be set, too: mails need both"
    told = refusal(monkeypatch, "SMTP_URL", "smtp://user:hidden@mail.example:x")
    assert told == "LISTENLINK_SMTP_URL: must have a port from 1 to 65535, and a host"
    monkeypatch.delenv(PREFIX + "SMTP_URL")
    told = refusal(monkeypatch, "MAIL_FROM", "music@label.example")
    assert told == "LISTENLINK_SMTP_URL: must be set, too: mails need both"
    monkeypatch.setenv(PREFIX + "SMTP_URL", "smtps://user:hidden@mail.example")
    settings = load_settings()
    assert settings.sends_mail
    assert "hidden" not in repr(settings)
