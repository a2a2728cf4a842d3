"""Mailing a sign-in link, for the operator."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from sqlalchemy import Connection

from listenlink.actions.find_instance import find_mailman
from listenlink.actions.signing_in.mail_link import Mailed, hand_in_link, may_mail
from listenlink.actions.signing_in.sign_in_by_link import NewSignInLink, make_link
from listenlink.cli.people import write
from listenlink.clock import Clock
from listenlink.errors import RefusesToStart
from listenlink.model.moment import iso_seconds
from listenlink.settings import load_settings
from listenlink.store import people, telling_settings
from listenlink.web.pages.link_mails import sign_in_mail


def mail_sign_in_link(data: Path | None, email: str, as_json: bool) -> None:
    """Make a one-time link to the desk and mail it to whom it signs in. Raises RefusesToStart."""
    settings, now_us = load_settings(data=data), Clock().now_us()
    mailman = find_mailman(settings)
    if mailman is None:
        raise RefusesToStart(
            "LISTENLINK_SMTP_URL isn't set, so nothing can be mailed; without --mail the link is shown"
        )

    def make(connection: Connection) -> tuple[NewSignInLink, str, str]:
        made = make_link(connection, email, now_us)
        user_id = people.find_user(connection, email) or 0
        address = people.find_email(connection, user_id) or email
        if not may_mail(connection, None, address, now_us):
            raise RefusesToStart(
                f"enough was mailed to {email} for a day; without --mail the link is shown"
            )
        return made, address, telling_settings.find_language_of(connection, user_id) or "en"

    made, address, language = write(data, make)
    written = sign_in_mail(made, settings.desk_url, language)
    if asyncio.run(hand_in_link(mailman, address, written, now_us)) is not Mailed.SENT:
        raise RefusesToStart(
            "the mail server didn't take it, and nothing was sent; without --mail the link is shown"
        )
    ends_at = iso_seconds(made.ends_at)
    told = {"mailed_to": address, "expires_at": ends_at}
    print(
        json.dumps(told)
        if as_json
        else f"Mailed to {address}. It signs them in, once, until {ends_at}."
    )
