"""`listenlink verify` and `new-marking-key` as commands. Their code is loaded when it's needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from listenlink.cli.options import Json, Key, PublicUrl, Server


def verify(
    what: Annotated[
        str, typer.Argument(help="An audio file, a link, or a track's address.", metavar="WHAT")
    ],
    manifest: Annotated[
        Path | None,
        typer.Option("--manifest", help="What is kept beside the file.", metavar="FILE"),
    ] = None,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Say whether a manifest holds for audio, and what it says.

    A link is opened for that, which counts as one open. Exit status 1 unless all holds."""
    from listenlink.cli import verifying

    verifying.verify(what, manifest, server, api_key, as_json)


def new_marking_key(public_url: PublicUrl = None) -> None:
    """Print a new key to sign manifests with, and its certificates."""
    from listenlink.cli import verifying

    verifying.print_new_key(public_url)
