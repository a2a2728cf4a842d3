"""`listenlink audit`, `find-client` and `erase-client` as commands. Their code is in `cli/audit.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from listenlink.cli.options import Data, Json

Day = Annotated[
    str | None, typer.Option("--day", help="Only of one day, UTC: 2026-06-28", metavar="DATE")
]


def audit(
    data: Data = None,
    share: Annotated[
        str | None,
        typer.Option("--share", help="Of one link: mslink_…, or its address.", metavar="LINK"),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", help="2026-06-28, 2026-06-28T10:30Z, 24h or 7d.", metavar="WHEN"),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option("--address", help="Of one listener's address, for eight days.", metavar="IP"),
    ] = None,
    day: Day = None,
    _as_json: Json = True,
) -> None:
    """Print who asked for links and what came of it. It's JSON lines, with or without --json."""
    from listenlink.cli import audit as auditing

    auditing.audit(data, share, since, address, day)


def find_client(
    address: Annotated[str, typer.Argument(help="A listener's IP address.", metavar="IP")],
    day: Day = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Tell a listener's pseudonyms by day, and how many lines the audit has of them."""
    from listenlink.cli import audit as auditing

    auditing.find(data, address, day, as_json)


def erase_client(
    address: Annotated[
        str,
        typer.Argument(help="A listener's IP address, or a whole /24 or IPv6 /48.", metavar="IP"),
    ],
    day: Day = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Erase a listener's address from the audit. Its lines stay, but are nobody's."""
    from listenlink.cli import audit as auditing

    auditing.erase(data, address, day, as_json)
