"""`listenlink org suspend`, `org resume` and `user remove` as commands. Their code is in `cli/leaving.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from listenlink.cli import people_commands
from listenlink.cli.options import Data, Json

Organization = Annotated[str, typer.Argument(help="The organisation: org_…", metavar="ORG")]


@people_commands.org.command("suspend")
def suspend_organization(
    organization: Organization, data: Data = None, as_json: Json = False
) -> None:
    """Suspend an organisation: its links and keys are refused until it's resumed. Nothing is lost."""
    from listenlink.cli import leaving

    leaving.suspend_organization(data, organization, as_json)


@people_commands.org.command("resume")
def resume_organization(
    organization: Organization, data: Data = None, as_json: Json = False
) -> None:
    """End an organisation's suspension: all is as it was."""
    from listenlink.cli import leaving

    leaving.resume_organization(data, organization, as_json)


@people_commands.user.command("remove")
def remove_user(
    user: Annotated[str, typer.Argument(help="The user's e-mail, or user_….", metavar="EMAIL")],
    organization: Annotated[
        str | None,
        typer.Option("--org", help="Only from this organisation: org_…", metavar="ORG"),
    ] = None,
    end_links: Annotated[
        bool,
        typer.Option(
            "--end-links", help="End their links. Without --hand-over, delete their music."
        ),
    ] = False,
    hand_over: Annotated[
        bool, typer.Option("--hand-over", help="Hand tracks, collections and links to an owner.")
    ] = False,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", help="To which owner; without it: the oldest other one.", metavar="EMAIL"
        ),
    ] = None,
    last_owner: Annotated[
        bool, typer.Option("--last-owner", help="Even if nobody else is an owner.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Remove a user and end their keys. On a terminal it asks what becomes of their music and links."""
    from listenlink.cli import leaving

    wish = leaving.Asked(end_links, hand_over or to is not None, last_owner, to)
    leaving.remove_user(data, user, organization, wish, as_json)
