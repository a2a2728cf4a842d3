"""`listenlink clock` as a command. Its code, loaded when needed, is in `cli/confirming.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from listenlink.cli.options import Data, Json


def clock(
    data: Data = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="This machine's clock is right: go by it from now on.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show which times an instance knows, and say that this machine's clock is right."""
    from listenlink.cli import confirming

    confirming.clock(data, confirm, as_json)
