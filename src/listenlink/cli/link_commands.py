"""`listenlink links` and `link` as commands. Their code, loaded when needed, is in `cli/links.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from listenlink.cli.options import Csv, Data, Json, Key, Limit, Server, Yes
from listenlink.cli.term_options import (
    Download,
    ExpiresAt,
    ExpiresInDays,
    ExpiresInHours,
    Label,
    Link,
    Links,
    MaxOpens,
    NoEnd,
    NoLabel,
    NoMaxOpens,
    NoPassword,
    OtherVisibility,
    Password,
    PasswordFile,
    Preview,
    Strict,
    Version,
)

links = typer.Typer(help="Your links: list, show, edit and close them.", no_args_is_help=True)
link = typer.Typer(help="One of your links: its address and its numbers.", no_args_is_help=True)


@links.command("list")
def list_links(
    search: Annotated[
        str, typer.Option("--search", help="Only with this in the label.", metavar="TEXT")
    ] = "",
    state: Annotated[
        str | None,
        typer.Option("--state", help="Only active, scheduled, spent, expired or revoked ones."),
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", help="Only to this: mtrack_… or mcoll_…", metavar="TARGET")
    ] = None,
    sort: Annotated[
        str,
        typer.Option("--sort", help="By newest, oldest, opens, opened (last), ends or label."),
    ] = "newest",
    limit: Limit = None,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """List your links."""
    from listenlink.cli import links as code
    from listenlink.cli.listing import Wanted

    narrowed = code.Narrowed(to, state, search)
    code.list_links(narrowed, Wanted(limit, sort), server, api_key, as_json)


@links.command("show")
@link.command("show")
def show_link(
    link: Link, server: Server = None, api_key: Key = None, as_json: Json = False
) -> None:
    """Show one of your links again: its address, its state and its terms."""
    from listenlink.cli import links as code

    code.show(link, server, api_key, as_json)


@links.command("edit")
@link.command("edit")
def edit_link(
    link: Link,
    expires_in_days: ExpiresInDays = None,
    expires_in_hours: ExpiresInHours = None,
    expires_at: ExpiresAt = None,
    no_end: NoEnd = False,
    max_opens: MaxOpens = None,
    no_max_opens: NoMaxOpens = False,
    label: Label = None,
    no_label: NoLabel = False,
    visibility: OtherVisibility = None,
    allow_download: Download = None,
    hide_preview: Preview = None,
    strict_open: Strict = None,
    version: Version = None,
    password: Password = False,
    password_file: PasswordFile = None,
    no_password: NoPassword = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Change a link's terms. What isn't named stays; days and hours count from now.

    A password that is set or taken away ends what is open: who listens gives the new one."""
    from listenlink.cli import links as code
    from listenlink.cli.asked_password import read_password

    given = {
        "expires_in_days": expires_in_days, "expires_in_hours": expires_in_hours, "expires_at": expires_at,
        "max_opens": max_opens, "label": label, "visibility": visibility, "allow_download": allow_download,
        "preview": None if hide_preview is None else not hide_preview, "strict_open": strict_open,
        "password": read_password(password, password_file), "version": version,
    }  # fmt: skip
    lifted = {
        "expires_at": no_end, "max_opens": no_max_opens, "label": no_label, "password": no_password,
    }  # fmt: skip
    code.edit(link, given, lifted, server, api_key, as_json)


@links.command("remove")
def remove_links(
    links: Links,
    yes: Yes = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Close links, at once and for good."""
    from listenlink.cli import links as code

    code.remove(links, yes, server, api_key, as_json)


@link.command("rotate")
def rotate_link(
    link: Link, server: Server = None, api_key: Key = None, as_json: Json = False
) -> None:
    """Give a link a new address. The one before stops working at once."""
    from listenlink.cli import links as code

    code.rotate(link, server, api_key, as_json)


@link.command("stats")
def show_stats(
    link: Link,
    as_csv: Csv = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Show how a link fares: opens and listens, by day, by track and by what asked."""
    from listenlink.cli import numbers

    numbers.of_link(link, as_csv, server, api_key, as_json)


@link.command("reseal")
def reseal(data: Data = None, as_json: Json = False) -> None:
    """For the operator: seal the addresses of all links and webhooks with the newest link key.

    With LISTENLINK_KEEP_LINKS=digest it destroys those of links."""
    from listenlink.cli import resealing

    resealing.reseal(data, as_json)
