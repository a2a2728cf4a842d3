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
