"""What a creator declares on the command line: options as the API's fields, what was declared, and the
organisation's default."""

from __future__ import annotations

import json

from listenlink.cli.listing import Kind, Wanted, fetch, tell_list
from listenlink.cli.naming import read_id, require_word
from listenlink.cli.owning import ask, owner_of, say
from listenlink.cli.table import Column, Item, field
from listenlink.errors import RefusesToStart
from listenlink.model import ids
from listenlink.wire.bodies import AI_MARKS, TERMS

# What a field of the API is called here.
OPTIONS = {
    "declared_licence": "--declare",
    "attribution_text": "--credit",
    "confirmed": "--confirm",
    "ai": "--ai",
}
_COLUMNS = (
    Column("declared", field("declared_at")),
    Column("by", field("declared_by"), is_text=True),
    Column("licence", field("declared_licence")),
    Column("credit", field("attribution_text"), is_text=True),
)
_NONE = "Nothing was declared. To do that:  listenlink tracks edit TRACK --declare TERMS"
_LISTEN_ONLY = "Nothing is declared by default: own recordings are to be listened to only."


def declared_fields(terms: str | None, credit: str | None, confirm: bool) -> dict[str, str | bool]:
    """The fields of what these options declare; none if that's nothing. Raises RefusesToStart."""
    if terms is None:
        for option, is_given in (("--credit", credit is not None), ("--confirm", confirm)):
            if is_given:
                raise RefusesToStart(f"{option}: goes with --declare")
        return {}
    require_word("--declare", terms, TERMS)
    said: dict[str, str | bool] = {"declared_licence": terms}
    if credit is not None:
        said["attribution_text"] = credit
    return said | ({"confirmed": True} if confirm else {})


def declared_mark(ai: str | None) -> dict[str, str | bool]:
    """The field of how much AI made, as it's declared; none if nothing is. Raises RefusesToStart."""
    require_word("--ai", ai, AI_MARKS)
    return {} if ai is None else {"ai": ai}


def list_declared(track_id: str, server: str | None, api_key: str | None, as_json: bool) -> None:
    """Print what was declared of a track, the newest first. Raises RefusesToStart."""
    number = read_id(ids.TRACK, track_id, "TRACK")
    with owner_of(server, api_key) as client:
        path = client.path_of("tracks", number, "declarations")
        items = ask(lambda: fetch(client, path, Kind(), Wanted()), about=number)
    tell_list(items, _COLUMNS, _NONE, as_json)


def default_licence(
    said: dict[str, str | bool], server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Print what holds for what the organisation's people record, having set it if something is said. Raises
    RefusesToStart."""
    with owner_of(server, api_key) as client:
        path = client.path_of("licence-default")
        if said:
            told: Item = ask(lambda: client.put(path, json=said), OPTIONS)
        else:
            told = ask(lambda: client.get(path))
    if as_json:
        print(json.dumps(told))
        return
    found = told["default"]
    if found is None:
        print(_LISTEN_ONLY)
        return
    credit = f", credit: {found['attribution_text']}" if found["attribution_text"] else ""
    say(f"{found['declared_licence']}{credit}")
    say(f"by {found['declared_by']}, {found['declared_at']}")
