"""`listenlink tracks` for versions, as commands. Their code, loaded when needed, is in `cli/versions.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from listenlink.cli.options import Json, Key, Server, Yes

_Track = Annotated[str, typer.Argument(help="mtrack_…", metavar="TRACK")]
_Number = Annotated[int, typer.Argument(help="Its number, from 1 on.", metavar="VERSION", min=1)]


def replace(
    track: _Track,
    file: Annotated[
        Path, typer.Argument(help="The new audio.", metavar="FILE", dir_okay=False, readable=False)
    ],
    engine: Annotated[
        str | None, typer.Option("--engine", help="What it's made with, if not the same.")
    ] = None,
    yes: Yes = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Put in a new version of a track. Its links lead to it at once, but for those that are pinned.

    If it's longer or shorter by more than two seconds, you're asked first."""
    from listenlink.cli import versions

    versions.replace(track, file, engine, yes, server, api_key, as_json)


def list_versions(
    track: _Track, server: Server = None, api_key: Key = None, as_json: Json = False
) -> None:
    """List the versions of a track, the newest first."""
    from listenlink.cli import versions

    versions.list_versions(track, server, api_key, as_json)


def use_version(
    track: _Track,
    version: _Number,
    yes: Yes = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Make a version the current one, to which links lead, but for those that are pinned."""
    from listenlink.cli import versions

    versions.use(track, version, yes, server, api_key, as_json)


def remove_version(
    track: _Track,
    version: _Number,
    yes: Yes = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Remove a version for good. Links that are pinned to it lead nowhere then."""
    from listenlink.cli import versions

    versions.remove(track, version, yes, server, api_key, as_json)
