"""The operator's mail server and the address that mails come from, as the settings give them."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from listenlink.model.email import is_email
from listenlink.model.mail_message import MailAddress
from listenlink.model.one_line import one_line

_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+")
_LIKE = "must be like smtp://user:password@mail.example:587"
_SENDER = "must be an address like music@label.example, or A label <music@label.example>"
_MOST_CHARACTERS = 320


class MailServer(NamedTuple):
    """Where mails are handed in. `scheme` is `smtp`, encrypted from the second word on (STARTTLS), `smtps`,
    from the first, or `smtp+plain`, not at all."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None


def read_mail_server(url: str) -> MailServer:
    """Read an address like `smtp://user:password@mail.example:587`. Raises ValueError that doesn't quote it:
    there is a password in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("must have a port from 1 to 65535, and a host") from None
    if (
        parts.scheme not in _PORTS
        or _HOST.fullmatch(parts.hostname or "") is None
        or parts.path not in ("", "/")
        or parts.query
        or parts.fragment
        or port == 0
    ):
        raise ValueError(_LIKE)
    user, password = (
        None if text is None else unquote(text) for text in (parts.username, parts.password)
    )
    if (user is None) != (password is None) or user == "":
        raise ValueError("must have both a user and a password, or neither")
    host = parts.hostname or ""
    return MailServer(parts.scheme, host, port or _PORTS[parts.scheme], user, password)


def read_sender(text: str) -> MailAddress:
    """Read an address, with or without a name in front. Raises ValueError."""
    name, address = parseaddr(text)
    is_whole = text.strip() in (address, f"{name} <{address}>", f'"{name}" <{address}>')
    if not is_whole or not is_email(address) or not address.isascii() or one_line(text) != text:
        raise ValueError(_SENDER)
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(_SENDER)
    return MailAddress(address, name)
