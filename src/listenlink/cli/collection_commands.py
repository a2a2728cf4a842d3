"""`listenlink collections` and `collection` as commands. Their code is in `cli/collections.py` and
`cli/ordering.py`, loaded when needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from listenlink.cli.options import Csv, Json, Key, Limit, Search, Server, Yes

collections = typer.Typer(
    help="Your collections: list, show, edit and remove them.", no_args_is_help=True
)
collection = typer.Typer(
    help="Make a collection, fill it and put it in order.", no_args_is_help=True
)

Collection = Annotated[str, typer.Argument(help="mcoll_…", metavar="COLLECTION")]
Collections = Annotated[list[str], typer.Argument(help="mcoll_…", metavar="COLLECTION…")]
Tracks = Annotated[list[str], typer.Argument(help="mtrack_…", metavar="TRACK…")]
Description = Annotated[
    str | None, typer.Option("--description", help="What it is.", metavar="TEXT")
]
Picture = Annotated[
    str | None,
    typer.Option("--cover-image-url", help="Kept for programs, never shown.", metavar="URL"),
]


@collections.command("list")
def list_collections(
    search: Search = "",
    sort: Annotated[
        str, typer.Option("--sort", help="By newest, oldest, name or changed (last).")
    ] = "newest",
    limit: Limit = None,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """List your collections."""
    from listenlink.cli import collections as code
    from listenlink.cli.listing import Wanted

    code.list_collections(Wanted(limit, sort, search), server, api_key, as_json)


@collections.command("show")
def show_collection(
    collection: Collection, server: Server = None, api_key: Key = None, as_json: Json = False
) -> None:
    """Show a collection. Its tracks: `collection tracks`."""
    from listenlink.cli import collections as code

    code.show(collection, server, api_key, as_json)


@collections.command("edit")
def edit_collection(
    collection: Collection,
    name: Annotated[
        str | None, typer.Option("--name", help="Its new name.", metavar="TEXT")
    ] = None,
    description: Description = None,
    no_description: Annotated[bool, typer.Option("--no-description", help="Without one.")] = False,
    cover_track: Annotated[
        str | None, typer.Option("--cover-track", help="Show this track's cover.", metavar="TRACK")
    ] = None,
    no_cover_track: Annotated[
        bool, typer.Option("--no-cover-track", help="Show its first track's with one.")
    ] = False,
    picture: Picture = None,
    no_picture: Annotated[bool, typer.Option("--no-cover-image-url", help="Without one.")] = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Change a collection. Listeners see it at once."""
    from listenlink.cli import collections as code
    from listenlink.cli.changing import changes_of

    changes = changes_of(
        {"name": name, "description": description, "cover_track_id": cover_track, "cover_image_url": picture},
        {"description": no_description, "cover_track_id": no_cover_track, "cover_image_url": no_picture},
    )  # fmt: skip
    code.edit(collection, changes, server, api_key, as_json)


@collections.command("remove")
def remove_collections(
    collections: Collections,
    yes: Yes = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Remove collections for good. Links to them say that they're gone; their tracks stay."""
    from listenlink.cli import collections as code

    code.remove(collections, yes, server, api_key, as_json)


@collections.command("stats")
def show_stats(
    collection: Collection,
    as_csv: Csv = False,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Show a collection's numbers, over all its links."""
    from listenlink.cli import numbers

    numbers.of_thing("collections", collection, as_csv, server, api_key, as_json)


@collection.command("make")
def make_collection(
    name: Annotated[str, typer.Argument(help="Its name.", metavar="NAME")],
    tracks: Annotated[
        list[str] | None, typer.Argument(help="mtrack_…, in order.", metavar="[TRACK…]")
    ] = None,
    description: Description = None,
    picture: Picture = None,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Make a collection, of tracks or empty."""
    from listenlink.cli import collections as code
    from listenlink.cli.changing import changes_of

    given = {"name": name, "description": description, "cover_image_url": picture}
    code.make(changes_of(given, {}), tracks or [], server, api_key, as_json)


@collection.command("add")
def add_tracks(
    collection: Collection,
    tracks: Tracks,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Put tracks at the end of a collection; those that are in it stay where they are."""
    from listenlink.cli import collections as code

    code.add(collection, tracks, server, api_key, as_json)


@collection.command("download")
def download(
    collection: Collection,
    file: Annotated[Path, typer.Argument(help="Where to, like album.zip.", metavar="FILE")],
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Save a collection's files as a ZIP. The same command goes on with one that broke off."""
    from listenlink.cli import archives

    archives.download(collection, file, server, api_key, as_json)


@collection.command("take-out")
def take_out(
    collection: Collection,
    tracks: Tracks,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Take tracks out of a collection. They stay in your library."""
    from listenlink.cli import collections as code

    code.take_out(collection, tracks, server, api_key, as_json)


@collection.command("tracks")
def list_members(
    collection: Collection, server: Server = None, api_key: Key = None, as_json: Json = False
) -> None:
    """List a collection's tracks, in order."""
    from listenlink.cli import ordering

    ordering.list_members(collection, server, api_key, as_json)


@collection.command("order")
def order_tracks(
    collection: Collection,
    tracks: Tracks,
    first: Annotated[bool, typer.Option("--first", help="Move one to the beginning.")] = False,
    last: Annotated[bool, typer.Option("--last", help="Move one to the end.")] = False,
    before: Annotated[
        str | None, typer.Option("--before", help="Move one before this.", metavar="TRACK")
    ] = None,
    after: Annotated[
        str | None, typer.Option("--after", help="Move one behind this.", metavar="TRACK")
    ] = None,
    server: Server = None,
    api_key: Key = None,
    as_json: Json = False,
) -> None:
    """Put a collection in order: these tracks come first, as they're named, the others behind them."""
    from listenlink.cli import ordering

    place = ordering.Place(first, last, before, after)
    ordering.order(collection, tracks, place, server, api_key, as_json)
