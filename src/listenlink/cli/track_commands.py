"""`listenlink tracks` as commands. Their code, loaded when needed, is in `cli/tracks.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from listenlink.cli.options import (
    Confirm,
    Credit,
    Csv,
    Declare,
    DeclareAi,
    Json,
    Key,
    Limit,
    Search,
    Server,
    Yes,
)

tracks = typer.Typer(help="Your tracks: list, show, edit and remove them.", no_args_is_help=True)

Track = Annotated[str, typer.Argument(help="mtrack_…", metavar="TRACK")]
Tracks = Annotated[list[str], typer.Argument(help="mtrack_…", metavar="TRACK…")]


@tracks.command("list")
def list_tracks(
    search: Search = "",
    mode: Annotated[str | None, typer.Option("--mode", help="Only creation, or focus.")] = None,
    engine: Annotated[str | None, typer.Option("--engine", help="Only made with this.")] = None,
    collection: Annotated[
        str | None,
        typer.Option("--collection", help="Only of this one: mcoll_…", metavar="COLLECTION"),
    ] = None,
    sort: Annotated[
        str, typer.Option("--sort", help="By newest, oldest, title, artist or length.")
    ] = "newest",
    limit: Limit = None,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """List your library: what you made, and what you saved by a link."""
    from listenlink.cli import tracks as code
    from listenlink.cli.listing import Wanted

    narrowed = code.Narrowed(mode, engine, collection)
    code.list_tracks(narrowed, Wanted(limit, sort, search), server, api_key, as_json)


@tracks.command("show")
def show_track(
    track: Track, server: Server = None, api_key: Key = None, as_json: Json = False
) -> None:
    """Show a track: what it is, what listeners may do with it, how many links to it open."""
    from listenlink.cli import tracks as code

    code.show(track, server, api_key, as_json)


@tracks.command("edit")
def edit_track(
    track: Track,
    title: Annotated[str | None, typer.Option("--title", help="Its new title.")] = None,
    artist: Annotated[str | None, typer.Option("--artist", help="Who made it.")] = None,
    no_artist: Annotated[bool, typer.Option("--no-artist", help="Name nobody.")] = False,
    instrumental: Annotated[
        bool | None, typer.Option("--instrumental/--with-voice", help="Whether nobody sings.")
    ] = None,
    declare: Declare = None,
    credit: Credit = None,
    confirm: Confirm = False,
    ai: DeclareAi = None,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Change a track. Listeners see it at once, but for a licence that allows more: links that are made
    afterwards tell that."""
    from listenlink.cli import tracks as code
    from listenlink.cli.changing import changes_of
    from listenlink.cli.declaring import declared_fields, declared_mark

    given = {"title": title, "artist": artist, "instrumental": instrumental}
    changes = changes_of(given, {"artist": no_artist})
    changes |= declared_fields(declare, credit, confirm) | declared_mark(ai)
    code.edit(track, changes, server, api_key, as_json)


@tracks.command("declarations")
def list_declarations(
    track: Track, server: Server = None, api_key: Key = None, as_json: Json = False
) -> None:
    """List what was declared of a track, and by whom."""
    from listenlink.cli import declaring

    declaring.list_declared(track, server, api_key, as_json)


@tracks.command("remove")
def remove_tracks(
    tracks: Tracks,
    yes: Yes = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Remove tracks, for everybody and for good. Links to them say that they're gone."""
    from listenlink.cli import tracks as code

    code.remove(tracks, yes, server, api_key, as_json)


@tracks.command("take-out")
def take_out(
    tracks: Tracks, server: Server = None, api_key: Key = None, as_json: Json = False
) -> None:
    """Take tracks out of your library: those that you saved, or your own, which links still play."""
    from listenlink.cli import tracks as code

    code.take_out(tracks, server, api_key, as_json)


@tracks.command("stats")
def show_stats(
    track: Track,
    as_csv: Csv = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Show a track's numbers, over all its links."""
    from listenlink.cli import numbers

    numbers.of_thing("tracks", track, as_csv, server, api_key, as_json)
