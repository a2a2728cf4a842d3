"""Hands mails to the operator's mail server, which the operator chose, so that it may be inside."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from email.message import EmailMessage
from functools import partial

import aiosmtplib
import structlog

from listenlink.errors import Problem
from listenlink.model.mail_message import MailAddress, Written, write_message
from listenlink.model.mail_server import MailServer
from listenlink.threads import MAIL_LOOK_UPS

# For each step, and for all of them: a server that says something every now and then ends, too.
_STEP_SECONDS = 15.0
WITHIN_SECONDS = 30.0
_FOR_GOOD = 500
# RFC 3463: what a server says in front of its words. These are of an address alone; others of what it thinks
# of the sender, or of its own state, whatever number goes before.
_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_OF_NOBODY = ("5.1.1", "5.1.2", "5.1.3", "5.1.6")
_PERHAPS_OF_NOBODY = (550, 553)
_log = structlog.get_logger()


class MailRefusedError(Exception):
    """The server refused this mail for good; to hand it in again would be in vain."""


class NoSuchReaderError(MailRefusedError):
    """There is nobody who gets mails at that address."""


class MailPostponedError(Exception):
    """It can't be handed in now: the server didn't take it this time."""

    may_have_arrived = False


class PerhapsNoReaderError(MailPostponedError):
    """Perhaps there is nobody at that address: the server refuses it, and doesn't say why."""


class MailServerAwayError(MailPostponedError):
    """There is no connection to the server, or no trust, or it doesn't let this program hand in anything."""

    def __init__(self, *, may_have_arrived: bool = False) -> None:
        super().__init__()
        self.may_have_arrived = may_have_arrived


async def hand_in(
    server: MailServer, message: EmailMessage, context: ssl.SSLContext | None = None
) -> None:
    """Hand in one mail. Raises MailRefusedError, or MailPostponedError, without a word of what was said."""
    client: aiosmtplib.SMTP | None = None
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            connected = await _connect(server.host, server.port)
            # From here on it's the library's, which closes it: closed beneath that, its number would soon be
            # another connection's.
            async with _client(server, message, connected, context) as client:
                await client.send_message(message)
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _judge(error.recipients) from error
    except aiosmtplib.SMTPDataError as error:
        if error.code >= _FOR_GOOD:
            raise MailRefusedError from error
        raise MailPostponedError from error
    except aiosmtplib.SMTPSenderRefused as error:
        # For good: who sends is the operator's to mend, and no mail is taken before.
        raise (MailServerAwayError if error.code >= _FOR_GOOD else MailPostponedError)() from error
    except (aiosmtplib.SMTPException, OSError, ValueError, Problem) as error:
        # A wrong password is the operator's to mend: it's handed in again. What broke off behind that, the
        # server may have taken.
        raise MailServerAwayError(may_have_arrived=client is not None) from error


def _client(
    server: MailServer,
    message: EmailMessage,
    connected: socket.socket,
    context: ssl.SSLContext | None,
) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=None,
        sock=connected,
        username=server.user,
        password=server.password,
        use_tls=server.scheme == "smtps",
        start_tls=server.scheme == "smtp",
        tls_context=context,
        # By default the library asks what this machine is called, which may hang.
        local_hostname=message["From"].addresses[0].domain,
        timeout=_STEP_SECONDS,
    )


def _judge(refused: list[aiosmtplib.SMTPRecipientRefused]) -> Exception:
    """What it means that the one reader of a mail was refused."""
    (one,) = refused
    enhanced = _ENHANCED.match(one.message)
    if enhanced is None and one.code in _PERHAPS_OF_NOBODY:
        return PerhapsNoReaderError()
    if enhanced is not None and enhanced[1] in _OF_NOBODY and one.code >= _FOR_GOOD:
        return NoSuchReaderError()
    return MailPostponedError()


async def _connect(host: str, port: int) -> socket.socket:
    """A connection to the first of its addresses that takes one. The name is looked up in a thread of its
    own kind: what looks names up may hang."""
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    failure: OSError = OSError("no address is known")
    for family, kind, protocol, _, address in await MAIL_LOOK_UPS.run(ask):
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        try:
            async with asyncio.timeout(_STEP_SECONDS):
                await asyncio.get_running_loop().sock_connect(made, address)
            return made
        except OSError as error:
            made.close()
            failure = error
        except BaseException:
            made.close()
            raise
    raise failure


class MailMan:
    """Sends an instance's mails. `sent` and `failed` count; `is_working` is whether the server could be
    handed the last one: what it thinks of one mail, or of one reader, is no fault of anything here."""

    def __init__(
        self, server: MailServer, sender: MailAddress, context: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._sender = sender
        self._context = context
        self.sent = self.failed = 0
        self.is_working = True

    async def send(
        self, written: Written, to: str, number: str, now_us: int, leave_url: str | None = None
    ) -> None:
        """Send one; `number` is as in `write_message`. Raises MailRefusedError, and MailPostponedError."""
        try:
            message = write_message(
                written, self._sender, MailAddress(to), number, now_us, leave_url
            )
            await hand_in(self._server, message, self._context)
        except ValueError as error:
            self.failed += 1
            raise NoSuchReaderError from error
        except MailRefusedError as error:
            self._note(is_working=True)
            _log.warning("mail_refused", error=type(error).__name__)
            raise
        except MailPostponedError as error:
            self._note(is_working=not isinstance(error, MailServerAwayError))
            _log.warning("mail_postponed", error=type(error.__cause__).__name__)
            raise
        self.sent += 1
        self.is_working = True

    def _note(self, *, is_working: bool) -> None:
        self.failed += 1
        self.is_working = is_working
