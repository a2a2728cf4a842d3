"""Where somebody wants to be told of their links and tracks, by which secrets they know it's us."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from listenlink.clock import DAY_US
from listenlink.errors import invalid
from listenlink.model.moment import is_over
from listenlink.model.notice import WANTED, Event
from listenlink.model.owner import Owner
from listenlink.model.sealing import WebhookSealer
from listenlink.model.webhook_shapes import Shape, refuse_address
from listenlink.wire.webhook_signing import write_secret

SECRET_BYTES = 32
URL_LENGTH = 1024
MOST_OF_A_USER = 20
_SHOWN_LENGTH = 200


class PauseReason(StrEnum):
    """Why nothing is sent to a webhook: it answered 410, nothing arrived for three days, or its owner wanted
    it."""

    GONE = "gone"
    GIVEN_UP = "given_up"
    ASKED = "asked"


class Webhook(NamedTuple):
    """A webhook without its address and its secret, which are `sealed`. `shown` is what may be told of the
    address. Times in epoch µs."""

    id: int
    owner: Owner
    sealed: bytes
    shown: str
    events: tuple[str, ...]
    shape: str
    created_at: int
    paused_at: int | None
    pause_reason: str | None


class Fares(NamedTuple):
    """How an organisation's webhooks fare: how many there are, how many are off because nobody took what was
    sent, how much waits to be sent, and how much of that has failed so far."""

    webhooks: int
    off: int
    waiting: int
    failing: int


class Receiver(msgspec.Struct, frozen=True):
    """An address, and the key that what is sent there is signed with; while that is exchanged, also with the
    one before it, until `old_until` (epoch µs)."""

    url: str
    key: bytes
    old_key: bytes | None = None
    old_until: int = 0

    @property
    def secret(self) -> str:
        """The key, as its owner is shown it."""
        return write_secret(self.key)

    def keys(self, now_us: int) -> list[bytes]:
        """What is signed with now."""
        is_old = self.old_key is None or is_over(self.old_until, now_us)
        return [self.key] if is_old or self.old_key is None else [self.key, self.old_key]

    def exchanged(self, now_us: int) -> Receiver:
        """With another key; the one before it is good for a day more."""
        return Receiver(self.url, secrets.token_bytes(SECRET_BYTES), self.key, now_us + DAY_US)

    def seal(self, sealer: WebhookSealer, webhook_id: int) -> bytes:
        """As it's stored."""
        return sealer.seal(msgspec.msgpack.encode(self), webhook_id)


def new_receiver(url: str, shape: Shape) -> Receiver:
    """One with a new key. Raises a 422 Problem for an address that nothing of this shape can be sent to.
    Whether it may be connected to is only known when it is."""
    if len(url) > URL_LENGTH:
        raise invalid("url", f"An address has at most {URL_LENGTH} characters.")
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or any(character <= " " or character == "\x7f" for character in url):
        raise invalid("url", "This is an address like https://example.org/hook.")
    if parts.username is not None or parts.password is not None:
        raise invalid("url", "An address has no name or password in front of its host.")
    refusal = refuse_address(shape, url)
    if refusal is not None:
        raise invalid("url", refusal)
    return Receiver(url, secrets.token_bytes(SECRET_BYTES))


def read_receiver(sealer: WebhookSealer, sealed: bytes, webhook_id: int) -> Receiver | None:
    """What was sealed for this webhook; None if its key is lost."""
    text = sealer.unseal(sealed, webhook_id)
    return None if text is None else msgspec.msgpack.decode(text, type=Receiver)


def shown_address(url: str) -> str:
    """What of an address may be listed: paths of some programs are secrets."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{port}/…"[:_SHOWN_LENGTH]


def read_events(names: Sequence[str]) -> tuple[Event, ...]:
    """The events of these names, each once, in the order they're defined in. Raises a 422 Problem."""
    known = {event.value for event in WANTED}
    for place, name in enumerate(names):
        if name not in known:
            raise invalid(f"events[{place}]", f"This is one of {', '.join(WANTED)}.")
    if not names:
        raise invalid("events", "At least one is needed.")
    return tuple(event for event in WANTED if event.value in names)
