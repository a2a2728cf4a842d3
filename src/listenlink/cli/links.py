"""What `listenlink links` and `listenlink link` do with one's own links, by the API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from listenlink.cli.changing import require_some
from listenlink.cli.link_terms import asked_terms, option_of, terms_of
from listenlink.cli.listing import Kind, Wanted, fetch, latest_first, tell_list
from listenlink.cli.naming import link_id, link_ids, read_target, require_word
from listenlink.cli.own_command import own_command
from listenlink.cli.owning import ask, owner_of, say
from listenlink.cli.removing import remove_each
from listenlink.cli.sharing import draw_address, tell_address
from listenlink.cli.table import Column, Item, field
from listenlink.client import Client
from listenlink.model.folded import folded
from listenlink.model.share import LinkState

_NEVER = "9999"
_KIND = Kind(
    sorts={
        "opens": lambda item: -item["opens"],
        "opened": lambda item: latest_first(item["last_opened_at"]),
        "ends": lambda item: item["expires_at"] or _NEVER,
        "label": lambda item: (not item["label"], folded(item["label"] or "")),
    },
    options={"target_id": "--to", "state": "--state", "q": "--search"},
)
_NONE = "No links yet, or none like that. To make one:  listenlink share TRACK"
_COLUMNS = (
    Column("id", field("id")),
    Column("state", field("state")),
    Column("opens", field("opens"), lambda item: _of_how_many(item), is_number=True),
    Column("of", field("max_opens"), lambda _item: ""),
    Column("ends", field("expires_at"), lambda item: (item["expires_at"] or "never")[:10]),
    Column("label", field("label"), is_text=True),
    Column("target", field("target_id"), lambda _item: ""),
    Column("to", field("target_title"), is_text=True),
)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """By what the API narrows a list of links: what they lead to, how they stand, what their label has."""

    target: str | None = None
    state: str | None = None
    words: str | None = None


def list_links(
    narrowed: Narrowed, wanted: Wanted, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Print one's links. Raises RefusesToStart."""
    require_word("--state", narrowed.state, LinkState)
    target = None if narrowed.target is None else read_target(narrowed.target, "--to")[1]
    with owner_of(server, api_key) as client:
        items = fetch(
            client, client.path_of("share"), _KIND, wanted,
            target_id=target, state=narrowed.state, q=narrowed.words or None,
        )  # fmt: skip
    tell_list(items, _COLUMNS, _NONE, as_json)


def show(link: str, server: str | None, api_key: str | None, as_json: bool) -> None:
    """Print a link's address, its state and its terms; in a terminal, with a QR code. Raises
    RefusesToStart."""
    with owner_of(server, api_key) as client:
        number = link_id(client, link)
        told = ask(lambda: client.get(client.path_of("share", number)), about=number)
    if as_json:
        print(json.dumps(told))
        return
    print(told["url"] or _why_no_address(told))
    _tell(told)
    if told["url"]:
        draw_address(told)


def edit(
    link: str,
    given: dict[str, Any],
    lifted: dict[str, bool],
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Change a link's terms, and print them as they are then. Raises RefusesToStart."""
    changes = asked_terms(given, lifted)
    require_some(changes, "links edit")
    with owner_of(server, api_key) as client:
        number = link_id(client, link)
        path = client.path_of("share", number)
        named = {field: option_of(field, is_lifted=changes[field] is None) for field in changes}
        told = ask(lambda: client.patch(path, json=changes), named, number)
    if as_json:
        print(json.dumps(told))
    else:
        _tell(told)


def remove(
    links: list[str], yes: bool, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Close links. Raises RefusesToStart, and SystemExit if one of several can't be closed."""
    with owner_of(server, api_key) as client:
        remove_each(
            link_ids(client, links),
            lambda number: _farewell(client, number),
            lambda number: client.delete(client.path_of("share", number)),
            yes=yes, as_json=as_json,
        )  # fmt: skip


def rotate(link: str, server: str | None, api_key: str | None, as_json: bool) -> None:
    """Give a link a new address and print it; in a terminal, with a QR code. Raises RefusesToStart."""
    with owner_of(server, api_key) as client:
        number = link_id(client, link)
        told = ask(lambda: client.post(client.path_of("share", number, "rotate")), about=number)
    if as_json:
        print(json.dumps(told))
        return
    tell_address(told)
    print("The address before leads nowhere any more.")
    draw_address(told)


def _farewell(client: Client, number: str) -> str:
    told = client.get(client.path_of("share", number))
    label = f"“{told['label']}”, " if told["label"] else ""
    return (
        f"{label}to {told['target_title']}, {_opened(told)}. Closed, it never opens again, and who "
        "listens is cut off."
    )


def _tell(link: Item) -> None:
    say(f"{link['id']}  {link['state']}, {_opened(link)}, {terms_of(link)}")
    last = link["last_opened_at"]
    when = f", last opened {last}" if last else ""
    say(f"To {link['target_id']}  {link['target_title']}")
    say(f"Made {link['created_at']}{when}")


def _opened(link: Item) -> str:
    return "opened " + {0: "never", 1: "once"}.get(link["opens"], f"{link['opens']} times")


def _of_how_many(link: Item) -> str:
    most = link["max_opens"]
    return str(link["opens"]) if most is None else f"{link['opens']} of {most}"


def _why_no_address(link: Item) -> str:
    if link["state"] == LinkState.REVOKED:
        return "Its address can't be shown: it's closed."
    rotating = own_command("link", "rotate", link["id"])
    return (
        "Its address can't be shown: the key has no scope `share`, or the link was made where links aren't "
        f"kept. A new address:  {rotating}"
    )
