"""What `listenlink org suspend`, `org resume` and `user remove` do, even beside a running server."""

from __future__ import annotations

import json
from pathlib import Path

from listenlink.actions import suspend_organization as suspending
from listenlink.cli.people import read_organization, write
from listenlink.clock import Clock
from listenlink.model.moment import iso_seconds


def suspend_organization(data: Path | None, organization: str, as_json: bool) -> None:
    """Suspend an organisation and say since when it is. Raises RefusesToStart."""
    number, now_us = read_organization(organization), Clock().now_us()
    since = write(data, lambda c: suspending.suspend_organization(c, number, now_us))
    told = {"organization_id": organization, "state": "suspended", "since": iso_seconds(since)}
    resume = f"To end it: listenlink org resume {organization}"
    print(json.dumps(told) if as_json else f"{organization} is suspended. {resume}")


def resume_organization(data: Path | None, organization: str, as_json: bool) -> None:
    """End an organisation's suspension. Raises RefusesToStart."""
    number = read_organization(organization)
    was_suspended = write(data, lambda c: suspending.resume_organization(c, number))
    told = {"organization_id": organization, "state": "active", "was_suspended": was_suspended}
    said = "is resumed: all is as it was." if was_suspended else "wasn't suspended."
    print(json.dumps(told) if as_json else f"{organization} {said}")
