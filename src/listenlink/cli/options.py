"""Options that several commands have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path | None,
    typer.Option("--data", help="The instance's folder.", envvar="LISTENLINK_DATA", metavar="DIR"),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
