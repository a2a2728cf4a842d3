"""`listenlink keys` as commands. Their code, loaded when needed, is in `cli/keys.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from listenlink.cli.options import Json, Key, Limit, Server, Yes

keys = typer.Typer(help="Your own API keys, by one with the scope admin.", no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(help="key_…", metavar="KEY")]
KeyIds = Annotated[list[str], typer.Argument(help="key_…", metavar="KEY…")]
Days = Annotated[
    int | None,
    typer.Option(
        "--expires-in-days", help="1 to 3650 days from now, no later than the key that you use."
    ),
]


@keys.command("list")
def list_keys(
    state: Annotated[
        str | None, typer.Option("--state", help="Only active, expired or deactivated ones.")
    ] = None,
    sort: Annotated[str, typer.Option("--sort", help="By newest, oldest or ends.")] = "newest",
    limit: Limit = None,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """List your keys, without ever showing the keys themselves."""
    from listenlink.cli import keys as code
    from listenlink.cli.listing import Wanted

    code.list_keys(state, Wanted(limit, sort), server, api_key, as_json)


@keys.command("show")
def show_key(key: KeyId, server: Server = None, api_key: Key = None, as_json: Json = False) -> None:
    """Show what a key may do and until when, without showing the key itself."""
    from listenlink.cli import keys as code

    code.show(key, server, api_key, as_json)


@keys.command("make")
def make_key(
    scopes: Annotated[
        str, typer.Option("--scopes", help="What it may: read,write,share,admin.", metavar="SCOPES")
    ],
    expires_in_days: Days = None,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Make a key and show it, this once."""
    from listenlink.cli import keys as code

    code.make(scopes, expires_in_days, server, api_key, as_json)


@keys.command("edit")
def edit_key(
    key: KeyId,
    expires_in_days: Days = None,
    no_end: Annotated[
        bool, typer.Option("--no-end", help="As long as the key that you use.")
    ] = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Change when a key ends."""
    from listenlink.cli import keys as code

    code.edit(key, code.asked_end(expires_in_days, no_end), server, api_key, as_json)


@keys.command("remove")
def remove_keys(
    keys: KeyIds,
    yes: Yes = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Switch keys off, at once and for good."""
    from listenlink.cli import keys as code

    code.remove(keys, yes, server, api_key, as_json)
