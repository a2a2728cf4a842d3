"""What `listenlink share --for FILE` does: a link is made for each recipient that the file names."""

from __future__ import annotations

import codecs
import json
import secrets
import sys
from pathlib import Path
from typing import Any

from listenlink.cli.link_terms import asked_terms, option_of
from listenlink.cli.naming import read_target
from listenlink.cli.owning import ask, owner_of, sentence
from listenlink.cli.table import Column, Item, field, plain, print_list
from listenlink.errors import Problem, RefusesToStart
from listenlink.model.recipient_lines import MOST_BYTES, Read, read_recipients
from listenlink.model.spreadsheet import harmless, write_csv

_STDIN = Path("-")
_COLUMNS = (
    Column("label", field("label"), is_text=True),
    Column("link", field("url")),
    Column("opens", field("max_opens"), is_number=True),
    Column("until", field("expires_at")),
    Column("id", field("id")),
)


def share_with_each(
    target: str,
    file: Path | None,
    given: dict[str, Any],
    as_csv: bool,
    server: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Make the links, all or none, and print them in the file's order. Raises RefusesToStart."""
    if file is None:
        raise RefusesToStart("--csv: only together with --for")
    if as_csv and as_json:
        raise RefusesToStart("--csv: not together with --json")
    kind, number = read_target(target)
    terms, read = asked_terms(given), _read(file)
    named = {name: option_of(name) for name in terms} | _lines(read)
    sent = terms | {"recipients": [one.asked for one in read]}
    once = {"Idempotency-Key": secrets.token_hex(16)}
    with owner_of(server, api_key) as client:
        path = client.path_of(kind, number, "share", "batch")
        made = ask(lambda: client.post(path, json=sent, headers=once), named, number)
    if as_json:
        print(json.dumps(made))
    elif as_csv:
        _print_csv(made["items"])
    else:
        print_list(made["items"], _COLUMNS, "")


def _read(file: Path) -> list[Read]:
    try:
        if file == _STDIN:
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with file.open("rb") as opened:
                data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise RefusesToStart(f"--for: {sentence(error)}") from None
    if len(data) > MOST_BYTES:
        raise RefusesToStart("--for: this is larger than 1 MiB")
    try:
        return read_recipients(_text(data))
    except Problem as problem:
        line = problem.details.get("line")
        raise RefusesToStart(
            f"--for: {'' if line is None else f'line {line}: '}{problem.message}"
        ) from None


def _text(data: bytes) -> str:
    """The file's text, which is UTF-8: any other spelling would make other names of some."""
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        if not is_wide:
            return data.decode()
        line = 1
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    raise RefusesToStart(
        f"--for: line {line} isn't UTF-8: save the file as UTF-8, which a spreadsheet calls “CSV UTF-8”"
    )


def _lines(read: list[Read]) -> dict[str, str]:
    """What the server calls a recipient's field, by what stands there in the file."""
    fields = ("label", "max_opens", "expires_in_days")
    return {
        f"recipients[{place}].{name}": f"--for: line {one.line}"
        for place, one in enumerate(read)
        for name in fields
    }


def _print_csv(links: list[Item]) -> None:
    names = ("label", "url", "max_opens", "expires_at", "id")
    rows = [[harmless(plain(link[name])) for name in names] for link in links]
    # To the byte: a spreadsheet wants these line ends, and UTF-8 whatever the terminal speaks.
    sys.stdout.flush()
    sys.stdout.buffer.write(write_csv(names, rows).encode())
