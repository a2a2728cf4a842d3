"""The command line. Each command's code is loaded when it runs, so `--help` answers at once."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from listenlink.cli import (
    audio_commands,
    audit_commands,
    clock_command,
    collection_commands,
    cover_commands,
    key_commands,
    link_commands,
    mark_commands,
    owner_commands,
    people_commands,
    track_commands,
    version_commands,
    webhook_commands,
)
from listenlink.cli import leaving_commands as leaving_commands  # adds to people's
from listenlink.cli.beginning import begin
from listenlink.cli.options import Data, Host, Json, Port, PublicUrl

app = typer.Typer(
    name="listenlink",
    help="Share music by link.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.callback()(begin)
app.add_typer(track_commands.tracks, name="tracks")
track_commands.tracks.command("replace")(version_commands.replace)
track_commands.tracks.command("versions")(version_commands.list_versions)
track_commands.tracks.command("use-version")(version_commands.use_version)
track_commands.tracks.command("remove-version")(version_commands.remove_version)
app.add_typer(collection_commands.collections, name="collections")
app.add_typer(collection_commands.collection, name="collection")
app.add_typer(link_commands.links, name="links")
app.add_typer(link_commands.link, name="link")
app.add_typer(cover_commands.cover, name="cover")
app.add_typer(key_commands.keys, name="keys")
app.add_typer(webhook_commands.webhook, name="webhook")
app.add_typer(people_commands.org, name="org")
app.add_typer(people_commands.user, name="user")
app.add_typer(people_commands.key, name="key")


@app.command()
def init(
    data: Data = None,
    org: Annotated[str, typer.Option("--org", help="Name of the first organisation.")] = "Music",
    user: Annotated[str, typer.Option("--user", help="E-mail of the first user.")] = "me@localhost",
    as_json: Json = False,
) -> None:
    """Make a new instance and show its first API key, once."""
    from listenlink.cli import instance

    instance.init(data, org, user, as_json)


@app.command()
def migrate(
    data: Data = None,
    forget_keys: Annotated[
        bool,
        typer.Option(
            "--forget-keys", help="The signing keys of all nodes were replaced on purpose."
        ),
    ] = False,
) -> None:
    """Upgrade the database to this release. A server does this itself when it starts."""
    from listenlink.cli import instance

    instance.migrate(data, forget_keys)


@app.command()
def move(
    source: Annotated[
        str, typer.Option("--from", help="sqlite:FOLDER, the instance's folder.", metavar="WHERE")
    ],
    target: Annotated[
        str | None,
        typer.Option("--to", help="postgresql://…, an empty database.", metavar="WHERE"),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Instead: go back to what the folder had before.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Move an instance into PostgreSQL, completely or not at all. The source is marked as moved."""
    from listenlink.cli import moving

    moving.move(source, target, undo, as_json)


app.command()(audio_commands.move_audio)


@app.command()
def serve(
    data: Data = None,
    host: Host = None,
    port: Port = None,
    public_url: PublicUrl = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Processes that answer.")] = None,
    as_json: Json = False,
) -> None:
    """Serve an instance until it's stopped with Ctrl-C."""
    from listenlink.cli import serving

    serving.serve(data, host, port, public_url, workers, as_json)


@app.command()
def demo(
    data: Data = None,
    host: Host = None,
    port: Port = None,
    public_url: PublicUrl = None,
    as_json: Json = False,
) -> None:
    """Serve a small library and print a link.

    The music is made for it; the link opens in a browser."""
    from listenlink.cli import demonstration

    demonstration.demo(data, host, port, public_url, as_json)


app.command()(owner_commands.upload)
app.command()(owner_commands.share)
app.command()(owner_commands.revoke)
app.command()(owner_commands.engines)
app.command("default-licence")(owner_commands.default_licence)
app.command("audit")(audit_commands.audit)
app.command("find-client")(audit_commands.find_client)
app.command("erase-client")(audit_commands.erase_client)
app.command("clock")(clock_command.clock)
app.command("verify")(mark_commands.verify)
app.command("new-marking-key")(mark_commands.new_marking_key)


@app.command()
def backup(
    to: Annotated[
        Path, typer.Option("--to", help="The backup's folder.", metavar="DIR", readable=False)
    ],
    data: Data = None,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="The keys too; keep the backup secret then.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make or update a backup, even while it's served."""
    from listenlink.cli import copying

    copying.backup(data, to, with_keys, as_json)


@app.command()
def restore(
    source: Annotated[
        Path, typer.Option("--from", help="The backup's folder.", metavar="DIR", readable=False)
    ],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Restore an instance from a backup into a new folder."""
    from listenlink.cli import copying

    copying.restore(source, data, as_json)


def _flush() -> None:
    """Write out what was printed, while it can still be said that whoever read it has gone: as in
    `listenlink tracks list | head -1`."""
    if sys.stdout is None:  # It was closed before.
        return
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left would be tried once more at the end, and complained of.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


def main() -> None:
    """Run the command line. What can't be done prints one line, and exits with status 1; what isn't a
    command, with 2."""
    try:
        try:
            status = app(prog_name="listenlink", standalone_mode=False)
        finally:
            _flush()
    except ModuleNotFoundError:
        raise  # Only the client is installed: `listenlink/__main__.py` says so.
    except Exception as error:
        # Imported here: a command that ends well needs none of it.
        from listenlink.cli.failures import tell_failure

        status = tell_failure(error)
    raise SystemExit(status)
