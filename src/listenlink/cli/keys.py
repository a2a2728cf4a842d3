"""What `listenlink keys` does, by the API: one's own API keys in the organisation."""

from __future__ import annotations

import json
from typing import Any

from listenlink.cli.changing import require_some
from listenlink.cli.listing import Kind, Wanted, fetch, tell_list
from listenlink.cli.naming import read_id, read_ids, require_word
from listenlink.cli.owning import ask, owner_of, say
from listenlink.cli.removing import remove_each
from listenlink.cli.table import Column, Item, field, print_facts
from listenlink.client import Client
from listenlink.errors import RefusesToStart
from listenlink.model import ids
from listenlink.wire.bodies import SCOPES

_STATES = ("active", "expired", "deactivated")
_NEVER = "9999"
_KIND = Kind(sorts={"ends": lambda item: item["expires_at"] or _NEVER})
_COLUMNS = (
    Column("id", field("id")),
    Column("begins", field("shown_prefix")),
    Column("state", field("state")),
    Column("made", field("created_at"), lambda item: item["created_at"][:10]),
    Column("ends", field("expires_at"), lambda item: (item["expires_at"] or "never")[:10]),
    Column("scopes", field("scopes"), is_text=True),
)
_FIELDS = {"scopes": "--scopes", "expires_in_days": "--expires-in-days"}


def list_keys(
    state: str | None, wanted: Wanted, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Print one's keys, never the keys themselves. Raises RefusesToStart."""
    require_word("--state", state, _STATES)
    with owner_of(server, api_key) as client:
        items = _fetch(client, Wanted(None if state else wanted.limit, wanted.sort))
    kept = [item for item in items if state in (None, item["state"])]
    tell_list(kept[: wanted.limit], _COLUMNS, "No keys like that.", as_json)


def show(key_id: str, server: str | None, api_key: str | None, as_json: bool) -> None:
    """Print one key, never the key itself. Raises RefusesToStart."""
    number = read_id(ids.API_KEY, key_id, "KEY")
    with owner_of(server, api_key) as client:
        _tell(_find(client, number), as_json)


def make(
    scopes: str, expires_in_days: int | None, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Make a key and print it, this once. Raises RefusesToStart."""
    asked = {"scopes": [scope.strip() for scope in scopes.split(",") if scope.strip()]}
    for scope in asked["scopes"]:
        require_word("--scopes", scope, SCOPES)
    with owner_of(server, api_key) as client:
        path = client.path_of("keys")
        body = asked | {"expires_in_days": expires_in_days}
        made = ask(lambda: client.post(path, json=body), _FIELDS)
    if as_json:
        print(json.dumps(made))
        return
    print(made["api_key"])
    say(f"{made['id']}  {','.join(made['scopes'])}, {_end(made)}")
    print("The API key is shown this once.")


def edit(
    key_id: str, changes: dict[str, Any], server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Change when a key ends, and print it. Raises RefusesToStart."""
    number = read_id(ids.API_KEY, key_id, "KEY")
    require_some(changes, "keys edit")
    with owner_of(server, api_key) as client:
        path = client.path_of("keys", number)
        _tell(ask(lambda: client.patch(path, json=changes), _FIELDS, number), as_json)


def remove(
    key_ids: list[str], yes: bool, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Switch keys off. Raises RefusesToStart, and SystemExit if one of several can't be."""
    numbers = read_ids(ids.API_KEY, key_ids, "KEY")
    with owner_of(server, api_key) as client:
        remove_each(
            numbers,
            lambda number: _farewell(client, number),
            lambda number: client.delete(client.path_of("keys", number)),
            yes=yes, as_json=as_json,
        )  # fmt: skip


def asked_end(expires_in_days: int | None, no_end: bool) -> dict[str, Any]:
    """What is to change of a key. Raises RefusesToStart for two that don't go together."""
    if no_end and expires_in_days is not None:
        raise RefusesToStart("--no-end: not together with --expires-in-days")
    if no_end:
        return {"expires_in_days": None}
    return {} if expires_in_days is None else {"expires_in_days": expires_in_days}


def _fetch(client: Client, wanted: Wanted) -> list[Item]:
    return fetch(client, client.path_of("keys"), _KIND, wanted)


def _find(client: Client, number: str) -> Item:
    for key in _fetch(client, Wanted()):
        if key["id"] == number:
            return key
    raise RefusesToStart(f"{number}: you have no such key in this organisation")


def _farewell(client: Client, number: str) -> str:
    key = _find(client, number)
    mine = ", the one that this command uses" if client.has_key_like(key["shown_prefix"]) else ""
    return (
        f"{key['shown_prefix']}…, {key['state']}{mine}. Switched off, it's refused at once and for good; "
        "what was made with it stays."
    )


def _tell(key: Item, as_json: bool) -> None:
    if as_json:
        print(json.dumps(key))
        return
    say(f"{key['id']}  {key['state']}, {_end(key)}")
    print_facts([
        ("begins", key["shown_prefix"]),
        ("scopes", ",".join(key["scopes"])),
        ("made", key["created_at"]),
    ])  # fmt: skip


def _end(key: Item) -> str:
    return "without end" if key["expires_at"] is None else f"until {key['expires_at']}"
