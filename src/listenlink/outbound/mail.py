"""Hands mails to the operator's mail server, which the operator chose, so that it may be inside."""

from __future__ import annotations

import ssl
from email.message import EmailMessage
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import aiosmtplib

_SECONDS = 15.0
_FOR_GOOD = 500
_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


class MailServer(NamedTuple):
    """Where mails are handed in. `scheme` is `smtp`, encrypted from the second word on (STARTTLS), `smtps`,
    from the first, or `smtp+plain`, not at all."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None


class MailRefusedError(Exception):
    """The server refused this mail for good; to hand it in again would be in vain."""


class MailPostponedError(Exception):
    """It can't be handed in now: no connection, no trust, or the server says to come again."""


def read_mail_server(url: str) -> MailServer:
    """Read an address like `smtp://user:password@mail.example:587`. Raises ValueError that doesn't quote it:
    there is a password in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("this has no port from 1 to 65535") from None
    if (
        parts.scheme not in _PORTS
        or not parts.hostname
        or parts.path not in ("", "/")
        or parts.query
    ):
        raise ValueError("this is an address like smtp://user:password@mail.example:587")
    user, password = (
        None if text is None else unquote(text) for text in (parts.username, parts.password)
    )
    if (user is None) != (password is None) or user == "":
        raise ValueError("a user needs a password, and a password a user")
    return MailServer(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], user, password)


async def hand_in(
    server: MailServer, message: EmailMessage, context: ssl.SSLContext | None = None
) -> None:
    """Hand in one mail. Raises MailRefusedError, or MailPostponedError, without a word of what was said."""
    try:
        await aiosmtplib.send(
            message,
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.scheme == "smtps",
            start_tls=server.scheme == "smtp",
            tls_context=context,
            timeout=_SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        if all(one.code >= _FOR_GOOD for one in error.recipients):
            raise MailRefusedError from error
        raise MailPostponedError from error
    except aiosmtplib.SMTPResponseException as error:
        # A wrong password is the operator's to mend: then it's handed in again.
        if error.code >= _FOR_GOOD and not isinstance(error, aiosmtplib.SMTPAuthenticationError):
            raise MailRefusedError from error
        raise MailPostponedError from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise MailPostponedError from error
