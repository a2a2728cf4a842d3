"""Seal where webhooks are sent, and their secrets, with another link key, so that an exchange of keys
loses nothing.
"""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection

from listenlink.actions.keep_address import Resealed
from listenlink.model.sealing import WebhookSealer, sealed_by
from listenlink.store import every_webhook
from listenlink.store.database.database import Database
from listenlink.store.every_webhook import SealedWebhook

_ROWS_PER_STEP = 500


def reseal_webhooks(database: Database, sealer: WebhookSealer) -> Resealed:
    """Seal all of them with the newest key, some at a time. What can't be read stays as it is, and without
    any key so does all: a key may come back. May be repeated."""
    done, after_id = Resealed(), -1
    while some := database.read_now(partial(_list, after_id)):
        database.write_now(partial(_reseal, sealer, some, done))
        after_id = some[-1].webhook_id
    return done


def _list(after_id: int, connection: Connection) -> list[SealedWebhook]:
    return every_webhook.list_sealed(connection, after_id, _ROWS_PER_STEP)


def _reseal(
    sealer: WebhookSealer, some: list[SealedWebhook], done: Resealed, connection: Connection
) -> None:
    for one in some:
        if sealed_by(one.sealed) == sealer.newest:
            done.current += 1
            continue
        text = sealer.unseal(one.sealed, one.webhook_id)
        if text is None:
            done.unreadable += 1
        else:
            # Whose secret was exchanged meanwhile has the newest seal already.
            sealed = sealer.seal(text, one.webhook_id)
            done.resealed += every_webhook.replace_sealed(connection, one, sealed)
