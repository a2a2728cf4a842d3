"""What `listenlink webhook` does, by the API: one's own webhooks, and what was sent to them."""

from __future__ import annotations

import json
import sys
import time

from listenlink.cli.listing import Kind, Wanted, fetch, tell_list
from listenlink.cli.naming import read_id, read_ids, require_word
from listenlink.cli.owning import ask, owner_of, say
from listenlink.cli.removing import remove_each
from listenlink.cli.table import Column, Item, field
from listenlink.client import Client
from listenlink.errors import RefusesToStart
from listenlink.model import ids
from listenlink.wire.bodies import EVENTS, WEBHOOK_URL_LENGTH

# An attempt ends within 15 s, and begins some seconds after it was asked for.
_ENDS_WITHIN_SECONDS = 30.0
_AGAIN_AFTER_SECONDS = 0.5
_SHAPES = ("standard", "discord", "slack", "ntfy", "gotify")
_FIELDS = {"url": "URL", "events": "--events", "shape": "--shape"}
_COLUMNS = (
    Column("id", field("id")),
    Column("address", field("host"), is_text=True),
    Column("shape", field("shape")),
    Column("paused", field("pause_reason")),
    Column("made", field("created_at"), lambda item: item["created_at"][:10]),
    Column("events", field("events"), is_text=True),
)
_DELIVERED = (
    Column("id", field("id")),
    Column("event", field("event")),
    Column("state", field("state")),
    Column("attempts", field("attempts"), is_number=True),
    Column("status", field("status"), is_number=True),
    Column("failure", field("failure")),
    Column("made", field("created_at")),
    Column("next", field("due_at")),
)


def add(
    url: str,
    events: str | None,
    shape: str,
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Make a webhook and print its secret, this once. Raises RefusesToStart."""
    wanted = list(EVENTS) if events is None else [one.strip() for one in events.split(",")]
    for event in wanted:
        require_word("--events", event, EVENTS)
    require_word("--shape", shape, _SHAPES)
    # What is read may be longer than any address: then it's the server's to say so.
    where = sys.stdin.readline(WEBHOOK_URL_LENGTH + 2).strip() if url == "-" else url
    sent = {"url": where, "events": wanted, "shape": shape}
    with owner_of(server, api_key) as client:
        made = ask(lambda: client.post(client.path_of("webhooks"), json=sent), _FIELDS)
    if as_json:
        print(json.dumps(made))
        return
    print(made["secret"])
    say(f"{made['id']}  {made['host']}, {made['shape']}, {','.join(made['events'])}")
    print("The secret is shown this once.")


def list_webhooks(
    limit: int | None, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Print one's webhooks. Raises RefusesToStart."""
    with owner_of(server, api_key) as client:
        items = fetch(client, client.path_of("webhooks"), Kind(), Wanted(limit))
    tell_list(items, _COLUMNS, "No webhooks.", as_json)


def remove(
    webhook_ids: list[str], yes: bool, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Remove webhooks. Raises RefusesToStart, and SystemExit if one of several can't be."""
    numbers = read_ids(ids.WEBHOOK, webhook_ids, "WEBHOOK")
    with owner_of(server, api_key) as client:
        remove_each(
            numbers,
            lambda number: _farewell(client, number),
            lambda number: client.delete(client.path_of("webhooks", number)),
            yes=yes, as_json=as_json,
        )  # fmt: skip


def try_out(webhook_id: str, server: str | None, api_key: str | None, as_json: bool) -> None:
    """Have a test sent, and print what came of it. Raises RefusesToStart, and SystemExit if it failed."""
    number = read_id(ids.WEBHOOK, webhook_id, "WEBHOOK")
    with owner_of(server, api_key) as client:
        path = client.path_of("webhooks", number, "test")
        sent = ask(lambda: client.post(path), about=number)
        _tell_delivery(_wait_for(client, number, sent), as_json)


def list_deliveries(
    webhook_id: str, limit: int | None, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Print what was sent. Raises RefusesToStart."""
    number = read_id(ids.WEBHOOK, webhook_id, "WEBHOOK")
    with owner_of(server, api_key) as client:
        path = client.path_of("webhooks", number, "deliveries")
        # One that isn't there is named, as a list isn't.
        ask(lambda: client.get(path, params={"limit": 1}), about=number)
        items = fetch(client, path, Kind(), Wanted(limit))
    tell_list(items, _DELIVERED, "Nothing was sent there.", as_json)


def resend(
    webhook_id: str, delivery_id: str, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Have something sent again, and print what came of it. Raises as `try_out` does."""
    number = read_id(ids.WEBHOOK, webhook_id, "WEBHOOK")
    which = read_id(ids.DELIVERY, delivery_id, "DELIVERY")
    with owner_of(server, api_key) as client:
        path = client.path_of("webhooks", number, "deliveries", which, "resend")
        sent = ask(lambda: client.post(path), about=which)
        _tell_delivery(_wait_for(client, number, sent), as_json)


def pause(
    webhook_id: str, is_paused: bool, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Pause a webhook, or go on, and print it. Raises RefusesToStart."""
    number = read_id(ids.WEBHOOK, webhook_id, "WEBHOOK")
    with owner_of(server, api_key) as client:
        path = client.path_of("webhooks", number)
        told = ask(lambda: client.patch(path, json={"paused": is_paused}), about=number)
    if as_json:
        print(json.dumps(told))
        return
    state = "is sent to" if told["paused_at"] is None else f"paused since {told['paused_at']}"
    say(f"{number}  {told['host']}, {state}")


def _farewell(client: Client, number: str) -> str:
    for webhook in fetch(client, client.path_of("webhooks"), Kind(), Wanted()):
        if webhook["id"] == number:
            return (
                f"{webhook['host']}, {','.join(webhook['events'])}. Nothing is sent there any more."
            )
    raise RefusesToStart(f"{number}: you have no such webhook in this organisation")


def _wait_for(client: Client, number: str, sent: Item) -> Item:
    """The delivery once it was tried, or as it is when that takes too long."""
    path = client.path_of("webhooks", number, "deliveries")
    until = time.monotonic() + _ENDS_WITHIN_SECONDS
    told = sent
    while not (told["failure"] or told["ended_at"]) and time.monotonic() < until:
        time.sleep(_AGAIN_AFTER_SECONDS)
        newest = ask(lambda: client.get(path, params={"limit": 100}), about=number)["items"]
        told = next((one for one in newest if one["id"] == sent["id"]), told)
    return told


def _tell_delivery(delivery: Item, as_json: bool) -> None:
    if as_json:
        print(json.dumps(delivery))
    else:
        said = [delivery["state"], delivery["failure"], delivery["status"]]
        told = ", ".join(str(one) for one in said if one is not None)
        say(f"{delivery['id']}  {delivery['event']}: {told}")
    if delivery["state"] != "delivered":
        raise SystemExit(1)
