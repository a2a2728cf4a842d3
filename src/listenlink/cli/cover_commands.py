"""`listenlink cover` as commands. Their code, loaded when needed, is in `cli/covers.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from listenlink.cli.options import Json, Key, Server

cover = typer.Typer(help="Covers of tracks and collections.", no_args_is_help=True)

Target = Annotated[str, typer.Argument(help="mtrack_… or mcoll_…", metavar="TARGET")]


@cover.command("set")
def set_cover(
    target: Target,
    file: Annotated[Path, typer.Argument(help="A JPEG, PNG or WebP picture.", metavar="FILE")],
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Show a picture as the cover of a track or a collection, in place of any other."""
    from listenlink.cli import covers

    covers.set_cover(target, file, server, api_key, as_json)


@cover.command("remove")
def remove_cover(
    target: Target,
    restore: Annotated[
        bool, typer.Option("--restore", help="Show what the file, or a track of it, has.")
    ] = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Show no cover of a track or a collection."""
    from listenlink.cli import covers

    covers.remove_cover(target, restore, server, api_key, as_json)
