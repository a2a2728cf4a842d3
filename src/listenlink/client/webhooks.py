"""What arrives at a webhook: looked at, and read."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import DecodeError, Struct, ValidationError, field, json

from listenlink.wire.webhook_signing import ID, SIGNATURE, TIMESTAMP, is_signed, read_secret

TOLERANCE_SECONDS = 300


class WebhookError(Exception):
    """This isn't from who holds the secret, or it's old, or it isn't a webhook's message."""


class WebhookEvent(Struct, frozen=True):
    """What happened. `id` is that of the message: one that arrives again has the same. `data` holds ids,
    labels and numbers, by its `type`."""

    type: str
    timestamp: datetime
    data: dict[str, Any] = field(default_factory=dict)
    id: str = ""


def verify_webhook(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    tolerance_seconds: int = TOLERANCE_SECONDS,
) -> WebhookEvent:
    """Return the event of a request that was signed with this secret (`whsec_…`), not longer ago than this
    nor further ahead. `body` is the request's as it came: another spelling of the same JSON isn't signed.

    Raises WebhookError for any other request, and ValueError for what is no secret: also for an empty or
    short one, as is left where a setting isn't set, by which anybody could sign.
    """
    key = read_secret(secret)
    named = {name.lower(): value for name, value in headers.items()}
    number, sent_at = named.get(ID, ""), named.get(TIMESTAMP, "")
    if not number or not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) < 20):
        raise WebhookError("the headers of a webhook are missing")
    now_seconds = time.time()  # noqa: TID251 (the client knows nothing of the server's clock)
    if abs(now_seconds - int(sent_at)) > tolerance_seconds:
        raise WebhookError("this was sent too long ago, or one of the clocks is wrong")
    if not is_signed(key, number, int(sent_at), body, named.get(SIGNATURE, "")):
        raise WebhookError("this wasn't signed with the secret")
    try:
        event = json.decode(body, type=WebhookEvent)
    except (DecodeError, ValidationError) as error:
        raise WebhookError("this is no event") from error
    return WebhookEvent(event.type, event.timestamp, event.data, number)
