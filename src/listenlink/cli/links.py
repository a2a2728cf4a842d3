"""What `listenlink link` does: an owner's by the API, the operator's in the instance's folder."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

from listenlink.actions.find_instance import (
    create_link_key,
    has_own_link_keys,
    load_link_ring,
)
from listenlink.actions.keep_address import reseal as reseal_all
from listenlink.cli.opened import opened_database
from listenlink.cli.owning import ask, client_of, organization_of, print_qr, terms_of
from listenlink.errors import RefusesToStart
from listenlink.model.sealing import TokenSealer
from listenlink.settings import load_settings

_NO_ADDRESS = (
    "Its address can't be shown: it's closed, the key has no scope `share`, or it was made where links "
    "aren't kept. A new address:  POST …/share/{id}/rotate"
)


def show(share_id: str, server: str | None, api_key: str | None, as_json: bool) -> None:
    """Print a link's address, its state and its terms; in a terminal, with a QR code. Raises
    RefusesToStart."""
    if re.fullmatch("mslink_[0-9a-f]{12}", share_id) is None:
        raise RefusesToStart(f"{share_id!r} is no link's id, which is like mslink_0123456789ab")
    with client_of(server, api_key) as client:
        path = f"/v1/music/{organization_of(client)}/share/{share_id}"
        link = ask(lambda: client.get(path))
    if as_json:
        print(json.dumps(link))
        return
    print(link["url"] or _NO_ADDRESS.replace("{id}", share_id))
    print(f"{share_id}  {link['state']}, opened {_times(link['opens'])}, {terms_of(link)}")
    if link["url"] and sys.stdout.isatty():
        print_qr(link["url"])


def _times(opens: int) -> str:
    return {0: "never", 1: "once"}.get(opens, f"{opens} times")


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
