"""The options for a link's terms, where one is made and where it's changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ExpiresInDays = Annotated[
    int | None, typer.Option("--expires-in-days", help="How long it opens: 1 to 90 days.")
]
ExpiresInHours = Annotated[
    int | None, typer.Option("--expires-in-hours", help="The same in hours: 1 to 2160.")
]
ExpiresAt = Annotated[
    str | None,
    typer.Option(
        "--expires-at",
        help="Until when instead: 2026-12-24T18:00, by this machine's clock or with its zone.",
        metavar="MOMENT",
    ),
]
StartsAt = Annotated[
    str | None,
    typer.Option("--starts-at", help="From when it opens, in the same form.", metavar="MOMENT"),
]
MaxOpens = Annotated[int | None, typer.Option("--max-opens", help="How often it opens.")]
Label = Annotated[
    str | None, typer.Option("--label", help="Whom it's for; only you see it.", metavar="TEXT")
]
AllowDownload = Annotated[
    bool, typer.Option("--allow-download", help="The file may be taken along.")
]
HidePreview = Annotated[
    bool, typer.Option("--hide-preview", help="Show title and cover only once it's opened.")
]
StrictOpen = Annotated[
    bool, typer.Option("--strict-open", help="Only play, or JSON asked for by name, opens it.")
]
ForEach = Annotated[
    Path | None,
    typer.Option(
        "--for",
        help="One link for each named there: a line each, or CSV with label,max_opens,expires_in_days.",
        metavar="FILE",
        readable=False,
        allow_dash=True,
    ),
]
Password = Annotated[
    bool,
    typer.Option(
        "--password", help="With a password: asks for it, or reads a line that is piped in."
    ),
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file", help="With the password in this file's first line.", metavar="FILE"
    ),
]
Link = Annotated[str, typer.Argument(help="mslink_…, or its address.", metavar="LINK")]
Links = Annotated[list[str], typer.Argument(help="mslink_…, or its address.", metavar="LINK…")]

# Of a link that is changed: what is taken away, and what is settled one way or the other.
NoEnd = Annotated[bool, typer.Option("--no-end", help="Without an end.")]
NoMaxOpens = Annotated[bool, typer.Option("--no-max-opens", help="Any number of times.")]
NoLabel = Annotated[bool, typer.Option("--no-label", help="Without a label.")]
NoPassword = Annotated[bool, typer.Option("--no-password", help="Without a password.")]
OtherVisibility = Annotated[str | None, typer.Option("--visibility", help="link_only or public.")]
Download = Annotated[
    bool | None,
    typer.Option("--allow-download/--no-download", help="Whether the file may be taken along."),
]
Preview = Annotated[
    bool | None,
    typer.Option(
        "--hide-preview/--show-preview", help="Whether title and cover wait for the open."
    ),
]
Version = Annotated[
    str | None,
    typer.Option(
        "--version",
        help="Which version it leads to: follows, or pinned to that of when it was made.",
        metavar="WHICH",
    ),
]
Strict = Annotated[
    bool | None,
    typer.Option(
        "--strict-open/--no-strict-open",
        help="Whether only play opens it, or JSON asked for by name.",
    ),
]
