"""What `stats` prints: a link's, a track's or a collection's numbers, as the API has them.

Each is printed by what it is, a number, a table, numbers by name, so that one that a newer server adds is
there too, under the API's own name for it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from listenlink.cli.naming import link_id, read_id
from listenlink.cli.owning import ask, owner_of
from listenlink.cli.table import Column, Item, field, lines_of, print_facts
from listenlink.client import Client
from listenlink.errors import RefusesToStart
from listenlink.model import ids
from listenlink.model.one_line import one_line

_PREFIXES = {"tracks": ids.TRACK, "collections": ids.COLLECTION}
# A table's lines are whole, however wide: they're read here, not in passing.
_ANY_WIDTH = 10_000


def of_link(
    link: str, as_csv: bool, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Print a link's numbers. Raises RefusesToStart."""
    _require_one(as_csv, as_json)
    with owner_of(server, api_key) as client:
        number = link_id(client, link)
        _tell(client, client.path_of("share", number, "stats"), number, as_csv, as_json)


def of_thing(
    kind: str, named: str, as_csv: bool, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Print the numbers of a track or a collection over all its links. Raises RefusesToStart."""
    _require_one(as_csv, as_json)
    number = read_id(_PREFIXES[kind], named, kind[:-1].upper())
    with owner_of(server, api_key) as client:
        _tell(client, client.path_of(kind, number, "stats"), number, as_csv, as_json)


def _require_one(as_csv: bool, as_json: bool) -> None:
    if as_csv and as_json:
        raise RefusesToStart("--csv: not together with --json")


def _tell(client: Client, path: str, number: str, as_csv: bool, as_json: bool) -> None:
    if as_csv:
        accept = {"Accept": "text/csv"}
        answer = ask(lambda: client.send("GET", path + ".csv", headers=accept), about=number)
        # To the byte: a spreadsheet wants the line ends that the server wrote.
        sys.stdout.flush()
        sys.stdout.buffer.write(answer.content)
        return
    told = ask(lambda: client.get(path), about=number)
    if as_json:
        print(json.dumps(told))
    else:
        print_numbers(told)


def print_numbers(told: Item) -> None:
    """Print them for people: first what is one number, then what has several."""
    told = dict(told)
    within = told.pop("listening_within_seconds", None)
    if within is not None and told.get("listening") is not None:
        told["listening"] = f"{told['listening']}, within the last {within} seconds"
    print(one_line(str(told.pop("id", ""))))
    print_facts([(_words(name), value) for name, value in told.items() if _is_one(value)])
    for name, value in told.items():
        if not _is_one(value) and value:
            print(f"\n{_words(name).capitalize()}")
            _print_several(value)


def _is_one(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _print_several(value: Any) -> None:
    if isinstance(value, dict):
        print_facts([(_words(name), _flat(one)) for name, one in value.items()])
    elif all(isinstance(one, dict) for one in value):
        names = list(dict.fromkeys(name for one in value for name in one))
        columns = [Column(_words(name), field(name), _shown_of(name), is_number=_are_numbers(value, name))
                   for name in names]  # fmt: skip
        for line in lines_of(value, columns, _ANY_WIDTH):
            print(f"  {line}")
    else:
        print("  " + one_line(_flat(value)))


def _shown_of(name: str) -> Any:
    return lambda item: "" if item.get(name) is None else _narrow(item[name])


def _narrow(value: Any) -> str:
    """Within a table: several numbers stand in the order that their sums have below, by name."""
    return "/".join(map(_flat, value.values())) if isinstance(value, dict) else _flat(value)


def _are_numbers(items: list[Item], name: str) -> bool:
    return all(isinstance(item.get(name), int | float | None) for item in items)


def _flat(value: Any) -> str:
    """A value within a table or beside a name, however deep it is."""
    if isinstance(value, list):
        return ", ".join(map(_flat, value))
    if isinstance(value, dict):
        return ", ".join(f"{_words(name)} {_flat(one)}" for name, one in value.items())
    return str(value)


def _words(name: str) -> str:
    return one_line(str(name)).replace("_", " ")
