"""What comes before every command: `--version`, and a word about variables that are no settings."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from listenlink import __version__

# What looks like a setting, also if it's spelled LISTNLINK_…; and what is one for sure.
_LIKE_OURS = "LIST"
_OURS = frozenset({"LISTENLINK_DATA", "LISTENLINK_SERVER", "LISTENLINK_API_KEY"})


def _tell_version(asked: bool) -> None:
    if asked:
        print(f"listenlink {__version__}")
        raise typer.Exit


def begin(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the release, and exit.", is_eager=True, callback=_tell_version
        ),
    ] = False,
) -> None:
    """Share music by link."""
    names = [name for name in os.environ if name.upper().startswith(_LIKE_OURS)]
    if set(names) <= _OURS:
        return
    # Imported here: without such variables a client's command starts in half the time.
    from listenlink.settings import list_unknown

    for line in list_unknown(names):
        print(f"listenlink: {line}", file=sys.stderr)
