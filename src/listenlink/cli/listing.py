"""Lists of what one owns, fetched whole or as far as is wanted: narrowed, sorted, and printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from listenlink.cli.owning import ask
from listenlink.cli.table import Column, Item, print_list
from listenlink.client import Client
from listenlink.errors import RefusesToStart
from listenlink.model.sought import Sought

NEWEST, OLDEST = "newest", "oldest"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a list is wanted, besides what the API narrows it by: items with these words in their texts, in
    which order, and how many of these."""

    limit: int | None = None
    sort: str = NEWEST
    search: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of list: the texts of an item that words are looked for in, by what it can be sorted besides its
    age, and what its query parameters are called as options."""

    texts: Callable[[Item], Sequence[str | None]] = lambda _item: ()
    sorts: Mapping[str, Callable[[Item], Any]] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


def fetch(client: Client, path: str, kind: Kind, wanted: Wanted, **narrowed: Any) -> list[Item]:
    """The items that are wanted, as the API has them. No more is asked for than is needed for
    that. Raises RefusesToStart."""
    known = (NEWEST, OLDEST, *kind.sorts)
    if wanted.sort not in known:
        raise RefusesToStart(f"--sort: must be one of {', '.join(known)}")
    if wanted.limit is not None and wanted.limit < 1:
        raise RefusesToStart("--limit: must be a whole number from 1 on")
    sought = Sought(wanted.search)
    found = (
        item
        for item in client.pages(path, dict[str, Any], **narrowed)
        if sought.is_in(*kind.texts(item))
    )
    if wanted.sort == NEWEST:
        return ask(lambda: list(islice(found, wanted.limit)), kind.options)
    items = ask(lambda: list(found), kind.options)
    if wanted.sort == OLDEST:
        items.reverse()
    else:
        items.sort(key=kind.sorts[wanted.sort])
    return items[: wanted.limit]


def latest_first(moment: str | None) -> float:
    """What sorts by a time of the API's, the latest first and none last."""
    return -datetime.fromisoformat(moment).timestamp() if moment else 0.0


def tell_list(
    items: Sequence[Item], columns: Sequence[Column], none: str, as_json: bool, **beside: Any
) -> None:
    """Print the items: as one JSON document in the form of the API's lists, with what stands beside the items
    there, or as a list."""
    if as_json:
        print(json.dumps(beside | {"items": list(items)}))
    else:
        print_list(items, columns, none)
