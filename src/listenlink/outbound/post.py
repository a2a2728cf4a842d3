"""Sends a body to an address that somebody who has an account chose, and tells what came of it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import httpx

from listenlink.errors import Problem
from listenlink.model.client_address import Network
from listenlink.outbound.connection import CheckedTransport, RefusedAddressError, UnknownNameError

CONNECT_SECONDS = 5.0
SECONDS = 15.0
_MOST_READ_BYTES = 4096
_AGENT = "Listenlink-Webhooks/1"


class Failure(StrEnum):
    """Why nothing was taken. Never a word of what answered: that could be something inside."""

    REFUSED_ADDRESS = "address_not_allowed"
    UNKNOWN_NAME = "name_not_found"
    NO_CONNECTION = "no_connection"
    NO_TRUST = "certificate_not_trusted"
    TIMED_OUT = "timed_out"
    BROKEN = "broken_answer"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of it: `failure` is None if it was taken. `status` is that of the answer, if there was one,
    and `retry_after_seconds` what it asked to wait, as far as that is a whole number."""

    failure: Failure | None
    status: int | None = None
    retry_after_seconds: int | None = None


async def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    allowed: Sequence[Network] = (),
    context: ssl.SSLContext | None = None,
) -> Sent:
    """POST within 15 s, 5 of them to connect. A status of 2xx is success; redirects aren't followed; of the
    answer 4 KB at most are read. `allowed` networks may be sent to besides the open net, also unencrypted.
    `context` says whom to trust, by default the usual authorities."""
    is_encrypted = urlsplit(url).scheme == "https"
    transport = CheckedTransport(allowed, is_encrypted=is_encrypted, context=context)
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
    wait = answer.headers.get("retry-after", "")
    seconds = int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 8 else None
    return Sent(None if answer.is_success else Failure.STATUS, answer.status_code, seconds)


def _is_untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
