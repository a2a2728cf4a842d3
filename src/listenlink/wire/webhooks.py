"""A webhook and what was sent to it, as its owner sees them."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from listenlink.wire.answers import WithSecrets


class Webhook(Struct, frozen=True):
    """A webhook. Of its address only the host is told. `paused_at` is since when nothing is sent there, and
    `pause_reason` why: `gone` after a 410, `given_up` after three days in which nothing was taken, `asked` if
    its owner wanted it."""

    id: str
    host: str
    events: list[str]
    shape: str
    created_at: datetime
    paused_at: datetime | None
    pause_reason: str | None


class NewWebhook(Webhook, WithSecrets, frozen=True):
    """A new webhook, or one with a new secret. `secret` is shown only this once."""

    secret: str


class Delivery(Struct, frozen=True):
    """One event on its way to a webhook. `state` is `waiting`, `delivered` or `failed`; `status` is what was
    answered last, `failure` why it wasn't taken. `due_at` is when it's sent next."""

    id: str
    message_id: str
    event: str
    state: str
    attempts: int
    status: int | None
    failure: str | None
    created_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
