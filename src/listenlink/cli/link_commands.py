"""`listenlink link` as commands. Their code, loaded when needed, is in `cli/links.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from listenlink.cli.options import Data, Json, Key, Server

link = typer.Typer(help="Links that were made.", no_args_is_help=True)


@link.command("show")
def show(
    share_id: Annotated[str, typer.Argument(help="mslink_…", metavar="LINK")],
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Show one of your links again: its address, its state and its terms."""
    from listenlink.cli import links

    links.show(share_id, server, api_key, as_json)


@link.command("reseal")
def reseal(data: Data = None, as_json: Json = False) -> None:
    """Seal the addresses of all links with the newest link key.

    With LISTENLINK_KEEP_LINKS=digest it destroys them."""
    from listenlink.cli import links

    links.reseal(data, as_json)
