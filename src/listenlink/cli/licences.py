"""What `listenlink engines` prints, and a licence in the words that a listener reads."""

from __future__ import annotations

import shutil
import sys
import textwrap

from listenlink.cli.listing import Kind, Wanted, fetch, tell_list
from listenlink.cli.owning import owner_of
from listenlink.cli.table import Column, Item, field
from listenlink.model.licence import UNCLEAR, Licence, LicenceClass
from listenlink.model.one_line import one_line
from listenlink.web.pages.licence_words import licence_name, licence_sentence

_COLUMNS = (
    Column("engine", field("engine_key")),
    Column("licence", field("licence_class"), lambda item: told_class(item["licence_class"])),
    Column("source", field("requires_attribution"),
           lambda item: "to be named" if item["requires_attribution"] else ""),
    Column("ai", field("ai")),
    Column("name", field("display_name"), is_text=True),
    Column("terms", field("licence_version"), lambda _item: ""),
)  # fmt: skip
_NONE = "No engine's terms are known here: whatever is uploaded is told as unclear."


def list_engines(server: str | None, api_key: str | None, as_json: bool) -> None:
    """Print as what music may be uploaded, and which licence follows; in a terminal, also what listeners read
    of each. Raises RefusesToStart."""
    with owner_of(server, api_key) as client:
        items = fetch(client, client.path_of("engines"), Kind(), Wanted())
    tell_list(items, _COLUMNS, _NONE, as_json)
    if as_json or not sys.stdout.isatty():
        return
    print("\nA listener reads:")
    width = shutil.get_terminal_size().columns
    for line in dict.fromkeys(map(_read_of, [*items, _UNKNOWN])):
        print(textwrap.fill(one_line(line), width, initial_indent="  ", subsequent_indent="    "))


def told_class(licence_class: str) -> str:
    """What a class is called; one that this release doesn't know, by its own name."""
    known = [one for one in LicenceClass if one == licence_class]
    return licence_name(Licence(known[0], "", False), str) if known else licence_class


_UNKNOWN = {"licence_class": UNCLEAR.licence_class, "requires_attribution": True}


def _read_of(item: Item) -> str:
    known = [one for one in LicenceClass if one == item["licence_class"]]
    if not known:
        return str(item["licence_class"])
    licence = Licence(known[0], "", item["requires_attribution"])
    named = licence_name(licence, str)
    if licence.licence_class is LicenceClass.UNCLEAR:
        named += ", as of any other engine"
    return f"{named}: {licence_sentence(licence, str)}"
