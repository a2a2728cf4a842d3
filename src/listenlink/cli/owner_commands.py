"""`listenlink upload`, `share`, `revoke` and `engines` as commands. Their code is loaded when it's needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from listenlink.cli.options import Confirm, Credit, Csv, Declare, DeclareAi, Json, Key, Server
from listenlink.cli.term_options import (
    AllowDownload,
    ExpiresAt,
    ExpiresInDays,
    ExpiresInHours,
    ForEach,
    HidePreview,
    Label,
    Link,
    MaxOpens,
    Password,
    PasswordFile,
    StartsAt,
    StrictOpen,
    Version,
)


def upload(
    files: Annotated[
        list[Path],
        typer.Argument(help="Audio files, and folders of them.", metavar="PATH…", readable=False),
    ],
    engine: Annotated[
        str, typer.Option("--engine", help="What the music was made with; see `engines`.")
    ],
    mode: Annotated[str, typer.Option("--mode", help="creation or focus.")] = "creation",
    title: Annotated[str | None, typer.Option("--title", help="For one file alone.")] = None,
    instrumental: Annotated[bool, typer.Option("--instrumental", help="Without voice.")] = False,
    declare: Declare = None,
    credit: Credit = None,
    confirm: Confirm = False,
    ai: DeclareAi = None,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Upload tracks. Files in a folder that are there already aren't uploaded again."""
    from listenlink.cli import uploading
    from listenlink.cli.declaring import declared_fields, declared_mark

    facts = {"engine": engine, "mode": mode, "title": title, "instrumental": instrumental}
    facts |= declared_fields(declare, credit, confirm) | declared_mark(ai)
    uploading.upload(files, facts, server, api_key, as_json)


def share(
    target: Annotated[str, typer.Argument(help="mtrack_… or mcoll_…", metavar="TARGET")],
    expires_in_days: ExpiresInDays = None,
    expires_in_hours: ExpiresInHours = None,
    expires_at: ExpiresAt = None,
    starts_at: StartsAt = None,
    max_opens: MaxOpens = None,
    visibility: Annotated[
        str, typer.Option("--visibility", help="link_only or public.")
    ] = "link_only",
    label: Label = None,
    allow_download: AllowDownload = False,
    hide_preview: HidePreview = False,
    strict_open: StrictOpen = False,
    version: Version = None,
    password: Password = False,
    password_file: PasswordFile = None,
    for_each: ForEach = None,
    as_csv: Csv = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Make a link to a track or a collection, and show it; with --for, one for each who is named there.

    Without an end it opens for ever, without --max-opens any number of times."""
    from listenlink.cli import sharing, sharing_with_each
    from listenlink.cli.asked_password import read_password

    given = {
        "expires_in_days": expires_in_days, "expires_in_hours": expires_in_hours, "expires_at": expires_at,
        "starts_at": starts_at, "max_opens": max_opens, "visibility": visibility, "label": label,
        "allow_download": allow_download, "preview": not hide_preview, "strict_open": strict_open,
        "password": read_password(password, password_file), "version": version,
    }  # fmt: skip
    if for_each is not None or as_csv:
        sharing_with_each.share_with_each(target, for_each, given, as_csv, server, api_key, as_json)
    else:
        sharing.share(target, given, server, api_key, as_json)


def revoke(link: Link, server: Server = None, api_key: Key = None, as_json: Json = False) -> None:
    """Close a link, at once and for good."""
    from listenlink.cli import sharing

    sharing.revoke(link, server, api_key, as_json)


def engines(server: Server = None, api_key: Key = None, as_json: Json = False) -> None:
    """List what music may be uploaded as, and the licence that listeners see then."""
    from listenlink.cli import licences

    licences.list_engines(server, api_key, as_json)


def default_licence(
    declare: Declare = None,
    credit: Credit = None,
    confirm: Confirm = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Show what holds for own recordings that declare nothing, or set it, as an owner, with --declare."""
    from listenlink.cli import declaring

    said = declaring.declared_fields(declare, credit, confirm)
    declaring.default_licence(said, server, api_key, as_json)
