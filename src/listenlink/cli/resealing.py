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
from listenlink.actions.keep_address import reseal as reseal_all
from listenlink.cli.opened import opened_database
from listenlink.model.sealing import TokenSealer
from listenlink.settings import load_settings


def reseal(data: Path | None, as_json: bool) -> None:
    """Seal every link's address with the newest key, making the first one where there is none, and print how
    many. Raises RefusesToStart."""
    settings = load_settings(data=data)
    with opened_database(settings) as database:
        if settings.keep_links == "sealed" and has_own_link_keys(settings):
            create_link_key(settings)
        done = reseal_all(database, TokenSealer(load_link_ring(settings)))
    if as_json:
        print(json.dumps(asdict(done)))
        return
    if settings.keep_links == "digest":
        print(f"Destroyed the addresses of {done.destroyed} links: they open as before.")
        return
    print(f"Sealed anew: {done.resealed}. By the newest key already: {done.current}.")
    if done.unreadable:
        print(f"Not readable by any key there is, and left: {done.unreadable}.")
