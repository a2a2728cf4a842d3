"""Things are removed: several at once, after asking on a terminal, and after being told to elsewhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from listenlink.cli.owning import ask, tell_done
from listenlink.client import Client
from listenlink.errors import RefusesToStart
from listenlink.model.one_line import one_line

Done = dict[str, Any]


def remove_each(
    ids: Sequence[str],
    tell: Callable[[str], str],
    remove: Callable[[str], Done],
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Remove each of them and print what the server says; one that can't be keeps none of the others. Before
    that, unless they said yes, whoever is at the terminal is asked: `tell` says what will become of each.

    As JSON it's the server's answer, or for several a list of these. Raises RefusesToStart, and SystemExit if
    one of several couldn't be removed."""
    if not yes:
        _require_consent(ids, tell)
    done, has_failed = [], False
    for number in ids:
        try:
            done.append(ask(partial(remove, number), about=number))
        except RefusesToStart as error:
            if len(ids) == 1:
                raise
            has_failed = True
            print(f"listenlink: {one_line(str(error))}", file=sys.stderr)
        else:
            if not as_json:
                tell_done(done[-1], as_json)
    if as_json:
        print(json.dumps(done[0] if len(ids) == 1 else {"items": done}))
    if has_failed:
        raise SystemExit(1)


def _require_consent(ids: Sequence[str], tell: Callable[[str], str]) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RefusesToStart("--yes: nobody can be asked here, so nothing was removed without it")
    for number in ids:
        told = ask(partial(tell, number), about=number)
        print(one_line(f"{number}  {told}"), file=sys.stderr)
    print("Remove? Anything but y changes nothing: ", end="", file=sys.stderr, flush=True)
    try:
        answer = sys.stdin.readline()
    except KeyboardInterrupt:
        print(file=sys.stderr)  # What comes next begins on a line of its own.
        raise
    if answer.strip().lower() not in ("y", "yes"):
        raise RefusesToStart("nothing was removed")


def open_links(client: Client, target: str) -> str:
    """How many links to a track or a collection open now, in words."""
    path = client.path_of("share")
    told = client.get(path, params={"target_id": target, "state": "active", "limit": 100})
    number = len(told["items"])
    if "next_cursor" in told:
        return f"more than {number} links to it open"
    return {0: "no link to it opens", 1: "one link to it opens"}.get(
        number, f"{number} links to it open"
    )
