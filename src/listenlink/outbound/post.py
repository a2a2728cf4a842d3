"""Sends a body to an address that somebody who has an account chose, and tells what came of it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from listenlink.clock import SECOND_US, Clock
from listenlink.errors import Problem
from listenlink.model.client_address import Network
from listenlink.model.delivery import WITHIN_SECONDS as SECONDS
from listenlink.model.delivery import Failure, Sent
from listenlink.outbound.connection import CheckedTransport, RefusedAddressError, UnknownNameError

CONNECT_SECONDS = 5.0
_MOST_READ_BYTES = 4096
_MOST_DIGITS = 8
_LONGEST_SECONDS = 9_999_999
_AGENT = "Listenlink-Webhooks/1"


async def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    allowed: Sequence[Network] = (),
    context: ssl.SSLContext | None = None,
    whose: int | None = None,
) -> Sent:
    """POST within 15 s, 5 of them to connect. A status of 2xx is success; redirects aren't followed; of the
    answer 4 KB at most are read. `allowed` networks may be sent to besides the open net, also unencrypted.
    `context` says whom to trust, by default the usual authorities. `whose` is the number of the organisation
    that wants it sent: of each one name is looked up at a time."""
    is_encrypted = urlsplit(url).scheme == "https"
    transport = CheckedTransport(allowed, is_encrypted=is_encrypted, context=context, whose=whose)
    try:
        async with (
            asyncio.timeout(SECONDS),
            httpx.AsyncClient(
                transport=transport,
                timeout=httpx.Timeout(SECONDS, connect=CONNECT_SECONDS),
                follow_redirects=False,
                trust_env=False,
            ) as client,
            client.stream("POST", url, content=body, headers=_headers(headers)) as answer,
        ):
            await _read_some(answer)
            return _sent(answer)
    except RefusedAddressError:
        return Sent(Failure.REFUSED_ADDRESS)
    except UnknownNameError:
        return Sent(Failure.UNKNOWN_NAME)
    except (TimeoutError, httpx.TimeoutException, Problem):
        return Sent(Failure.TIMED_OUT)
    except httpx.ConnectError as error:
        return Sent(Failure.NO_TRUST if _is_untrusted(error) else Failure.NO_CONNECTION)
    except (httpx.HTTPError, httpx.InvalidURL):
        return Sent(Failure.BROKEN)


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    # A packed answer could become any length.
    return {"User-Agent": _AGENT, "Accept-Encoding": "identity", **headers}


async def _read_some(answer: httpx.Response) -> None:
    """Read a little of the answer, so that it's whole for a receiver that says little."""
    read = 0
    async for piece in answer.aiter_raw():
        read += len(piece)
        if read >= _MOST_READ_BYTES:
            break


def _sent(answer: httpx.Response) -> Sent:
    seconds = _read_wait(answer.headers.get("retry-after", ""))
    return Sent(None if answer.is_success else Failure.STATUS, answer.status_code, seconds)


def _read_wait(wait: str) -> int | None:
    """RFC 9110: a whole number of seconds, or a date."""
    if wait.isascii() and wait.isdigit():
        return int(wait) if len(wait) < _MOST_DIGITS else None
    try:
        until = parsedate_to_datetime(wait)
        seconds = round(until.timestamp() - Clock().now_us() / SECOND_US)
    except (ValueError, OverflowError, OSError):
        return None
    return min(max(seconds, 0), _LONGEST_SECONDS)


def _is_untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
