"""Options that several commands have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="The instance's folder.",
        envvar="LISTENLINK_DATA",
        metavar="DIR",
        readable=False,  # What may not be read is said by whoever reads it.
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Server = Annotated[
    str | None, typer.Option("--server", help="The server's URL.", envvar="LISTENLINK_SERVER")
]
Key = Annotated[
    str | None,
    typer.Option("--api-key", help="Your API key.", envvar="LISTENLINK_API_KEY", show_envvar=True),
]
Host = Annotated[str | None, typer.Option("--host", help="The address to listen on.")]
Port = Annotated[int | None, typer.Option("--port", help="The port to listen on.")]
PublicUrl = Annotated[
    str | None, typer.Option("--public-url", help="Where listeners reach the server.")
]
Search = Annotated[
    str, typer.Option("--search", help="Only with each of these words in it.", metavar="WORDS")
]
Limit = Annotated[
    int | None, typer.Option("--limit", help="At most so many; without it: all.", metavar="N")
]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask first.")]
Declare = Annotated[
    str | None,
    typer.Option(
        "--declare",
        help="What may be done with it: listen_only, CC-BY-4.0, commercial …; see docs/api.md.",
        metavar="TERMS",
    ),
]
Credit = Annotated[
    str | None, typer.Option("--credit", help="How the source is to be named.", metavar="TEXT")
]
Confirm = Annotated[
    bool,
    typer.Option("--confirm", help="I know that a Creative Commons licence can't be taken back."),
]
DeclareAi = Annotated[
    str | None,
    typer.Option(
        "--ai",
        help="How much of it AI made: assisted, or generated. It can't be taken back.",
        metavar="MARK",
    ),
]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")]
