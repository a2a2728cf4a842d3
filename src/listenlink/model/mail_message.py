"""A mail as it's sent: plain text, the same as small HTML, and a way not to get any more."""

from __future__ import annotations

import email.policy
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import Policy
from email.utils import format_datetime
from typing import NamedTuple

from listenlink.model.moment import moment_of
from listenlink.model.one_line import one_line

_SUBJECT_LENGTH = 150
_MOST_CHARACTERS = 100_000
# RFC 5322: of a line, without its end.
_LINE_LENGTH = 998


class _PlainLine(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc]  # As the library joins them.
    """A header that stays one line of ASCII: where the library would fold it, it writes encoded words, which
    no program reads in a `List-Unsubscribe` (RFC 8058) or takes for a `Message-ID`."""

    def fold(self, *, policy: Policy) -> str:
        """The line. Raises ValueError for one that is no line of a mail."""
        line = f"{self.name}: {self}"
        if len(line) > _LINE_LENGTH or not line.isascii() or not line.isprintable():
            raise ValueError(f"{self.name} is no line of a mail")
        return line + policy.linesep


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _PlainLine)
_HEADERS.map_to_type("message-id", _PlainLine)
_POLICY = email.policy.default.clone(header_factory=_HEADERS)


class Written(NamedTuple):
    """What a mail says."""

    subject: str
    text: str
    html: str


class MailAddress(NamedTuple):
    """Who sends, or who is sent to. `name` is shown beside the address."""

    address: str
    name: str = ""


def write_message(
    written: Written,
    sender: MailAddress,
    to: MailAddress,
    number: str,
    now_us: int,
    leave_url: str | None = None,
) -> EmailMessage:
    """The message. `number` is its own, the same whenever it's sent again. With a `leave_url` whoever gets it
    can leave with one press in their mail program (RFC 8058).

    A title in a subject is one line, whatever it brings: it can't begin another header. Raises ValueError for
    an address that is none.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(sender)
    message["To"] = _address(to)
    message["Subject"] = one_line(written.subject)[:_SUBJECT_LENGTH]
    message["Date"] = format_datetime(moment_of(now_us))
    domain = sender.address.rpartition("@")[2]
    message["Message-ID"] = f"<{number}@{domain}>"
    # RFC 3834: nobody's out-of-office program needs to answer this.
    message["Auto-Submitted"] = "auto-generated"
    if leave_url is not None:
        message["List-Unsubscribe"] = f"<{leave_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(written.text[:_MOST_CHARACTERS])
    message.add_alternative(written.html, subtype="html")
    return message


def _address(address: MailAddress) -> Address:
    try:
        return Address(one_line(address.name), addr_spec=address.address)
    except Exception as error:  # The library raises several kinds, IndexError among them.
        raise ValueError(f"{address.address!r} is no mail address") from error
