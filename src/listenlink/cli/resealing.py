"""What `listenlink link reseal` does, in the instance's folder."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from listenlink.actions.find_instance import (
    create_link_key,
    has_own_link_keys,
    load_link_ring,
)
from listenlink.actions.keep_address import Resealed
from listenlink.actions.keep_address import reseal as reseal_links
from listenlink.actions.telling.reseal_webhooks import reseal_webhooks
from listenlink.cli.opened import opened_database
from listenlink.model.sealing import TokenSealer, WebhookSealer
from listenlink.settings import load_settings


def reseal(data: Path | None, as_json: bool) -> None:
    """Seal every link's address, and every webhook's, with the newest key, making the first one where there
    is none, and print how many. Raises RefusesToStart."""
    settings = load_settings(data=data)
    with opened_database(settings) as database:
        if settings.keep_links == "sealed" and has_own_link_keys(settings):
            create_link_key(settings)
        ring = load_link_ring(settings)
        links = reseal_links(database, TokenSealer(ring))
        webhooks = reseal_webhooks(database, WebhookSealer(ring))
    if as_json:
        print(json.dumps({**asdict(links), "webhooks": asdict(webhooks)}))
        return
    if settings.keep_links == "digest":
        print(f"Destroyed the addresses of {links.destroyed} links: they open as before.")
    else:
        _tell("Links", links)
    _tell("Webhooks", webhooks)


def _tell(what: str, done: Resealed) -> None:
    print(f"{what} sealed anew: {done.resealed}. By the newest key already: {done.current}.")
    if done.unreadable:
        print(f"{what} not readable by any key there is, and left: {done.unreadable}.")
